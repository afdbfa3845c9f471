// What the microkernel decides without touching hardware: which frames are free, what the BIOS's map means, who runs
// next, what a capability slot may hold, where the boot structures lie.
//
// The constraint: the kernel's bugs are found dearly (in a machine that has just stopped), and a kernel cannot run its
// own tests. The choice: these algorithms are a module of their own, over memory that the caller hands in, so that the
// host tests the very code that the kernel runs. Nothing here allocates. For example, the BIOS's map becomes free
// frames:
//
//     var ram = FrameRangeSet(storage: memory)
//     BIOSMemoryMap.sanitise(entries, count: 7, into: &ram)
//     ram.remove(FrameRange(0x100, kernelEnd >> 12))

/// A run of page frames, `first ..< end`, as frame numbers (physical address / 4096).
public struct FrameRange: Equatable, Sendable {
    public var first: UInt64
    public var end: UInt64

    public init(_ first: UInt64, _ end: UInt64) {
        self.first = first
        self.end = end
    }

    public var count: UInt64 { end &- first }
}

/// A set of page frames: ranges in ascending order that neither touch nor overlap, in memory of the owner.
///
/// When the memory is full, a range that would need another entry is dropped: the set never claims a frame that it
/// should not have.
public struct FrameRangeSet {
    private let storage: UnsafeMutableBufferPointer<FrameRange>
    public private(set) var count = 0

    /// An empty set in `storage`, which must outlive it.
    public init(storage: UnsafeMutableBufferPointer<FrameRange>) {
        self.storage = storage
    }

    public subscript(index: Int) -> FrameRange { storage[index] }

    /// The number of frames in all ranges.
    public var frames: UInt64 {
        var sum: UInt64 = 0
        for index in 0..<count { sum &+= storage[index].count }
        return sum
    }

    /// Adds a range; what is in the set already stays.
    public mutating func insert(_ range: FrameRange) {
        guard range.first < range.end else { return }
        var merged = range
        var position = 0
        while position < count, storage[position].end < merged.first { position += 1 }
        var last = position
        while last < count, storage[last].first <= merged.end {
            merged.first = min(merged.first, storage[last].first)
            merged.end = max(merged.end, storage[last].end)
            last += 1
        }
        replace(position, last, with: merged)
    }

    /// Removes a range.
    public mutating func remove(_ range: FrameRange) {
        guard range.first < range.end else { return }
        var position = 0
        while position < count {
            let old = storage[position]
            guard old.first < range.end else { return }
            guard old.end > range.first else {
                position += 1
                continue
            }
            let left = FrameRange(old.first, range.first)
            let right = FrameRange(range.end, old.end)
            if left.first < left.end {
                storage[position] = left
                position += 1
                if right.first < right.end {
                    replace(position, position, with: right)
                    return
                }
            } else if right.first < right.end {
                storage[position] = right
                return
            } else {
                replace(position, position + 1, with: nil)
            }
        }
    }

    /// The range that contains `frame`, if any.
    public func range(containing frame: UInt64) -> FrameRange? {
        for index in 0..<count where storage[index].first <= frame && frame < storage[index].end {
            return storage[index]
        }
        return nil
    }

    /// Puts `range` (or nothing) in the place of the entries `position ..< last`.
    private mutating func replace(_ position: Int, _ last: Int, with range: FrameRange?) {
        let added = range == nil ? 0 : 1
        let newCount = count - (last - position) + added
        guard newCount <= storage.count else { return }
        let shift = added - (last - position)
        if shift > 0 {
            var index = count
            while index > last {
                index -= 1
                storage[index + shift] = storage[index]
            }
        } else if shift < 0 {
            var index = last
            while index < count {
                storage[index + shift] = storage[index]
                index += 1
            }
        }
        if let range { storage[position] = range }
        count = newCount
    }
}
