/// Nodes in the order of their priority, 0 (lowest) to 31, and first come, first served inside one. Every operation
/// takes constant time: a bit for each level says whether somebody waits there.
public struct ReadyQueue<Node: QueueNode> {
    /// Levels of priority.
    public static var levels: UInt8 { 32 }

    private let queues: UnsafeMutablePointer<Queue<Node>>
    private var occupied: UInt32 = 0

    /// An empty queue in memory for `levels` queues, not initialised, which must outlive it.
    public init(memory: UnsafeMutablePointer<Queue<Node>>) {
        queues = memory
        queues.initialize(repeating: Queue(), count: Int(Self.levels))
    }

    public var isEmpty: Bool { occupied == 0 }

    /// The highest level at which a node waits; -1 if none does.
    @inline(__always)
    public var highest: Int32 { 31 - Int32(truncatingIfNeeded: occupied.leadingZeroBitCount) }

    /// Whether a node waits at `level` or above.
    @inline(__always)
    public func isOccupied(atLeast level: UInt8) -> Bool { occupied &>> UInt32(level) != 0 }

    /// Whether a node waits above `level`.
    @inline(__always)
    public func isOccupied(above level: UInt8) -> Bool { occupied &>> UInt32(level) > 1 }

    /// Whether a node waits at `level`.
    public func isOccupied(_ level: UInt8) -> Bool { occupied & bit(level) != 0 }

    /// Adds a node, which is in no queue, behind those of its level; or before them.
    @inline(__always)
    public mutating func insert(_ node: UnsafeMutablePointer<Node>, _ level: UInt8, first: Bool = false) {
        occupied |= bit(level)
        if first { queues[Int(level)].prepend(node) } else { queues[Int(level)].append(node) }
    }

    /// Takes out a node, which was inserted at `level`.
    @inline(__always)
    public mutating func remove(_ node: UnsafeMutablePointer<Node>, _ level: UInt8) {
        queues[Int(level)].remove(node)
        if queues[Int(level)].isEmpty { occupied &= ~bit(level) }
    }

    /// Takes out the first node of the highest level; nil if there is none.
    public mutating func removeFirst() -> UnsafeMutablePointer<Node>? {
        guard occupied != 0 else { return nil }
        let level = UInt8(truncatingIfNeeded: highest)
        guard let node = queues[Int(level)].first else { return nil }
        remove(node, level)
        return node
    }

    @inline(__always)
    private func bit(_ level: UInt8) -> UInt32 { 1 << UInt32(level & 31) }
}
