import RandomTestSupport
import Testing

@testable import KernelLogic

@Suite struct PriorityListTests {
    private struct Node: PriorityNode {
        var next: UnsafeMutablePointer<Node>?
        var previous: UnsafeMutablePointer<Node>?
        var level: UInt8 = 0
        var otherEnd: UnsafeMutablePointer<Node>?
    }

    @Test func higherLevelsComeFirstAndEqualOnesInTurn() {
        let nodes = UnsafeMutablePointer<Node>.allocate(capacity: 6)
        nodes.initialize(repeating: Node(), count: 6)
        defer { nodes.deallocate() }
        var list = PriorityList<Node>()
        for (index, level) in ([8, 16, 8, 31, 16, 0] as [UInt8]).enumerated() { list.insert(nodes + index, level) }
        var order: [Int] = []
        while let node = list.removeFirst() { order.append(node - nodes) }
        #expect(order == [3, 1, 4, 0, 2, 5])
        #expect(list.isEmpty)
    }

    /// Random insertions and removals, against a sorted list.
    @Test func theOrderIsThatOfASortedList() {
        let count = 40
        let nodes = UnsafeMutablePointer<Node>.allocate(capacity: count)
        nodes.initialize(repeating: Node(), count: count)
        defer { nodes.deallocate() }
        var random = SplitMix64(seed: 9)
        var list = PriorityList<Node>()
        var model: [(level: UInt8, index: Int)] = []
        for turn in 0..<3000 {
            let index = Int(random.next(upperBound: UInt64(count)))
            if let place = model.firstIndex(where: { $0.index == index }) {
                model.remove(at: place)
                list.remove(nodes + index)
            } else {
                let level = UInt8(random.next(upperBound: 6 as UInt64)) * 5
                model.insert((level, index), at: model.firstIndex { $0.level < level } ?? model.count)
                list.insert(nodes + index, level)
            }
            guard list.first == model.first.map({ nodes + $0.index }) else {
                Issue.record("turn \(turn): another is first")
                return
            }
            // Every node, in order, both ways.
            var found: [Int] = []
            var previous: UnsafeMutablePointer<Node>?
            var next = list.first
            while let node = next, found.count <= count {
                #expect(node.pointee.previous == previous)
                found.append(node - nodes)
                previous = node
                next = node.pointee.next
            }
            guard found == model.map(\.index) else {
                Issue.record("turn \(turn): \(found) instead of \(model.map(\.index))")
                return
            }
        }
    }
}
