import Machine
import Processor

extension Debugger {
    /// One function on the way to where the machine is.
    public struct Frame: Sendable, Equatable {
        /// Offset in the code segment: of the next instruction for the innermost frame, else the return address.
        public let offset: UInt32
        /// The same as a linear address.
        public let linear: UInt32
        /// EBP (or BP) in that function; the innermost frame has the register's value.
        public let framePointer: UInt32
        /// The function's name, if one is known.
        public let symbol: SymbolTable.Match?
        /// The source line; of a caller that of the call.
        public let source: SourceLocation?
    }

    /// The functions that have called each other, innermost first, by the chain of saved frame pointers.
    ///
    /// A function that has not set its frame pointer up yet (at its first instructions), or that has none, hides its
    /// caller: at the first two instructions of a function with a known symbol, the return address is taken from the
    /// stack.
    public func backtrace(limit: Int = 64) -> [Frame] {
        let registers = registers
        guard registers.segments.count > 2, registers.general.count > 5 else { return [] }
        let code = registers.segments[Int(SegmentIndex.cs.rawValue)]
        let stack = registers.segments[Int(SegmentIndex.ss.rawValue)]
        let is32Bit = code.attributes & SegmentAttribute.big != 0
        let size: UInt32 = is32Bit ? 4 : 2
        let mask: UInt32 = stack.attributes & SegmentAttribute.big != 0 ? 0xFFFF_FFFF : 0xFFFF
        func read(_ offset: UInt32) -> UInt32? { readValue(at: stack.base &+ (offset & mask), size: Int(size)) }
        func frame(_ offset: UInt32, _ pointer: UInt32, isInnermost: Bool = false) -> Frame {
            let linear = code.base &+ offset
            return Frame(
                offset: offset, linear: linear, framePointer: pointer, symbol: symbol(at: linear),
                source: sourceLocation(at: isInnermost ? linear : linear &- 1))
        }
        var pointer = registers.general[5] & mask
        var frames = [frame(registers.eip, pointer, isInnermost: true)]
        // Looked up one byte further on, a label within a function is told from the function's beginning.
        if let place = symbol(at: frames[0].linear &+ 1) {
            // `push ebp` is one byte long, and `mov ebp, esp` follows.
            let isPushed = place.offset == 2 && readValue(at: place.symbol.address, size: 1) == 0x55
            if place.offset == 1 || isPushed {
                let top = registers.general[4] &+ (isPushed ? size : 0)
                // Nobody called a program's entry: its stack is empty.
                guard let caller = read(top), caller != 0 else { return frames }
                frames.append(frame(caller, pointer))
            }
        }
        while frames.count < limit, pointer != 0, let caller = read(pointer &+ size), let next = read(pointer),
            caller != 0
        {
            frames.append(frame(caller, next))
            // Callers' frames lie above; anything else is no chain.
            guard next & mask > pointer else { break }
            pointer = next & mask
        }
        return frames
    }
}
