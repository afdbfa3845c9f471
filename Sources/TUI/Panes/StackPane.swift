import Debugger
import Processor

/// Where the stack pane is.
struct StackView {
    /// The entry that keys are about, counted from the stack pointer; negative ones are below it.
    var cursor = 0
    var top = 0

    /// Back to the stack pointer.
    mutating func follow() { self = StackView() }
}

extension DebuggerScreen {
    /// The bytes of an entry: what the code at hand pushes.
    private var stackEntrySize: Int { debugger.location.isCode32 ? 4 : 2 }

    /// The linear address of an entry.
    private func stackAddress(_ entry: Int) -> UInt32 {
        let registers = debugger.registers
        guard registers.segments.count > 2, registers.general.count > 4 else { return 0 }
        let segment = registers.segments[2]
        let mask: UInt32 = segment.attributes & SegmentAttribute.big != 0 ? 0xFFFF_FFFF : 0xFFFF
        let offset = registers.general[4] &+ UInt32(truncatingIfNeeded: entry * stackEntrySize)
        return segment.base &+ (offset & mask)
    }

    /// What the entry that keys are about holds.
    var stackValue: UInt32? { debugger.readValue(at: stackAddress(stack.cursor), size: stackEntrySize) }

    func moveStackCursor(by count: Int) {
        stack.cursor = min(max(stack.cursor + count, -0x1_0000), 0x1_0000)
    }

    func drawStack(_ area: Area, _ canvas: inout Canvas) {
        let registers = debugger.registers
        let pointer = registers.general.count > 4 ? registers.general[4] : 0
        let selector = registers.segments.count > 2 ? registers.segments[2].selector : 0
        drawTitle("stack", "ss:esp \(selector.digits):\(pointer.digits)", of: .stack, area, &canvas)
        let content = area.content
        if stack.cursor < stack.top { stack.top = stack.cursor }
        if stack.cursor >= stack.top + content.rows { stack.top = stack.cursor - content.rows + 1 }
        for row in 0..<content.rows {
            let entry = stack.top + row
            let address = stackAddress(entry)
            let isSelected = focus == .stack && entry == stack.cursor
            canvas.write(
                stackRow(entry, address, columns: content.columns), in: content, row: row,
                background: isSelected ? .selected : .plain)
        }
    }

    private func stackRow(_ entry: Int, _ address: UInt32, columns: Int) -> [Canvas.Run] {
        let size = stackEntrySize
        let distance = entry * size
        let place = (distance < 0 ? "-" : "+") + String(abs(distance), radix: 16)
        var runs: [Canvas.Run] = [.init(" " + place.padded(to: 4), .faint)]
        if columns >= 52 { runs.append(.init(address.digits + " ", .faint)) }
        guard let value = debugger.readValue(at: address, size: size) else {
            return runs + [.init(String(repeating: "?", count: 2 * size), .faint)]
        }
        let text = size == 4 ? value.digits : UInt16(truncatingIfNeeded: value).digits
        runs.append(.init(text))
        if let name = name(of: value) { runs.append(.init(" " + name, .symbol)) }
        return runs
    }

    /// What a number on the stack is called: a return address, or the beginning of a function. Any other number that
    /// happens to be an address with a name most likely is just a number.
    private func name(of value: UInt32) -> String? {
        guard value != 0, let match = debugger.symbol(at: linear(value)) else { return nil }
        let isFunction = match.offset == 0 && match.symbol.kind == .function
        return isFunction || followsCall(value) ? match.description : nil
    }

    /// Whether the instruction before an offset in the code segment is a call.
    private func followsCall(_ offset: UInt32) -> Bool {
        (2...8).contains { length in
            let start = offset &- UInt32(length)
            let line = debugger.disassemble(at: start, count: 1).first
            return line.map { $0.bytes.count == length && $0.text.hasPrefix("call") } ?? false
        }
    }
}
