/// What the Tab key does with the words that could stand there.
package enum Completion: Equatable {
    /// Nothing fits.
    case none
    /// What is to be put in behind the word.
    case insertion(String)
    /// There are several, and no more that all of them share.
    case choices([String])

    /// - Parameters:
    ///   - word: what has been typed of the word.
    ///   - candidates: words that begin so.
    init(of word: String, candidates: [String]) {
        guard let first = candidates.first else {
            self = .none
            return
        }
        if candidates.count == 1 {
            // A folder is only the beginning of a path.
            self = .insertion(first.dropFirst(word.count) + (first.hasSuffix("/") ? "" : " "))
            return
        }
        let shared = candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        self = shared.count > word.count ? .insertion(String(shared.dropFirst(word.count))) : .choices(candidates)
    }

    /// The choices in columns, for a terminal of that width.
    package static func columns(_ choices: [String], width: Int) -> [String] {
        let limit = 200
        let shown = choices.prefix(limit)
        let cell = min(width, (shown.map(\.count).max() ?? 0) + 2)
        let perRow = max(1, width / max(1, cell))
        let rows = (shown.count + perRow - 1) / perRow
        var lines = (0..<rows).map { row in
            stride(from: row, to: shown.count, by: rows).map { index in
                shown[index].padding(to: index + rows < shown.count ? cell : 0)
            }.joined()
        }
        if choices.count > limit { lines.append("... and \(choices.count - limit) more") }
        return lines
    }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }

    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
