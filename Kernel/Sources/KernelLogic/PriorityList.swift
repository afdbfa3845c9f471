/// Something that can stand in a `PriorityList`. Only the list changes these.
public protocol PriorityNode: QueueNode {
    /// The level at which it was inserted.
    var level: UInt8 { get set }
    /// Of the first of a level, the last one; of the last, the first.
    var otherEnd: UnsafeMutablePointer<Self>? { get set }
}

/// Nodes in the order of their priority, and first come, first served inside one, for owners of which there are many.
///
/// The constraint: whoever enters must not pass all that wait, and 32 queues (`ReadyQueue`) are too many for each
/// owner. The choice: one list, in which the first and the last of each level know each other. So entering takes as
/// many steps as there are levels at which somebody waits, and leaving is constant.
///
///     first ──> A(20) ──> B(20) ──> C(16) ──> D(16) ──> E(16) ──> F(8)
///                └─────────┘         └───────────────────┘
public struct PriorityList<Node: PriorityNode> {
    public typealias Reference = UnsafeMutablePointer<Node>

    public private(set) var first: Reference?

    public init() { first = nil }

    @inline(__always)
    public var isEmpty: Bool { first == nil }

    /// Adds a node, which is in no queue, behind those of its level.
    public mutating func insert(_ node: Reference, _ level: UInt8) {
        node.pointee.level = level
        // The last of those above, and the first of the others.
        var above: Reference?
        var head = first
        while let candidate = head, candidate.pointee.level > level {
            above = candidate.pointee.otherEnd
            head = above?.pointee.next
        }
        if let head, head.pointee.level == level, let last = head.pointee.otherEnd {
            link(node, last.pointee.next)
            link(last, node)
            head.pointee.otherEnd = node
            node.pointee.otherEnd = head
        } else {
            link(node, head)
            link(above, node)
            node.pointee.otherEnd = node
        }
    }

    /// Takes out a node, which is in this list.
    public mutating func remove(_ node: Reference) {
        let (previous, next) = (node.pointee.previous, node.pointee.next)
        let isFirst = previous == nil || previous?.pointee.level != node.pointee.level
        let isLast = next == nil || next?.pointee.level != node.pointee.level
        if isFirst != isLast, let other = node.pointee.otherEnd, let neighbour = isFirst ? next : previous {
            neighbour.pointee.otherEnd = other
            other.pointee.otherEnd = neighbour
        }
        link(previous, next)
        node.pointee.next = nil
        node.pointee.previous = nil
        node.pointee.otherEnd = nil
    }

    /// Takes out the first node of the highest level; nil if there is none.
    public mutating func removeFirst() -> Reference? {
        guard let node = first else { return nil }
        remove(node)
        return node
    }

    /// Makes two nodes neighbours. Nil before: `next` is the first; nil behind: `previous` is the last.
    private mutating func link(_ previous: Reference?, _ next: Reference?) {
        if let previous { previous.pointee.next = next } else { first = next }
        next?.pointee.previous = previous
    }
}
