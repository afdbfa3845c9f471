/// One entry of the memory map that the BIOS reports (int 15h, AX=E820h): 20 bytes, as in `boot_params`.
public struct BIOSMapEntry: Equatable, Sendable {
    /// Physical address of the first byte.
    public var base: UInt64
    /// Bytes.
    public var length: UInt64
    /// 1 = RAM; anything else is not for use (ACPI specification, section 15, address range types).
    public var type: UInt32

    public static var ram: UInt32 { 1 }

    public init(base: UInt64, length: UInt64, type: UInt32) {
        self.base = base
        self.length = length
        self.type = type
    }
}

/// Makes sense of what a BIOS reports.
///
/// Entries come in any order; overlap; have no length; run past the end of the address space. What counts in doubt is
/// safety: a frame is RAM only if every byte of it is RAM by some entry and no byte of it is anything else by another.
public enum BIOSMemoryMap {
    /// Puts the page frames that are RAM into `ram`. Entries 0 ..< `count` are read through `entry`.
    public static func sanitise(
        _ entries: UnsafePointer<BIOSMapEntry>, count: Int, into ram: inout FrameRangeSet
    ) {
        for index in 0..<count where entries[index].type == BIOSMapEntry.ram {
            guard let (base, last) = bounds(entries[index]) else { continue }
            // Inward: a page that is RAM in part only is not used.
            let first = base >> 12 &+ (base & 0xFFF == 0 ? 0 : 1)
            let end = last == UInt64.max ? 1 << 52 : (last &+ 1) >> 12
            if first < end { ram.insert(FrameRange(first, end)) }
        }
        for index in 0..<count where entries[index].type != BIOSMapEntry.ram {
            guard let (base, last) = bounds(entries[index]) else { continue }
            // Outward: a page that is reserved in part is reserved.
            ram.remove(FrameRange(base >> 12, last >> 12 &+ 1))
        }
    }

    /// First and last byte of an entry, cut off at the end of the address space; nil if it has no length.
    private static func bounds(_ entry: BIOSMapEntry) -> (UInt64, UInt64)? {
        guard entry.length != 0 else { return nil }
        let (last, overflow) = entry.base.addingReportingOverflow(entry.length &- 1)
        return (entry.base, overflow ? UInt64.max : last)
    }
}
