/// Addresses that a process has reserved: memory that appears there as it is touched.
public struct ReservedRanges {
    /// The most ranges; those that touch each other are one.
    public static var capacity: Int { 8 }

    private var ranges = InlineArray<8, Range<UInt32>>(repeating: 0..<0)
    private var count = 0

    public init() {}

    /// Adds a range. Returns whether there was room for it.
    public mutating func add(_ range: Range<UInt32>) -> Bool {
        var sum = range
        // Those that touch it become part of it; what is left moves up.
        var kept = 0
        var merged = ranges
        for index in 0..<count {
            let other = ranges[index]
            if other.lowerBound <= sum.upperBound, sum.lowerBound <= other.upperBound {
                sum = min(sum.lowerBound, other.lowerBound)..<max(sum.upperBound, other.upperBound)
            } else {
                merged[kept] = other
                kept += 1
            }
        }
        guard kept < Self.capacity else { return false }
        // A sum that has grown can touch one that was kept before it did.
        if kept < count, sum != range {
            ranges = merged
            count = kept
            return add(sum)
        }
        merged[kept] = sum
        ranges = merged
        count = kept + 1
        return true
    }

    /// Whether an address is reserved.
    public func contains(_ address: UInt32) -> Bool {
        for index in 0..<count where ranges[index].contains(address) { return true }
        return false
    }

    /// Bytes of all ranges.
    public var size: UInt32 {
        var size: UInt32 = 0
        for index in 0..<count { size += ranges[index].upperBound - ranges[index].lowerBound }
        return size
    }
}
