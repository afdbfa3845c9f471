import Debugger

/// Where the memory pane is, and how it shows what is there.
struct MemoryView {
    /// A byte of memory.
    struct Place: Hashable {
        var isPhysical: Bool
        var address: UInt32
    }

    enum Format: CaseIterable {
        case bytes, words, doublewords, characters

        var name: String {
            switch self {
            case .bytes: "bytes"
            case .words: "words"
            case .doublewords: "doublewords"
            case .characters: "characters"
            }
        }

        /// Bytes per unit.
        var unit: Int {
            switch self {
            case .bytes, .characters: 1
            case .words: 2
            case .doublewords: 4
            }
        }
    }

    var format = Format.bytes
    var isPhysical = false
    /// What was asked for; looked up at every stop, so that the pane follows a register.
    var expression = "ds:$esi"
    /// What it has come to.
    private(set) var base: UInt32 = 0
    /// The first address shown.
    private(set) var top: UInt32 = 0
    /// The unit that keys are about.
    private(set) var cursor: UInt32 = 0
    /// As drawn last.
    var bytesPerRow = 16
    var rows = 3

    /// Follows the expression to another address.
    mutating func arrive(at address: UInt32?) {
        guard let address, address != base else { return }
        base = address
        goHome()
    }

    mutating func go(to address: UInt32) {
        expression = address.hexadecimal
        base = address
        goHome()
    }

    /// Back to where the expression leads.
    mutating func goHome() {
        cursor = base
        top = base & ~UInt32(bytesPerRow - 1)
    }

    /// Moves the cursor, and scrolls as far as it takes.
    mutating func move(by bytes: Int) {
        cursor = cursor &+ UInt32(truncatingIfNeeded: bytes)
        let size = UInt32(max(1, rows * bytesPerRow))
        if cursor &- top < size { return }
        let row = cursor & ~UInt32(bytesPerRow - 1)
        top = bytes < 0 ? row : row &- size &+ UInt32(bytesPerRow)
    }
}

extension DebuggerScreen {
    /// What the memory pane shows, to tell later what has changed.
    var shownMemory: [MemoryView.Place: UInt8] {
        var result: [MemoryView.Place: UInt8] = [:]
        let bytes = readMemory(at: memory.top, count: memory.rows * memory.bytesPerRow)
        for (index, byte) in bytes.enumerated() {
            let address = memory.top &+ UInt32(index)
            if let byte { result[MemoryView.Place(isPhysical: memory.isPhysical, address: address)] = byte }
        }
        return result
    }

    private func readMemory(at address: UInt32, count: Int) -> [UInt8?] {
        memory.isPhysical
            ? debugger.readPhysicalMemory(at: address, count: count) : debugger.readMemory(at: address, count: count)
    }

    /// The number at the memory pane's cursor, as large as an address.
    var memoryValue: UInt32? {
        var value: UInt32 = 0
        for byte in readMemory(at: memory.cursor, count: 4).reversed() {
            guard let byte else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    /// Goes where the expression leads now.
    func followMemory() {
        memory.arrive(at: try? debugger.address(memory.expression))
    }

    func drawMemory(_ area: Area, _ canvas: inout Canvas) {
        let content = area.content
        memory.bytesPerRow = content.columns >= 77 ? 16 : 8
        if memory.format == .characters { memory.bytesPerRow = content.columns >= 77 ? 64 : 32 }
        memory.rows = content.rows
        followMemory()
        let kind = memory.isPhysical ? "physical, " : ""
        drawTitle("memory", "\(kind)\(memory.format.name) at \(memory.expression)", of: .memory, area, &canvas)
        let bytes = readMemory(at: memory.top, count: content.rows * memory.bytesPerRow)
        for row in 0..<content.rows {
            let start = row * memory.bytesPerRow
            let address = memory.top &+ UInt32(start)
            canvas.write(
                memoryRow(Array(bytes[start..<start + memory.bytesPerRow]), at: address, columns: content.columns),
                in: content, row: row)
        }
    }

    private func memoryRow(_ bytes: [UInt8?], at address: UInt32, columns: Int) -> [Canvas.Run] {
        var runs: [Canvas.Run] = [.init(" \(address.digits) ", .faint)]
        let unit = memory.format.unit
        if bytes.allSatisfy({ $0 == nil }) {
            let isHere = focus == .memory && memory.cursor &- address < UInt32(bytes.count)
            return runs + [.init(" "), .init("not mapped", isHere ? .selected : .faint)]
        }
        func style(_ index: Int, _ count: Int) -> (Style, isChanged: Bool) {
            let place = address &+ UInt32(index)
            var style = Style.plain
            let isChanged = (index..<index + count).contains { index in
                let place = MemoryView.Place(isPhysical: memory.isPhysical, address: address &+ UInt32(index))
                return before.memory[place].map { $0 != bytes[index] ?? $0 } ?? false
            }
            if isChanged { style = .changed }
            if focus == .memory, memory.cursor &- place < UInt32(count) { style = style.mixed(.selected) }
            return (style, isChanged)
        }
        if memory.format == .characters {
            for index in bytes.indices { runs.append(.init(Self.character(bytes[index]), style(index, 1).0)) }
            return runs
        }
        for index in stride(from: 0, to: bytes.count, by: unit) {
            let cell = bytes[index..<min(index + unit, bytes.count)]
            let (style, isChanged) = style(index, cell.count)
            runs.append(.init(isChanged ? "*" : " ", isChanged ? .changed : .plain))
            runs.append(.init(cell.reversed().map { $0.map(\.digits) ?? "??" }.joined(), style))
        }
        // Eight bytes, and as characters.
        guard columns >= 44 else { return runs }
        runs.append(.init("  "))
        for index in bytes.indices { runs.append(.init(Self.character(bytes[index]), style(index, 1).0)) }
        return runs
    }

    private static func character(_ byte: UInt8?) -> String {
        guard let byte else { return "?" }
        return 0x20...0x7E ~= byte ? String(UnicodeScalar(byte)) : "."
    }
}
