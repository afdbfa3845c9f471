/// The lines that were entered, oldest first.
public struct CommandHistory: Sendable, Equatable {
    /// How many are kept.
    public static let limit = 1000

    public private(set) var lines: [String] = []

    public init() {}

    /// What ``text`` has said, one line each.
    public init(text: String) {
        for line in text.split(whereSeparator: \.isNewline) { add(String(line)) }
    }

    /// For a file.
    public var text: String { lines.map { $0 + "\n" }.joined() }

    /// Adds a line, unless it is empty or repeats the one before.
    public mutating func add(_ line: String) {
        guard !line.allSatisfy(\.isWhitespace), line != lines.last else { return }
        lines.append(line)
        if lines.count > Self.limit { lines.removeFirst(lines.count - Self.limit) }
    }

    /// The line entered `age` lines ago, 1 being the last; nil if there is none.
    public func line(age: Int) -> String? {
        age >= 1 && age <= lines.count ? lines[lines.count - age] : nil
    }
}
