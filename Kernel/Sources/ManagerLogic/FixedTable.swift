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

    /// A row. Accessed by address: rows are large, and whoever wants to know one field shall not copy them all.
    public subscript(index: Int) -> Row {
        unsafeAddress { UnsafePointer(address(index)) }
        nonmutating unsafeMutableAddress { address(index) }
    }

    /// Where a row lies, for tables that are made of this one.
    func address(_ index: Int) -> UnsafeMutablePointer<Row> {
        precondition(0..<count ~= index)
        return rows + index
    }
}
