import KernelLogic
import RandomTestSupport
import Testing

@Suite struct FrameBitmapTests {
    private func withBitmap(first: UInt32, count: UInt32, _ body: (inout FrameBitmap) -> Void) {
        let words = Int(FrameBitmap.size(count: count)) / 4
        // A word before and one behind, to see that neither is touched.
        let memory = UnsafeMutablePointer<UInt32>.allocate(capacity: words + 2)
        memory.initialize(repeating: 0xDEAD_BEEF, count: words + 2)
        defer { memory.deallocate() }
        var bitmap = FrameBitmap(first: first, count: count, memory: memory + 1)
        body(&bitmap)
        #expect(memory[0] == 0xDEAD_BEEF)
        #expect(memory[words + 1] == 0xDEAD_BEEF)
    }

    @Test(arguments: [0, 1, 31, 32, 33, 1023, 1024, 1025, 32768, 40000] as [UInt32])
    func allocatesEveryFrameOnce(count: UInt32) {
        withBitmap(first: 100, count: count) { bitmap in
            #expect(bitmap.allocate() == nil)
            bitmap.release(0, 1 << 20)
            #expect(bitmap.freeCount == count)
            for frame in 0..<count { #expect(bitmap.allocate() == 100 + frame) }
            #expect(bitmap.allocate() == nil)
            #expect(bitmap.freeCount == 0)
        }
    }

    @Test func fourGigabytesFit() {
        withBitmap(first: 0, count: 1 << 20) { bitmap in
            bitmap.release(0xF_FFFF)
            #expect(bitmap.allocate() == 0xF_FFFF)
            #expect(bitmap.allocate() == nil)
        }
        #expect(FrameBitmap.size(count: 1 << 20) < 140_000)
    }

    @Test func refusesToFreeTwiceOrWhatIsNotItsOwn() {
        withBitmap(first: 50, count: 10) { bitmap in
            let frees =
                [(50, true), (50, false), (59, true), (60, false), (49, false), (UInt32.max, false)] as [(UInt32, Bool)]
            for (frame, isRight) in frees { #expect(bitmap.release(frame) == isRight) }
            #expect(bitmap.freeCount == 2)
        }
    }

    @Test func freesRangesThatBeginAndEndAnywhere() {
        withBitmap(first: 3, count: 200) { bitmap in
            bitmap.release(0, 40)
            bitmap.release(70, 75)
            bitmap.release(60, 500)  // part of it is free already
            let free = (0..<300).filter { bitmap.isFree(UInt32($0)) }
            #expect(free == Array(3..<40) + Array(60..<203))
            #expect(bitmap.freeCount == UInt32(free.count))
        }
    }

    /// Against a set of numbers: what is handed out is free, unique, and the lowest.
    @Test func agreesWithASetOfNumbers() {
        var random = SplitMix64(seed: 3)
        withBitmap(first: 7, count: 3000) { bitmap in
            var free: Set<UInt32> = []
            for _ in 0..<20000 {
                if random.next() % 5 < 2 {
                    #expect(bitmap.allocate() == free.min())
                    if let lowest = free.min() { free.remove(lowest) }
                } else {
                    let frame = 7 + UInt32(random.next() % 3000)
                    #expect(bitmap.release(frame) == free.insert(frame).inserted)
                }
                #expect(bitmap.freeCount == UInt32(free.count))
            }
        }
    }
}
