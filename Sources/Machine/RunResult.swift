import Processor

/// Why ``Machine/run(until:)`` came back.
public enum RunResult: Sendable, Equatable {
    /// ``Machine/steps`` has reached the step asked for. (An idle machine's steps jump, so it may be a few past it.)
    case reached
    /// The next instruction's linear address is one of ``Processor/breakpoints``; it has not been executed.
    case breakpoint(UInt32)
    /// Memory in ``Processor/watches`` was accessed (``Processor/takeWatchedAccesses()``), or ``Processor/observer``
    /// asks for a stop (``Processor/takeObserverStop()``), or an event was caught (``Processor/takeEvents()``). The
    /// instruction that did it is complete.
    case watchpoint
    /// ``InputQueue/requestStop()`` was called.
    case stopped
    /// The guest executed `hlt` with interrupts disabled: nothing but a reset or an NMI wakes it.
    case halted
    /// The guest wrote to the exit port 0x501: `(value << 1) | 1`.
    case exited(code: Int32)
    /// The processor has shut down, which takes a step. Nothing has been reset: the machine is as it was at the last
    /// fault. To go on, ``InputEvent/resetButton`` or ``Machine/reset()``.
    case tripleFault(TripleFaultReport)
}

/// What led to a shutdown of the processor.
public struct TripleFaultReport: Sendable, Equatable {
    /// One exception of the chain and the processor when it happened.
    public struct Link: Sendable, Equatable {
        public let vector: UInt8
        /// nil for exceptions that have none.
        public let errorCode: UInt16?
        /// CR2 at that time; meaningful for page faults.
        public let faultAddress: UInt32
        public let registers: RegisterFile

        public init(vector: UInt8, errorCode: UInt16?, faultAddress: UInt32, registers: RegisterFile) {
            self.vector = vector
            self.errorCode = errorCode
            self.faultAddress = faultAddress
            self.registers = registers
        }
    }

    /// In order: the first fault, then what happened on the way to its handler, and on the way to the double fault's.
    public let chain: [Link]
    /// Up to 16 bytes at CS:EIP of the first fault; empty if they could not be read.
    public let instructionBytes: [UInt8]
    /// ``Machine/steps`` before the shutdown.
    public let step: UInt64

    public init(chain: [Link], instructionBytes: [UInt8], step: UInt64) {
        self.chain = chain
        self.instructionBytes = instructionBytes
        self.step = step
    }
}

/// The registers as a person asks for them: a plain copy, flags computed.
public struct RegisterFile: Sendable, Equatable, Codable {
    /// A segment register.
    public struct Segment: Sendable, Equatable, Codable {
        public var selector: UInt16 = 0
        public var base: UInt32 = 0
        public var limit: UInt32 = 0
        /// As ``SegmentRegister/attributes``.
        public var attributes: UInt16 = 0

        public init() {}
    }

    /// EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI.
    public var general: [UInt32] = []
    public var eip: UInt32 = 0
    public var eflags: UInt32 = 0
    /// ES, CS, SS, DS, FS, GS.
    public var segments: [Segment] = []
    public var ldtr = Segment()
    public var tr = Segment()
    public var gdtBase: UInt32 = 0
    public var gdtLimit: UInt16 = 0
    public var idtBase: UInt32 = 0
    public var idtLimit: UInt16 = 0
    public var cr0: UInt32 = 0
    public var cr2: UInt32 = 0
    public var cr3: UInt32 = 0
    public var cr4: UInt32 = 0
    public var cpl: UInt8 = 0

    public init() {}
}
