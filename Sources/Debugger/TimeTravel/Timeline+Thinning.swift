import Machine
import Processor

/// Which snapshots are kept.
///
/// A distance d from where the machine is, snapshots lie about k times the square root of d apart. With N of them over
/// a past of A executed steps, the widest gap is then 2A/N, only twice what equal distances would give, while near the
/// present they lie as close as they were taken. (With distances proportional to d, gaps in a long past would be wider
/// than anybody wants to wait for.) k follows from what there is room for: the snapshot goes that leaves the smallest
/// gap, as measured so.
extension Timeline {
    /// Bytes that all snapshots hold.
    public var bytes: Int {
        entries.reduce(machine.memory.snapshotBytes) { $0 + $1.bytes }
    }

    /// How many snapshots there are.
    public var count: Int { entries.count }

    /// The steps of all snapshots, ascending.
    public var snapshotSteps: [UInt64] { entries.map(\.snapshot.steps) }

    /// Puts `snapshot` in its place, and makes room for it.
    func insert(_ snapshot: MachineSnapshot, at index: Int) {
        entries.insert(Entry(snapshot: snapshot, bytes: 0), at: index)
        weigh(index)
        weigh(index + 1)
        while entries.count > countLimit || entries.count > 1 && bytes > memoryLimit {
            dropOne()
        }
    }

    /// Forgets the snapshots of the future.
    func truncateEntries() {
        entries.removeAll { $0.snapshot.steps > machine.steps || $0.snapshot.deliveredInput > machine.deliveredInput }
        if entries.isEmpty { record() }
    }

    private func weigh(_ index: Int) {
        guard entries.indices.contains(index) else { return }
        let previous = index > 0 ? entries[index - 1].snapshot : nil
        entries[index].bytes = entries[index].snapshot.bytes(besides: previous)
    }

    /// Drops the snapshot that is missed least. The first one goes only if there is no other left besides the new one:
    /// then the recording begins later.
    private func dropOne() {
        let here = machine.work
        var best: (index: Int, gap: Double)?
        for index in entries.indices.dropFirst().dropLast() {
            let work = entries[index].snapshot.work
            // Steps are in ascending order, and so is work.
            let gap = entries[index + 1].snapshot.work &- entries[index - 1].snapshot.work
            let distance = work > here ? work - here : here - work
            let measured = Double(gap) / Double(distance + 1).squareRoot()
            if measured < best?.gap ?? .infinity { best = (index, measured) }
        }
        let index = best?.index ?? 0
        entries.remove(at: index)
        weigh(index)
    }
}
