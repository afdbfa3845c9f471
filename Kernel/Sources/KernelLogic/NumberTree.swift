/// Something that can stand in a `NumberTree`. Only the tree changes `zero` and `one`.
public protocol NumberTreeNode {
    /// No two nodes of a tree have the same. It does not change.
    var number: UInt32 { get }
    var zero: UnsafeMutablePointer<Self>? { get set }
    var one: UnsafeMutablePointer<Self>? { get set }
}

/// Nodes by their number, so that all of them can be gone through, one by one, while others come and go: whoever knows
/// the last number asks for the next.
///
/// The constraint: no operation may take longer because there are more nodes, and numbers grow with each new one, so
/// that no table has a place for each. The choice: a digital search tree (Coffman and Eve, 1970). A node at depth d
/// shares d leading bits with all below it, whose next bit says on which side they are. There are at most 33 nodes on a
/// way down, whatever numbers there are, and nothing is to be balanced.
///
///                  5 = 0101
///         zero ┌──────┴──────┐ one
///          3 = 0011      9 = 1001
///              └──┐          └──┐
///              6 = 0110     12 = 1100
public struct NumberTree<Node: NumberTreeNode> {
    public typealias Reference = UnsafeMutablePointer<Node>

    private var root: Reference?

    public init() { root = nil }

    /// The bit that decides at the root.
    private static var firstBit: UInt32 { 1 << 31 }

    /// Adds a node, whose number nobody in the tree has.
    public mutating func insert(_ node: Reference) {
        node.pointee.zero = nil
        node.pointee.one = nil
        guard var parent = root else {
            root = node
            return
        }
        var bit = Self.firstBit
        while let next = Self.child(parent, node.pointee.number & bit) {
            parent = next
            bit >>= 1
        }
        Self.setChild(parent, node.pointee.number & bit, node)
    }

    /// Takes a node out, which is in the tree.
    public mutating func remove(_ node: Reference) {
        // A leaf from below can have its place: it shares the same leading bits.
        let leaf = Self.takeLeaf(below: node)
        leaf?.pointee.zero = node.pointee.zero
        leaf?.pointee.one = node.pointee.one
        guard var parent = root, parent != node else {
            root = leaf
            return
        }
        var bit = Self.firstBit
        while let next = Self.child(parent, node.pointee.number & bit), next != node {
            parent = next
            bit >>= 1
        }
        Self.setChild(parent, node.pointee.number & bit, leaf)
    }

    /// The node with the lowest number that is not below `number`; nil if there is none.
    public func first(from number: UInt32) -> Reference? {
        var best: Reference?
        func consider(_ node: Reference) {
            guard node.pointee.number >= number else { return }
            if let known = best, known.pointee.number < node.pointee.number { return }
            best = node
        }
        // All on the way are candidates; and of all subtrees on the side of greater numbers, the lowest of the last,
        // which has the lowest ones.
        var greater: Reference?
        var next = root
        var bit = Self.firstBit
        while let node = next {
            consider(node)
            if number & bit == 0, let one = node.pointee.one { greater = one }
            next = Self.child(node, number & bit)
            bit >>= 1
        }
        while let node = greater {
            consider(node)
            greater = node.pointee.zero ?? node.pointee.one
        }
        return best
    }

    /// The next number behind `number` that nobody in the tree has. The greatest that the result of a system call can
    /// be, 2^31 - 1, is followed by 0: nobody can make so many nodes that there are no more numbers.
    public func unused(after number: UInt32) -> UInt32 {
        var next = number
        repeat { next = (next &+ 1) & 0x7FFF_FFFF } while first(from: next)?.pointee.number == next
        return next
    }

    /// Takes any leaf out of the subtrees of a node; nil if there are none.
    private static func takeLeaf(below node: Reference) -> Reference? {
        var parent = node
        guard var leaf = node.pointee.zero ?? node.pointee.one else { return nil }
        while let next = leaf.pointee.zero ?? leaf.pointee.one {
            parent = leaf
            leaf = next
        }
        if parent.pointee.zero == leaf { parent.pointee.zero = nil } else { parent.pointee.one = nil }
        return leaf
    }

    private static func child(_ node: Reference, _ bit: UInt32) -> Reference? {
        bit == 0 ? node.pointee.zero : node.pointee.one
    }

    private static func setChild(_ node: Reference, _ bit: UInt32, _ child: Reference?) {
        if bit == 0 { node.pointee.zero = child } else { node.pointee.one = child }
    }
}
