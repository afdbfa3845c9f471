/// Rows whose number never changes. Their memory is taken once, when the table is made, so that nothing that happens
/// later can fail for want of it; and unlike an `InlineArray`, which is copied with whatever it is part of, they stay
/// in one place: the process manager's stack is small. They live as long as the process, and copies of the table are
/// the same table.
public struct FixedTable<Row> {
    private let rows: UnsafeMutablePointer<Row>
    public let count: Int

    public init(_ row: Row, count: Int) {
        rows = .allocate(capacity: count)
        rows.initialize(repeating: row, count: count)
        self.count = count
    }

    public subscript(index: Int) -> Row {
        _read {
            precondition(0..<count ~= index)
            yield rows[index]
        }
        nonmutating _modify {
            precondition(0..<count ~= index)
            yield &rows[index]
        }
    }
}
