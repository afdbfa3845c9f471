import Disassembler
import Machine
import Processor

/// What a trace says of an instruction, as bytes of a line.
final class TracedCode {
    /// Behind the step: kind, place, symbol and text.
    let line: [UInt8]
    /// The symbol in angle brackets behind a space; empty if there is none.
    let symbol: [UInt8]

    /// What has to be as it was for this to be right.
    let key: Key

    struct Key: Equatable {
        var linear: UInt32
        var offset: UInt32
        var selector: UInt16
        var isCode32: Bool
        /// Programs share addresses, and a symbol is one of the program whose page tables these are.
        var pageDirectory: UInt32
    }

    /// The first eight bytes and those behind, as they were, and which of their bits count.
    private let low: (bytes: UInt64, mask: UInt64)
    private let high: (bytes: UInt64, mask: UInt64)

    fileprivate init(_ key: Key, _ disassembled: Disassembler.Line, _ debugger: Debugger) {
        self.key = key
        symbol = debugger.symbolText(at: key.linear).map { Array(" <\($0)>".utf8) } ?? []
        let offset = key.isCode32 ? key.offset.digits : UInt16(truncatingIfNeeded: key.offset).digits
        line = Array("exec       \(key.selector.digits):\(offset)".utf8) + symbol + Array("  \(disassembled.text)".utf8)
        func part(_ bytes: ArraySlice<UInt8>) -> (bytes: UInt64, mask: UInt64) {
            let value = bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
            return (value, bytes.count >= 8 ? .max : 1 << UInt64(8 * bytes.count) - 1)
        }
        low = part(disassembled.bytes.prefix(8))
        high = part(disassembled.bytes.dropFirst(8))
    }

    /// Whether memory still holds the instruction.
    fileprivate func isCurrent(_ debugger: Debugger) -> Bool {
        guard let physical = debugger.machine.processor.fetchAddress(ofLinear: key.linear),
            let first = debugger.machine.memory.readQuadword(physical)
        else { return false }
        guard first & low.mask == low.bytes else { return false }
        guard high.mask != 0 else { return true }
        guard physical & 0xFFF < 0xFF0, let second = debugger.machine.memory.readQuadword(physical + 8) else {
            return false
        }
        return second & high.mask == high.bytes
    }
}

/// The instructions that a trace has come by, in a table that old ones leave when others need their place.
struct TracedCodes {
    private var slots = [TracedCode?](repeating: nil, count: 1 << 14)

    /// What there is to say of the instruction at a linear address, in the code segment at hand; nil if nothing is
    /// mapped there.
    mutating func code(at linear: UInt32, _ debugger: Debugger) -> TracedCode? {
        let state = debugger.machine.processor.state
        let segment = state.pointee.segments[Int(SegmentIndex.cs.rawValue)]
        let key = TracedCode.Key(
            linear: linear, offset: linear &- segment.base, selector: segment.selector,
            isCode32: segment.attributes & SegmentAttribute.big != 0, pageDirectory: state.pointee.cr3)
        let slot = Int(linear ^ linear >> 14) & (slots.count - 1)
        if let code = slots[slot], code.key == key, code.isCurrent(debugger) { return code }
        let bytes = debugger.readMemory(at: linear, count: Decoder.maximumLength).prefix { $0 != nil }.compactMap { $0 }
        let line = Disassembler(symbolName: debugger.symbolText).line(
            bytes, at: key.offset, segmentBase: segment.base, code32: key.isCode32)
        let code = line.map { TracedCode(key, $0, debugger) }
        slots[slot] = code
        return code
    }
}
