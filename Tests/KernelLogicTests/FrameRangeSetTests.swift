import KernelLogic
import RandomTestSupport
import Testing

/// A set with memory of its own, for as long as `body` runs; and what is in it.
func withFrameRangeSet<Result>(capacity: Int = 64, _ body: (inout FrameRangeSet) throws -> Result) rethrows -> Result {
    let storage = UnsafeMutableBufferPointer<FrameRange>.allocate(capacity: capacity)
    storage.initialize(repeating: FrameRange(0, 0))
    defer { storage.deallocate() }
    var set = FrameRangeSet(storage: storage)
    return try body(&set)
}

extension FrameRangeSet {
    var ranges: [FrameRange] { (0..<count).map { self[$0] } }
}

@Suite struct FrameRangeSetTests {
    @Test func keepsRangesInOrder() {
        withFrameRangeSet { set in
            set.insert(FrameRange(30, 40))
            set.insert(FrameRange(10, 20))
            set.insert(FrameRange(50, 60))
            #expect(set.ranges == [FrameRange(10, 20), FrameRange(30, 40), FrameRange(50, 60)])
            #expect(set.frames == 30)
        }
    }

    @Test func joinsWhatTouchesOrOverlaps() {
        withFrameRangeSet { set in
            set.insert(FrameRange(10, 20))
            set.insert(FrameRange(20, 25))
            set.insert(FrameRange(40, 50))
            #expect(set.ranges == [FrameRange(10, 25), FrameRange(40, 50)])
            set.insert(FrameRange(5, 45))
            #expect(set.ranges == [FrameRange(5, 50)])
            set.insert(FrameRange(7, 9))
            #expect(set.ranges == [FrameRange(5, 50)])
        }
    }

    @Test func ignoresEmptyRanges() {
        withFrameRangeSet { set in
            set.insert(FrameRange(10, 10))
            set.insert(FrameRange(10, 5))
            #expect(set.count == 0)
            set.insert(FrameRange(0, 10))
            set.remove(FrameRange(5, 5))
            #expect(set.ranges == [FrameRange(0, 10)])
        }
    }

    @Test func removesFromTheMiddleTheEndsAndAll() {
        withFrameRangeSet { set in
            set.insert(FrameRange(0, 100))
            set.remove(FrameRange(40, 60))
            #expect(set.ranges == [FrameRange(0, 40), FrameRange(60, 100)])
            set.remove(FrameRange(30, 70))
            #expect(set.ranges == [FrameRange(0, 30), FrameRange(70, 100)])
            set.remove(FrameRange(0, 10))
            #expect(set.ranges == [FrameRange(10, 30), FrameRange(70, 100)])
            set.remove(FrameRange(0, 1000))
            #expect(set.count == 0)
        }
    }

    @Test func neverClaimsTooMuchWhenFull() {
        withFrameRangeSet(capacity: 2) { set in
            set.insert(FrameRange(0, 10))
            set.insert(FrameRange(20, 30))
            set.insert(FrameRange(40, 50))
            #expect(set.ranges == [FrameRange(0, 10), FrameRange(20, 30)])
            // The split needs an entry that is not there: the part behind the hole is given up.
            set.remove(FrameRange(4, 6))
            #expect(set.ranges == [FrameRange(0, 4), FrameRange(20, 30)])
        }
    }

    @Test func findsTheRangeOfAFrame() {
        withFrameRangeSet { set in
            set.insert(FrameRange(10, 20))
            #expect(set.range(containing: 10) == FrameRange(10, 20))
            #expect(set.range(containing: 19) == FrameRange(10, 20))
            #expect(set.range(containing: 20) == nil)
            #expect(set.range(containing: 9) == nil)
        }
    }

    /// Against a plain set of numbers, with seeded random operations.
    @Test func agreesWithASetOfNumbers() {
        var random = SplitMix64(seed: 7)
        withFrameRangeSet(capacity: 200) { set in
            var model: Set<UInt64> = []
            for _ in 0..<2000 {
                let first = random.next() % 300
                let range = FrameRange(first, first + random.next() % 20)
                if random.next() & 1 == 0 {
                    set.insert(range)
                    model.formUnion(range.first..<max(range.first, range.end))
                } else {
                    set.remove(range)
                    model.subtract(range.first..<max(range.first, range.end))
                }
                #expect(Set(set.ranges.flatMap { $0.first..<$0.end }) == model)
                #expect(zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.end < $1.first })
            }
        }
    }
}
