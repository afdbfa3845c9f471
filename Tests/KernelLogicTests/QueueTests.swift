import KernelLogic
import Testing

@Suite struct QueueTests {
    private struct Node: QueueNode {
        var next: UnsafeMutablePointer<Node>?
        var previous: UnsafeMutablePointer<Node>?
        var value: Int
    }

    private func withNodes(_ count: Int, _ body: (UnsafeMutablePointer<Node>) -> Void) {
        let nodes = UnsafeMutablePointer<Node>.allocate(capacity: count)
        for index in 0..<count { (nodes + index).initialize(to: Node(value: index)) }
        body(nodes)
        nodes.deallocate()
    }

    /// The values from front to back, after checking that the links say the same from back to front.
    private func values(_ queue: Queue<Node>) -> [Int] {
        var forwards: [Int] = []
        var node = queue.first
        while let current = node {
            forwards.append(current.pointee.value)
            node = current.pointee.next
        }
        var backwards: [Int] = []
        node = queue.last
        while let current = node {
            backwards.append(current.pointee.value)
            node = current.pointee.previous
        }
        #expect(forwards == backwards.reversed())
        return forwards
    }

    @Test func firstInFirstOut() {
        withNodes(3) { nodes in
            var queue = Queue<Node>()
            #expect(queue.isEmpty)
            for index in 0..<3 { queue.append(nodes + index) }
            #expect(values(queue) == [0, 1, 2])
            #expect(queue.removeFirst() == nodes)
            #expect(queue.removeFirst() == nodes + 1)
            #expect(queue.removeFirst() == nodes + 2)
            #expect(queue.removeFirst() == nil)
            #expect(queue.isEmpty && queue.last == nil)
        }
    }

    @Test func prependsAndRemovesAnywhere() {
        withNodes(4) { nodes in
            var queue = Queue<Node>()
            for index in 0..<4 { queue.prepend(nodes + index) }
            #expect(values(queue) == [3, 2, 1, 0])
            queue.remove(nodes + 2)
            #expect(values(queue) == [3, 1, 0])
            queue.remove(nodes)
            #expect(values(queue) == [3, 1])
            queue.remove(nodes + 3)
            #expect(values(queue) == [1])
            queue.remove(nodes + 1)
            #expect(values(queue) == [])
            queue.append(nodes + 2)
            #expect(values(queue) == [2])
        }
    }
}
