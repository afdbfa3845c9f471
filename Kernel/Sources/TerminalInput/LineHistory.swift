/// The last lines that were entered, oldest first to go.
struct LineHistory {
    static var capacity: Int { 16 }

    private var lines = InlineArray<16, LineBuffer>(repeating: LineBuffer())
    private(set) var count = 0
    /// Where the next line goes.
    private var next = 0

    /// Adds a line, unless it is empty or repeats the one before.
    mutating func append(_ line: LineBuffer) {
        guard !line.isEmpty, count == 0 || !(line == lines[(next + Self.capacity - 1) % Self.capacity]) else { return }
        lines[next] = line
        next = (next + 1) % Self.capacity
        count = min(count + 1, Self.capacity)
    }

    /// The line entered `age` lines ago, 1 being the last; nil if that is forgotten.
    func line(age: Int) -> LineBuffer? {
        guard age >= 1, age <= count else { return nil }
        return lines[(next + Self.capacity - age) % Self.capacity]
    }
}
