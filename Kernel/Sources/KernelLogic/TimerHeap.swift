/// Something that ends at a time, and can stand in a `TimerHeap`.
public protocol TimerNode {
    /// When: a counter that wraps around; times in a heap are less than half its range apart.
    var time: UInt32 { get set }
    /// Where it stands in the heap, from 1 on; 0 = in none. Only `TimerHeap` changes it.
    var place: UInt32 { get set }
    /// The order of entering, which decides between equal times. Only `TimerHeap` changes it.
    var order: UInt32 { get set }
}

/// Timers, of which the first to end is at hand; of equal ones, the first to enter.
///
/// The constraint: a thread that begins to wait must not pay for all the others that wait, and nothing may be
/// allocated. The choice: a binary heap in memory of the owner for as many timers as there can be, each of which knows
/// its place, so that it can be taken out. Entering and leaving take as many steps as the number of timers has binary
/// digits.
public struct TimerHeap<Node: TimerNode> {
    public typealias Reference = UnsafeMutablePointer<Node>

    private let nodes: UnsafeMutablePointer<Reference?>
    private let capacity: UInt32
    public private(set) var count: UInt32 = 0
    private var entered: UInt32 = 0

    /// An empty heap in memory for `capacity` references, not initialised, which must outlive it.
    public init(memory: UnsafeMutablePointer<Reference?>, capacity: UInt32) {
        nodes = memory
        nodes.initialize(repeating: nil, count: Int(capacity))
        self.capacity = capacity
    }

    /// The one that ends first.
    public var first: Reference? { count > 0 ? nodes[0] : nil }

    /// Adds a node, which is in no heap. False, with nothing done, if there is no room.
    public mutating func insert(_ node: Reference) -> Bool {
        guard count < capacity else { return false }
        count += 1
        entered &+= 1
        node.pointee.order = entered
        moveUp(node, count)
        return true
    }

    /// Takes out a node, which is in this heap.
    public mutating func remove(_ node: Reference) {
        let place = node.pointee.place
        guard place > 0, place <= count, let last = nodes[Int(count - 1)] else { return }
        nodes[Int(count - 1)] = nil
        count -= 1
        node.pointee.place = 0
        guard last != node else { return }
        moveUp(last, place)
        moveDown(last)
    }

    private static func isBefore(_ left: Reference, _ right: Reference) -> Bool {
        let difference = Int32(bitPattern: left.pointee.time &- right.pointee.time)
        return difference == 0 ? Int32(bitPattern: left.pointee.order &- right.pointee.order) < 0 : difference < 0
    }

    private func put(_ node: Reference, _ place: UInt32) {
        nodes[Int(place - 1)] = node
        node.pointee.place = place
    }

    /// Puts a node at a free place, or as far above as it belongs.
    private func moveUp(_ node: Reference, _ start: UInt32) {
        var place = start
        while place > 1, let parent = nodes[Int(place / 2 - 1)], Self.isBefore(node, parent) {
            put(parent, place)
            place /= 2
        }
        put(node, place)
    }

    /// Puts a node as far below as it belongs.
    private func moveDown(_ node: Reference) {
        var place = node.pointee.place
        while place * 2 <= count, let left = nodes[Int(place * 2 - 1)] {
            var child = left
            if place * 2 < count, let right = nodes[Int(place * 2)], Self.isBefore(right, left) { child = right }
            guard Self.isBefore(child, node) else { break }
            let next = child.pointee.place
            put(child, place)
            place = next
        }
        put(node, place)
    }
}
