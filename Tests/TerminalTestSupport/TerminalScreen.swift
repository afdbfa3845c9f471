/// A terminal that shows what it is sent: as much of one as a full-screen program needs.
public struct TerminalScreen {
    private var cells: [[Character]]
    private var row = 0
    private var column = 0
    /// A sequence whose end has not come yet.
    private var pending: [UInt8] = []
    /// All parameters of SGR (colours and the like) that were sent.
    public private(set) var styles: Set<String> = []
    /// Sequences that it does not know.
    public private(set) var unknown: [String] = []

    public init(columns: Int, rows: Int) {
        cells = Array(repeating: Array(repeating: "#", count: columns), count: rows)
    }

    /// The rows, without trailing spaces.
    public var lines: [String] {
        cells.map { row in String(String(row).reversed().drop { $0 == " " }.reversed()) }
    }

    public var text: String { lines.joined(separator: "\n") }

    public mutating func resize(columns: Int, rows: Int) {
        self = TerminalScreen(columns: columns, rows: rows)
    }

    public mutating func show(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { show(byte) }
    }

    private mutating func show(_ byte: UInt8) {
        pending.append(byte)
        guard pending.first == 0x1B else {
            // A character of UTF-8 is whole when decoding it needs no replacement.
            let text = String(decoding: pending, as: UTF8.self)
            guard pending.count >= 4 || !text.contains("\u{FFFD}") else { return }
            pending = []
            for character in text { put(character) }
            return
        }
        guard pending.count > 2, 0x40...0x7E ~= byte else { return }
        execute(String(decoding: pending.dropFirst(2), as: UTF8.self))
        pending = []
    }

    private mutating func put(_ character: Character) {
        switch character {
        case "\r\n", "\n":
            row = min(row + 1, cells.count - 1)
            if character != "\n" { column = 0 }
        case "\r": column = 0
        case "\u{7}": break
        default:
            if cells.indices.contains(row), cells[row].indices.contains(column) { cells[row][column] = character }
            column += 1
        }
    }

    private mutating func execute(_ sequence: String) {
        let parameters = sequence.dropLast().split(separator: ";").map(String.init)
        switch sequence.last {
        case "H":
            row = (parameters.first.flatMap { Int($0) } ?? 1) - 1
            column = (parameters.dropFirst().first.flatMap { Int($0) } ?? 1) - 1
        case "J": cells = cells.map { $0.map { _ in " " } }
        case "m": styles.formUnion(parameters)
        case "h", "l": break
        default: unknown.append(sequence)
        }
    }
}
