/// Rows whose number never changes. Their memory is taken once, when the table is made, so that nothing that happens later
/// can fail for want of it; and unlike an `InlineArray`, which is copied with whatever it is part of, they stay in one place:
/// the process manager's stack is small. They live as long as the process, and copies of the table are the same table.
struct FixedTable<Row> {
    private let rows: UnsafeMutablePointer<Row>
    let count: Int

    init(_ row: Row, count: Int) {
        rows = .allocate(capacity: count)
        rows.initialize(repeating: row, count: count)
        self.count = count
    }

    subscript(index: Int) -> Row {
        get {
            precondition(0..<count ~= index)
            return rows[index]
        }
        nonmutating set {
            precondition(0..<count ~= index)
            rows[index] = newValue
        }
    }
}
