/// Something that can stand in a `Queue`: it carries its own links, so that queueing needs no memory and cannot fail.
public protocol QueueNode {
    /// The neighbours in the queue; both nil when alone or in no queue. Only `Queue` changes them.
    var next: UnsafeMutablePointer<Self>? { get set }
    var previous: UnsafeMutablePointer<Self>? { get set }
}

/// A first-in, first-out queue of nodes that stand in at most one queue at a time. Every operation
/// takes constant time.
public struct Queue<Node: QueueNode> {
    public private(set) var first: UnsafeMutablePointer<Node>?
    public private(set) var last: UnsafeMutablePointer<Node>?

    public init() {
        first = nil
        last = nil
    }

    public var isEmpty: Bool { first == nil }

    /// Adds a node, which is in no queue, at the end.
    @inline(__always)
    public mutating func append(_ node: UnsafeMutablePointer<Node>) {
        node.pointee.next = nil
        node.pointee.previous = last
        if let last { last.pointee.next = node } else { first = node }
        last = node
    }

    /// Adds a node, which is in no queue, at the front.
    public mutating func prepend(_ node: UnsafeMutablePointer<Node>) {
        node.pointee.previous = nil
        node.pointee.next = first
        if let first { first.pointee.previous = node } else { last = node }
        first = node
    }

    /// Takes the first node out; nil if the queue is empty.
    public mutating func removeFirst() -> UnsafeMutablePointer<Node>? {
        guard let node = first else { return nil }
        remove(node)
        return node
    }

    /// Takes out a node, which is in this queue.
    @inline(__always)
    public mutating func remove(_ node: UnsafeMutablePointer<Node>) {
        let next = node.pointee.next
        let previous = node.pointee.previous
        if let next { next.pointee.previous = previous } else { last = previous }
        if let previous { previous.pointee.next = next } else { first = next }
        node.pointee.next = nil
        node.pointee.previous = nil
    }
}
