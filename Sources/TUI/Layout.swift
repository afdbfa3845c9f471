/// The parts of the screen.
enum Pane: CaseIterable, Sendable {
    case code, memory, log, registers, stack, breakpoints, guest, threads

    /// Those that Tab goes through.
    static let focusable: [Pane] = [.code, .memory, .log, .registers, .stack, .breakpoints]
}

/// Where each part is on a screen of a given size.
///
///     status
///     code           │ registers
///     memory         │ stack
///     log            │ breakpoints
///     command line
///     keys
///
/// While commands are typed, their output has the memory's place as well. The guest's screen comes below the code where
/// there is room for all of it; elsewhere it is shown in place of the rest.
struct Layout: Equatable {
    static let minimum = (columns: 72, rows: 20)

    let columns: Int
    let rows: Int
    private(set) var areas: [Pane: Area] = [:]
    /// The column between left and right; nil if one pane has everything.
    private(set) var divider: Int?

    var status: Area { Area(column: 0, row: 0, columns: columns, rows: 1) }
    var commandLine: Area { Area(column: 0, row: rows - 2, columns: columns, rows: 1) }
    var keys: Area { Area(column: 0, row: rows - 1, columns: columns, rows: 1) }
    /// Between them.
    var body: Area { Area(column: 0, row: 1, columns: columns, rows: rows - 3) }

    /// Nil if the screen is too small.
    init?(columns: Int, rows: Int, breakpoints: Int, zoomed: Pane?, typesCommands: Bool = false) {
        guard columns >= Self.minimum.columns, rows >= Self.minimum.rows else { return nil }
        self.columns = columns
        self.rows = rows
        if let zoomed {
            areas[zoomed] = body
            return
        }
        let right = columns >= 160 ? 52 : columns >= 110 ? 38 : 30
        let left = columns - right - 1
        divider = left
        let height = body.rows
        var leftHeights: [(Pane, Int)] = []
        // All 80 by 25 characters with a title, where that leaves enough for the others.
        let hasGuest = left >= 80 && height >= 52
        let guest = hasGuest ? 26 : 0
        let log = hasGuest ? 8 : max(5, height / 4)
        let memory = hasGuest ? 7 : max(5, height / 5)
        leftHeights.append((.code, height - log - memory - guest))
        if guest > 0 { leftHeights.append((.guest, guest)) }
        leftHeights += typesCommands ? [(.log, memory + log)] : [(.memory, memory), (.log, log)]

        let registers = min(height - 6, height >= 32 ? 19 : 15)
        let rest = height - registers
        let wanted = height >= 32 ? max(breakpoints, 3) + 1 : breakpoints == 0 ? 0 : breakpoints + 1
        let list = min(wanted, rest / 2)
        let rightHeights: [(Pane, Int)] = [(.registers, registers), (.stack, rest - list), (.breakpoints, list)]
        place(leftHeights, column: 0, columns: left)
        place(rightHeights, column: left + 1, columns: right)
    }

    private mutating func place(_ heights: [(pane: Pane, rows: Int)], column: Int, columns: Int) {
        var row = body.row
        for (pane, rows) in heights where rows > 0 {
            areas[pane] = Area(column: column, row: row, columns: columns, rows: rows)
            row += rows
        }
    }
}
