/// Rows of cells as lines of text: each column as wide as its widest cell.
struct TextTable {
    private var rows: [[String]]

    /// A table whose first row is a heading.
    init(_ heading: [String]) { rows = [heading] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var lines: [String] {
        let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            // Nothing behind the last cell that has something to say.
            let last = row.lastIndex { !$0.isEmpty } ?? 0
            return row.prefix(last + 1).enumerated().map { column, cell in
                column == last ? cell : cell.padded(to: widths[column])
            }.joined(separator: "  ")
        }
    }
}
