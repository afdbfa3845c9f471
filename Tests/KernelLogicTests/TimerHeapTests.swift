import RandomTestSupport
import Testing

@testable import KernelLogic

@Suite struct TimerHeapTests {
    private struct Node: TimerNode {
        var time: UInt32 = 0
        var place: UInt32 = 0
        var order: UInt32 = 0
        var name = 0
    }

    /// A heap for `capacity` timers, and as many timers.
    private func withHeap(_ capacity: Int, _ body: (inout TimerHeap<Node>, UnsafeMutablePointer<Node>) -> Void) {
        let memory = UnsafeMutablePointer<UnsafeMutablePointer<Node>?>.allocate(capacity: capacity)
        let nodes = UnsafeMutablePointer<Node>.allocate(capacity: capacity + 1)
        nodes.initialize(repeating: Node(), count: capacity + 1)
        for index in 0...capacity { nodes[index].name = index }
        var heap = TimerHeap<Node>(memory: memory, capacity: UInt32(capacity))
        body(&heap, nodes)
        nodes.deallocate()
        memory.deallocate()
    }

    @Test func equalTimesEndInTheOrderOfTheirBeginning() {
        withHeap(8) { heap, nodes in
            for (index, time) in ([5, 3, 5, 3, 4, 3, 9, 1] as [UInt32]).enumerated() {
                nodes[index].time = time
                let hasRoom = heap.insert(nodes + index)
                #expect(hasRoom)
            }
            let isFull = !heap.insert(nodes + 8)
            #expect(isFull, "no room")
            var names: [Int] = []
            while let first = heap.first {
                names.append(first.pointee.name)
                heap.remove(first)
            }
            #expect(names == [7, 1, 3, 5, 4, 0, 2, 6])
        }
    }

    @Test func timesWrapAround() {
        withHeap(3) { heap, nodes in
            for (index, time) in ([5, 0xFFFF_FFF0, 0xFFFF_FFFF] as [UInt32]).enumerated() {
                nodes[index].time = time
                _ = heap.insert(nodes + index)
            }
            #expect(heap.first == nodes + 1)
        }
    }

    /// Random insertions and removals, against a list that is sorted anew each time.
    @Test func theFirstIsAlwaysTheEarliest() {
        var random = SplitMix64(seed: 5)
        withHeap(100) { heap, nodes in
            var model: [(time: UInt32, entered: Int, index: Int)] = []
            for turn in 0..<3000 {
                let index = Int(random.next(upperBound: 100 as UInt64))
                if let place = model.firstIndex(where: { $0.index == index }) {
                    model.remove(at: place)
                    heap.remove(nodes + index)
                } else {
                    let time = 0xFFFF_FFE0 &+ UInt32(random.next(upperBound: 64 as UInt64))
                    nodes[index].time = time
                    model.append((time &- 0xFFFF_FFE0, turn, index))
                    _ = heap.insert(nodes + index)
                }
                let first = model.min { ($0.time, $0.entered) < ($1.time, $1.entered) }
                guard heap.first == first.map({ nodes + $0.index }), heap.count == model.count else {
                    Issue.record("turn \(turn): another is first")
                    return
                }
                // Each knows its place, and those in no heap know that.
                guard
                    (0..<100).allSatisfy({ index in (nodes[index].place != 0) == model.contains { $0.index == index } })
                else {
                    Issue.record("turn \(turn): a place is wrong")
                    return
                }
            }
        }
    }
}
