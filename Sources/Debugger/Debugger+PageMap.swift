import Machine
import Processor

/// All of a linear address space at a glance.
extension Debugger {
    /// A stretch of linear addresses that are mapped in the same way.
    public struct MappedRange: Sendable, Equatable {
        public let start: UInt32
        /// Bytes, up to 2^32.
        public internal(set) var size: UInt64
        /// The physical address of ``start``.
        public let physical: UInt64
        /// The whole stretch is one stretch of physical memory.
        public internal(set) var isContiguous = true
        public let isUser: Bool
        public let isWritable: Bool
        public let isExecutable: Bool
        public let isGlobal: Bool
        /// In pages of 4 MiB, with PAE 2 MiB.
        public let isLarge: Bool

        /// The last address.
        public var end: UInt32 { UInt32(truncatingIfNeeded: UInt64(start) + size - 1) }

        fileprivate func hasSameRights(as other: MappedRange) -> Bool {
            isUser == other.isUser && isWritable == other.isWritable && isExecutable == other.isExecutable
                && isGlobal == other.isGlobal && isLarge == other.isLarge
        }
    }

    /// What the page tables of the moment map, in ascending order, neighbours with the same rights as one; nil while
    /// paging is off.
    public func mappedRanges() -> [MappedRange]? {
        guard registers.cr0 & ControlRegister.paging != 0 else { return nil }
        var ranges: [MappedRange] = []
        var linear: UInt64 = 0
        while linear < 1 << 32 {
            guard let walk = machine.processor.inspectPage(at: UInt32(linear)) else { return nil }
            let size = Self.extent(of: walk)
            if walk.isPresent { append(walk, linear, size, to: &ranges) }
            linear = (linear / size + 1) * size
        }
        return ranges
    }

    /// How many bytes the last entry of a walk speaks for.
    private static func extent(of walk: PageWalk) -> UInt64 {
        if walk.isPAE, walk.pointerEntry & PageEntry.present == 0 { return 1 << 30 }
        let entry: UInt64 = walk.isPAE ? 2 << 20 : 4 << 20
        return walk.isLarge || walk.directoryEntry & PageEntry.present == 0 || walk.tableAddress == 0 ? entry : 4096
    }

    private func append(_ walk: PageWalk, _ linear: UInt64, _ size: UInt64, to ranges: inout [MappedRange]) {
        let leaf = walk.isLarge ? walk.directoryEntry : walk.tableEntry
        let range = MappedRange(
            start: UInt32(linear), size: size, physical: walk.page,
            isUser: walk.rights & PageEntry.user != 0, isWritable: walk.rights & PageEntry.writable != 0,
            isExecutable: walk.isExecutable,
            isGlobal: leaf & PageEntry.global != 0 && registers.cr4 & 1 << 7 != 0, isLarge: walk.isLarge)
        guard let last = ranges.last, UInt64(last.start) + last.size == linear, last.hasSameRights(as: range) else {
            ranges.append(range)
            return
        }
        let isContiguous = last.isContiguous && last.physical + last.size == range.physical
        ranges[ranges.count - 1].isContiguous = isContiguous
        ranges[ranges.count - 1].size += size
    }
}
