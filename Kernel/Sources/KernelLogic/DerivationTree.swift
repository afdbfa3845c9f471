/// Which capability was derived from which, so that everything that came from one can be taken back.
///
/// The constraint: a capability may be copied any number of times into any number of tables, and neither deleting nor
/// deriving one may take longer for it. The choice: the capabilities themselves are the nodes; children of one are
/// linked as siblings, and the two ends of their list point back to the parent in the place of a neighbour, marked as
/// doing so. A capability that is deleted leaves its children to its own parent: their list takes its place in the
/// list that it stood in, in constant time, because none of them but the ends knows the parent.
///
///     A ─┬─ B ─┬─ D           A ─┬─ D
///        │     └─ E     ──>      ├─ E      after B is deleted
///        └─ C                    └─ C
public enum DerivationTree {
    public typealias Node = UnsafeMutablePointer<Capability>

    /// Bits of `Capability.links`.
    static var previousIsParent: UInt8 { 1 }
    static var nextIsParent: UInt8 { 2 }

    /// The next of the capabilities that were derived from the same one; nil after the last.
    public static func sibling(of node: Node) -> Node? {
        node.pointee.links & nextIsParent != 0 ? nil : node.pointee.next
    }

    /// Makes `child`, which stands in no tree, the first child of `parent`.
    public static func insert(_ child: Node, under parent: Node) {
        let first = parent.pointee.firstChild
        child.pointee.previous = parent
        child.pointee.links = previousIsParent
        if let first {
            child.pointee.next = first
            first.pointee.previous = child
            first.pointee.links &= ~previousIsParent
        } else {
            child.pointee.next = parent
            child.pointee.links |= nextIsParent
            parent.pointee.lastChild = child
        }
        parent.pointee.firstChild = child
    }

    /// Takes `node` out; its children take its place. Its links are meaningless afterwards.
    public static func remove(_ node: Node) {
        let old = node.pointee
        // What neighbours see instead of the node: the first and the last of its children, or the neighbour beyond.
        if let first = old.firstChild, let last = old.lastChild {
            first.pointee.previous = old.previous
            first.pointee.links = first.pointee.links & ~previousIsParent | old.links & previousIsParent
            last.pointee.next = old.next
            last.pointee.links = last.pointee.links & ~nextIsParent | old.links & nextIsParent
            linkBackward(old, to: first, isParent: false)
            linkForward(old, to: last, isParent: false)
        } else {
            linkBackward(old, to: old.next, isParent: old.links & nextIsParent != 0)
            linkForward(old, to: old.previous, isParent: old.links & previousIsParent != 0)
        }
        node.pointee.firstChild = nil
        node.pointee.lastChild = nil
        node.pointee.previous = nil
        node.pointee.next = nil
        node.pointee.links = 0
    }

    /// Tells what is before `old` that `node` is behind it now. `isParent`: that is the parent, so the list has ended.
    private static func linkBackward(_ old: Capability, to node: Node?, isParent: Bool) {
        guard let previous = old.previous else { return }
        if old.links & previousIsParent != 0 {
            previous.pointee.firstChild = isParent ? nil : node
        } else {
            previous.pointee.next = node
            previous.pointee.links = previous.pointee.links & ~nextIsParent | (isParent ? nextIsParent : 0)
        }
    }

    /// Tells what is behind `old` that `node` is before it now.
    private static func linkForward(_ old: Capability, to node: Node?, isParent: Bool) {
        guard let next = old.next else { return }
        if old.links & nextIsParent != 0 {
            next.pointee.lastChild = isParent ? nil : node
        } else {
            next.pointee.previous = node
            next.pointee.links = next.pointee.links & ~previousIsParent | (isParent ? previousIsParent : 0)
        }
    }
}
