import Machine
import Processor

/// Who called whom, through functions, interrupts and privilege levels.
///
/// **Constraint.** Code of different makers meets on one stack: Swift functions, assembly without a frame, a
/// processor's interrupt frame, a user program on a stack of its own, 16-bit code. No single rule finds the next
/// caller.
///
/// **Choice.** At each frame the surest rule that applies is taken, in this order: the symbol file's call frame
/// information (``CallFrameTable``); what a function's first instructions have left on the stack; an interrupt frame,
/// recognised by its code segment, flags and stack segment; the saved frame pointer; and in 16-bit code anything on the
/// stack that lies behind a call. Each frame says by which it was found, and whether that is a guess.
///
/// **Example.** A page fault of the shell, seen in the kernel: three Swift functions by call frame information, then
/// the assembly entry, which has none; above its saved registers lies an interrupt frame with SS:ESP of the user stack;
/// from there on the shell's functions.
extension Debugger {
    /// One function on the way to where the machine is.
    public struct Frame: Sendable, Equatable {
        /// How a frame was found.
        public enum Origin: Sendable, Equatable {
            /// The registers: the innermost.
            case current
            case callFrameInformation
            case framePointer
            /// The return address was at the top of the stack, or near it: the function has just begun, or is an
            /// assembly routine.
            case topOfStack
            /// Of several words on the stack, one that lies behind a call.
            case search
            /// The function inside this one was entered by an interrupt or exception.
            case interrupt(Interrupt)
        }

        /// What the processor pushed at an interrupt or exception.
        public struct Interrupt: Sendable, Equatable {
            /// Nil if it cannot be told any more.
            public let vector: UInt8?
            /// `int n` rather than a device or an exception.
            public let isSoftware: Bool
            /// The stack was switched, from that of a lower privilege level.
            public let switchesStack: Bool
            /// Linear address of the pushed EIP.
            public let address: UInt32
        }

        /// Offset in the code segment: of the next instruction for the innermost frame, else the return address.
        public let offset: UInt32
        /// The same as a linear address.
        public let linear: UInt32
        /// CS.
        public let selector: UInt16
        /// EBP (or BP) in that function; the innermost frame has the register's value.
        public let framePointer: UInt32
        /// Linear address of the top of the stack, as it will be when this function goes on.
        public let stackPointer: UInt32
        /// The function's name, if one is known.
        public let symbol: SymbolTable.Match?
        /// The source line; of a caller that of the call.
        public let source: SourceLocation?
        public let origin: Origin
        /// It may be wrong: something looked like a caller.
        public let isGuess: Bool
    }

    /// The functions that have called each other, innermost first.
    public func backtrace(limit: Int = 64) -> [Frame] {
        guard let unwinder = Unwinder(self) else { return [] }
        return unwinder.frames(limit: limit)
    }
}
