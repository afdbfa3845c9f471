import KernelLogic
import RandomTestSupport
import Testing

@Suite struct ReadyQueueTests {
    struct Node: QueueNode {
        var next: UnsafeMutablePointer<Node>?
        var previous: UnsafeMutablePointer<Node>?
        var number = 0
    }

    @Test func theHighestPriorityComesFirstAndEqualOnesInTurn() {
        let nodes = UnsafeMutablePointer<Node>.allocate(capacity: 5)
        defer { nodes.deallocate() }
        for index in 0..<5 { (nodes + index).initialize(to: Node(number: index)) }
        let memory = UnsafeMutablePointer<Queue<Node>>.allocate(capacity: Int(ReadyQueue<Node>.levels))
        defer { memory.deallocate() }
        var queue = ReadyQueue<Node>(memory: memory)
        #expect(queue.isEmpty && queue.highest == -1 && queue.removeFirst() == nil)
        queue.insert(nodes, 0)
        queue.insert(nodes + 1, 31)
        queue.insert(nodes + 2, 16)
        queue.insert(nodes + 3, 16)
        queue.insert(nodes + 4, 16, first: true)
        #expect(queue.highest == 31 && queue.isOccupied(16) && !queue.isOccupied(15))
        #expect(queue.isOccupied(atLeast: 31) && queue.isOccupied(atLeast: 0))
        queue.remove(nodes + 1, 31)
        #expect(!queue.isOccupied(atLeast: 17) && queue.isOccupied(atLeast: 16))
        #expect(!queue.isOccupied(above: 16) && queue.isOccupied(above: 15))
        queue.insert(nodes + 1, 31)
        queue.remove(nodes + 2, 16)
        var order: [Int] = []
        while let node = queue.removeFirst() { order.append(node.pointee.number) }
        #expect(order == [1, 4, 3, 0])
        #expect(queue.isEmpty && queue.highest == -1)
    }

    @Test func agreesWithASortedList() {
        var random = SplitMix64(seed: 5)
        let nodes = UnsafeMutablePointer<Node>.allocate(capacity: 50)
        defer { nodes.deallocate() }
        for index in 0..<50 { (nodes + index).initialize(to: Node(number: index)) }
        let memory = UnsafeMutablePointer<Queue<Node>>.allocate(capacity: Int(ReadyQueue<Node>.levels))
        defer { memory.deallocate() }
        var queue = ReadyQueue<Node>(memory: memory)
        var expected: [(number: Int, level: UInt8)] = []
        for _ in 0..<5000 {
            let number = Int.random(in: 0..<50, using: &random)
            if let position = expected.firstIndex(where: { $0.number == number }) {
                queue.remove(nodes + number, expected[position].level)
                expected.remove(at: position)
            } else {
                let level = UInt8.random(in: 0..<ReadyQueue<Node>.levels, using: &random)
                queue.insert(nodes + number, level)
                expected.insert((number, level), at: expected.firstIndex { $0.level < level } ?? expected.count)
            }
            #expect(queue.highest == expected.first.map { Int32($0.level) } ?? -1)
        }
        while let node = queue.removeFirst() { #expect(node.pointee.number == expected.removeFirst().number) }
        #expect(expected.isEmpty)
    }
}
