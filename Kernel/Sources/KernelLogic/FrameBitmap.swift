/// Which of a run of page frames are free: a bit each (1 = free), with summaries above.
///
/// The constraint: allocation must take a bounded time on a machine with a million frames. The choice: a tree of
/// bitmaps in which a bit of an upper level says that the 32-bit word below it has a bit set. Finding a free frame is
/// one `bsf` for each of four levels, and freeing one is as quick. For 1 GB of RAM the tree takes 33 KiB.
///
///     level 3:   1                          one word for all, 1048576 frames
///     level 2:   1 0 ...                    a word for 32768 frames
///     level 1:   1 0 0 ...                  a word for 1024 frames
///     level 0:   00101100... 00000000...    a word for 32 frames
public struct FrameBitmap {
    /// The number of the first frame that the bitmap speaks of.
    public let first: UInt32
    /// How many frames it speaks of.
    public let count: UInt32
    /// How many are free.
    public private(set) var freeCount: UInt32 = 0

    private let level0: UnsafeMutablePointer<UInt32>
    private let level1: UnsafeMutablePointer<UInt32>
    private let level2: UnsafeMutablePointer<UInt32>
    private let level3: UnsafeMutablePointer<UInt32>

    private static func words(_ bits: UInt32) -> UInt32 { (bits &+ 31) >> 5 }

    /// Bytes of memory that a bitmap for `count` frames (at most 1048576) needs, aligned to 4.
    public static func size(count: UInt32) -> UInt32 {
        let words0 = words(count)
        let words1 = words(words0)
        let words2 = words(words1)
        return (words0 &+ words1 &+ words2 &+ 1) &* 4
    }

    /// A bitmap without a free frame in `memory`, `size(count:)` bytes that must outlive it.
    public init(first: UInt32, count: UInt32, memory: UnsafeMutablePointer<UInt32>) {
        self.first = first
        self.count = count
        let words0 = Self.words(count)
        let words1 = Self.words(words0)
        let words2 = Self.words(words1)
        level0 = memory
        level1 = level0 + Int(words0)
        level2 = level1 + Int(words1)
        level3 = level2 + Int(words2)
        for index in 0..<Int(words0 &+ words1 &+ words2 &+ 1) { memory[index] = 0 }
    }

    /// Whether `frame` is free. A frame that the bitmap does not speak of is not.
    public func isFree(_ frame: UInt32) -> Bool {
        let bit = frame &- first
        return bit < count && level0[Int(bit >> 5)] & (1 << (bit & 31)) != 0
    }

    /// Makes a frame free. False, without effect, if it is free already or not one of these.
    @discardableResult
    public mutating func release(_ frame: UInt32) -> Bool {
        let bit = frame &- first
        guard bit < count, !isFree(frame) else { return false }
        level0[Int(bit >> 5)] |= 1 << (bit & 31)
        level1[Int(bit >> 10)] |= 1 << (bit >> 5 & 31)
        level2[Int(bit >> 15)] |= 1 << (bit >> 10 & 31)
        level3[0] |= 1 << (bit >> 15)
        freeCount &+= 1
        return true
    }

    /// Makes the frames `first ..< end` free, as far as the bitmap speaks of them, 32 at a time.
    public mutating func release(_ first: UInt32, _ end: UInt32) {
        let last = min(end, self.first &+ count)
        var frame = max(first, self.first)
        while frame < last {
            let bit = frame &- self.first
            guard bit & 31 == 0, last &- frame >= 32, level0[Int(bit >> 5)] == 0 else {
                release(frame)
                frame &+= 1
                continue
            }
            release(frame)
            level0[Int(bit >> 5)] = ~0
            freeCount &+= 31
            frame &+= 32
        }
    }

    /// Takes the free frame with the lowest number; nil if none is free.
    public mutating func allocate() -> UInt32? {
        guard level3[0] != 0 else { return nil }
        let index2 = UInt32(truncatingIfNeeded: level3[0].trailingZeroBitCount)
        let index1 = index2 << 5 | UInt32(truncatingIfNeeded: level2[Int(index2)].trailingZeroBitCount)
        let index0 = index1 << 5 | UInt32(truncatingIfNeeded: level1[Int(index1)].trailingZeroBitCount)
        let bit = index0 << 5 | UInt32(truncatingIfNeeded: level0[Int(index0)].trailingZeroBitCount)
        clear(bit)
        return first &+ bit
    }

    private mutating func clear(_ bit: UInt32) {
        level0[Int(bit >> 5)] &= ~(1 << (bit & 31))
        freeCount &-= 1
        guard level0[Int(bit >> 5)] == 0 else { return }
        level1[Int(bit >> 10)] &= ~(1 << (bit >> 5 & 31))
        guard level1[Int(bit >> 10)] == 0 else { return }
        level2[Int(bit >> 15)] &= ~(1 << (bit >> 10 & 31))
        guard level2[Int(bit >> 15)] == 0 else { return }
        level3[0] &= ~(1 << (bit >> 15))
    }
}
