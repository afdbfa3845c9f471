extension Schedule {
    /// A picture: a row for each thread, in which each column is a part of the time; then the slices, of which at most
    /// `limit` are listed.
    ///
    /// `#` where the thread ran for more than three quarters of the part, `=` for more than a quarter, `-` for less.
    func text(columns: Int = 64, limit: Int = 60) -> [String] {
        guard !steps.isEmpty, !slices.isEmpty else { return ["nothing of the kernel's threads is recorded there"] }
        let total = UInt64(steps.count)
        let width = max(1, min(UInt64(columns), total))
        let column = max(1, (total + width - 1) / width)
        var lines = [
            "steps \(steps.lowerBound) to \(steps.upperBound), a column is \(column) steps; # most of it, = much, - little"
        ]
        let heads = threads.map { "\($0.number) \($0.name)" }
        let wide = max(10, heads.map(\.count).max() ?? 0)
        func index(_ step: UInt64) -> Int { Int((step - steps.lowerBound) / column) }
        let cells = Int((total + column - 1) / column)
        for (thread, head) in zip(threads, heads) {
            var filled = [UInt64](repeating: 0, count: cells)
            for slice in slices where slice.thread == thread.number {
                var step = slice.steps.lowerBound
                while step < slice.steps.upperBound {
                    let cell = index(step)
                    let end = min(slice.steps.upperBound, steps.lowerBound + UInt64(cell + 1) * column)
                    filled[cell] += end - step
                    step = end
                }
            }
            let row = filled.map { part -> Character in
                part == 0 ? " " : part * 4 > column * 3 ? "#" : part * 4 > column ? "=" : "-"
            }
            let run = filled.reduce(0, +)
            let share = run * 1000 / total
            lines.append("\(head.padded(to: wide)) |\(String(row))| \(share / 10).\(share % 10)%")
        }
        if !interrupts.isEmpty {
            var row = [Character](repeating: " ", count: cells)
            for interrupt in interrupts where steps.contains(interrupt.step) { row[index(interrupt.step)] = "^" }
            lines.append("\("interrupts".padded(to: wide)) |\(String(row))| \(interrupts.count)")
        }
        lines.append("\(slices.count) slices" + (slices.count > limit ? ", the last \(limit):" : ":"))
        let names = Dictionary(threads.map { ($0.number, $0.name) }) { first, _ in first }
        for slice in slices.suffix(limit) {
            lines.append(
                "\(String(slice.steps.lowerBound).paddedLeft(to: 10))  "
                    + "\(String(slice.steps.count).paddedLeft(to: 9)) steps  "
                    + "thread \(slice.thread) (\(names[slice.thread] ?? "?")): \(slice.endText)")
        }
        if isInterrupted { lines.append("stopped before it was complete") }
        return lines
    }
}
