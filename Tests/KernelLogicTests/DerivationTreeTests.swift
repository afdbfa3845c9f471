import KernelLogic
import RandomTestSupport
import Testing

@Suite struct DerivationTreeTests {
    /// Capabilities as the kernel keeps them, beside a list of parents that says the same in the simplest way.
    private final class Forest {
        let nodes: UnsafeMutablePointer<Capability>
        let count: Int
        /// The parent of each node that is in use; -1 = it is a root.
        var parents: [Int: Int] = [:]

        init(count: Int) {
            self.count = count
            nodes = .allocate(capacity: count)
            nodes.initialize(repeating: .empty, count: count)
        }

        deinit { nodes.deallocate() }

        func addRoot(_ node: Int) {
            (nodes + node).pointee = .empty
            parents[node] = -1
        }

        func derive(_ node: Int, from parent: Int) {
            (nodes + node).pointee = .empty
            DerivationTree.insert(nodes + node, under: nodes + parent)
            parents[node] = parent
        }

        func delete(_ node: Int) {
            DerivationTree.remove(nodes + node)
            let parent = parents.removeValue(forKey: node)
            for (child, other) in parents where other == node { parents[child] = parent }
        }

        /// The children of a node as its links say.
        func children(_ node: Int) -> Set<Int> {
            var found: Set<Int> = []
            var child = nodes[node].firstChild
            while let current = child, found.count <= count {
                found.insert(current - nodes)
                child = DerivationTree.sibling(of: current)
            }
            return found
        }

        /// What is wrong, if anything.
        var difference: String? {
            for node in parents.keys {
                let expected = Set(parents.filter { $0.value == node }.keys)
                if children(node) != expected { return "\(node) has \(children(node)) instead of \(expected)" }
            }
            return nil
        }
    }

    @Test func whatIsDerivedFromADeletedCapabilityBelongsToItsParent() {
        let forest = Forest(count: 5)
        forest.addRoot(0)
        forest.derive(1, from: 0)
        forest.derive(2, from: 0)
        forest.derive(3, from: 1)
        forest.derive(4, from: 1)
        forest.delete(1)
        #expect(forest.children(0) == [2, 3, 4])
        forest.delete(3)
        #expect(forest.children(0) == [2, 4])
        forest.delete(0)
        #expect(forest.difference == nil)
    }

    @Test(arguments: 1...20) func randomTreesStayRight(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let forest = Forest(count: 40)
        for _ in 0..<2000 {
            let node = Int.random(in: 0..<forest.count, using: &random)
            if forest.parents[node] != nil {
                if UInt32.random(in: 0..<3, using: &random) == 0 { forest.delete(node) }
            } else if let parent = forest.parents.keys.sorted().randomElement(using: &random),
                UInt32.random(in: 0..<8, using: &random) != 0
            {
                forest.derive(node, from: parent)
            } else {
                forest.addRoot(node)
            }
            if let difference = forest.difference {
                Issue.record("seed \(seed): \(difference)")
                return
            }
        }
        // Revoking a root: its first child is deleted until there is none.
        for root in forest.parents.filter({ $0.value == -1 }).keys {
            while let child = forest.nodes[root].firstChild { forest.delete(child - forest.nodes) }
            #expect(forest.difference == nil)
        }
        #expect(forest.parents.values.allSatisfy { $0 == -1 })
    }
}
