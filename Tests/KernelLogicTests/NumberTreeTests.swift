import RandomTestSupport
import Testing

@testable import KernelLogic

@Suite struct NumberTreeTests {
    private struct Node: NumberTreeNode {
        let number: UInt32
        var zero: UnsafeMutablePointer<Node>?
        var one: UnsafeMutablePointer<Node>?
    }

    private typealias Reference = UnsafeMutablePointer<Node>

    /// Nodes with these numbers, which the caller deallocates.
    private func nodes(_ numbers: [UInt32]) -> UnsafeMutableBufferPointer<Node> {
        let nodes = UnsafeMutableBufferPointer<Node>.allocate(capacity: numbers.count)
        _ = nodes.initialize(from: numbers.map { Node(number: $0) })
        return nodes
    }

    /// All numbers, as one who knows only the last one asks for them.
    private func walk(_ tree: NumberTree<Node>) -> [UInt32] {
        var numbers: [UInt32] = []
        var next: UInt32? = 0
        while let from = next, let node = tree.first(from: from) {
            numbers.append(node.pointee.number)
            next = node.pointee.number == .max ? nil : node.pointee.number + 1
        }
        return numbers
    }

    @Test func `the first from a number on`() {
        let nodes = nodes([5, 3, 9, 6, 12, 0, .max])
        defer { nodes.deallocate() }
        var tree = NumberTree<Node>()
        #expect(tree.first(from: 0) == nil)
        for index in nodes.indices { tree.insert(nodes.baseAddress! + index) }
        let expected: [(UInt32, UInt32)] = [(0, 0), (1, 3), (3, 3), (4, 5), (7, 9), (10, 12), (13, .max), (.max, .max)]
        for (from, number) in expected { #expect(tree.first(from: from)?.pointee.number == number) }
        #expect(walk(tree) == [0, 3, 5, 6, 9, 12, .max])
    }

    /// Numbers begin anew when there are no greater ones, and those in the tree are left out.
    @Test func `a number that nobody has`() {
        let nodes = nodes([0, 1, 3, 0x7FFF_FFFE, 0x7FFF_FFFF])
        defer { nodes.deallocate() }
        var tree = NumberTree<Node>()
        #expect(tree.unused(after: 0) == 1)
        for index in nodes.indices { tree.insert(nodes.baseAddress! + index) }
        let expected: [(UInt32, UInt32)] = [(0, 2), (1, 2), (2, 4), (4, 5), (0x7FFF_FFFC, 0x7FFF_FFFD), (0x7FFF_FFFD, 2)]
        for (after, number) in expected { #expect(tree.unused(after: after) == number) }
        tree.remove(nodes.baseAddress!)
        #expect(tree.unused(after: 0x7FFF_FFFF) == 0)
    }

    /// Random insertions and removals, against a sorted set: numbers that lie close together, as the kernel's do, and
    /// numbers from everywhere.
    @Test(arguments: [6, 16, 32]) func `the order is that of a sorted set`(bits: Int) {
        var random = SplitMix64(seed: UInt64(bits))
        var numbers: Set<UInt32> = []
        while numbers.count < 60 { numbers.insert(UInt32(truncatingIfNeeded: random.next() >> (64 - bits))) }
        let nodes = nodes(Array(numbers.sorted()))
        defer { nodes.deallocate() }
        var tree = NumberTree<Node>()
        var present: Set<UInt32> = []
        for _ in 0..<3000 {
            let index = Int(random.next(upperBound: UInt64(nodes.count)))
            let number = nodes[index].number
            if present.remove(number) != nil {
                tree.remove(nodes.baseAddress! + index)
            } else {
                present.insert(number)
                tree.insert(nodes.baseAddress! + index)
            }
            let from = UInt32(truncatingIfNeeded: random.next() >> (64 - bits))
            #expect(tree.first(from: from)?.pointee.number == present.filter { $0 >= from }.min())
        }
        #expect(walk(tree) == present.sorted())
    }

    /// The deepest tree there can be: each number shares one more leading bit with the last.
    @Test func `no way is longer than the number of bits`() {
        let nodes = nodes([0] + (0..<32).map { 1 << (31 - $0) as UInt32 } )
        defer { nodes.deallocate() }
        var tree = NumberTree<Node>()
        for index in nodes.indices { tree.insert(nodes.baseAddress! + index) }
        func depth(_ node: Reference?) -> Int {
            guard let node else { return 0 }
            return 1 + max(depth(node.pointee.zero), depth(node.pointee.one))
        }
        let all = nodes.map(\.number).sorted()
        #expect(walk(tree) == all)
        let top = nodes.baseAddress! // the first to come is the root
        #expect(depth(top) <= 33)
        for index in nodes.indices { tree.remove(nodes.baseAddress! + index) }
        #expect(tree.first(from: 0) == nil)
    }
}
