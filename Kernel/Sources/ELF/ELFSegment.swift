/// A program header: a part of the file that is loaded, or says how to load (System V ABI, "Program Header").
public struct ELFSegment: Sendable {
    /// What a segment is.
    public struct SegmentType: RawRepresentable, Equatable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Loaded into memory.
        public static let load = SegmentType(rawValue: 1)
        /// Data for a dynamic linker.
        public static let dynamic = SegmentType(rawValue: 2)
        /// The path of a dynamic linker.
        public static let interpreter = SegmentType(rawValue: 3)
        /// Notes.
        public static let note = SegmentType(rawValue: 4)
        /// Where the program headers themselves are.
        public static let programHeaders = SegmentType(rawValue: 6)
    }

    /// What may be done with a segment's memory.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let execute = Flags(rawValue: 1)
        public static let write = Flags(rawValue: 2)
        public static let read = Flags(rawValue: 4)
    }

    /// What the segment is.
    public let type: SegmentType
    /// Where its contents are in the file, in bytes.
    public let fileOffset: UInt32
    /// Its first virtual address.
    public let virtualAddress: UInt32
    /// Its first physical address, for programs that run where there is no paging.
    public let physicalAddress: UInt32
    /// How many bytes come from the file.
    public let fileSize: UInt32
    /// How many bytes it has in memory; never less than `fileSize` for a loadable segment.
    public let memorySize: UInt32
    /// What may be done with its memory.
    public let flags: Flags
    /// The power of two modulo which its address and file offset agree, in bytes; 0 and 1 mean none.
    public let alignment: UInt32
}

/// The program headers of a file.
public struct ELFSegments: RandomAccessCollection {
    /// The size of a program header in bytes.
    public static var entrySize: Int { 32 }

    /// The table, a whole number of entries; checked by the initialiser.
    private let table: UnsafeRawBufferPointer

    init(_ header: ELFHeader, _ file: UnsafeRawBufferPointer) throws(ELFError) {
        guard header.programHeaderCount > 0 else {
            table = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        // 65,535 entries of 32 bytes do not overflow 32 bits.
        guard Int(header.programHeaderSize) == Self.entrySize,
            let table = file.slice(
                at: header.programHeaderOffset, count: UInt32(header.programHeaderCount) * UInt32(Self.entrySize))
        else { throw .badProgramHeaders }
        self.table = table
        for segment in self {
            guard file.slice(at: segment.fileOffset, count: segment.fileSize) != nil else {
                throw .segmentOutsideFile
            }
            guard segment.type == .load else { continue }
            guard segment.fileSize <= segment.memorySize else { throw .segmentLargerInFile }
            if segment.memorySize > 0 {
                let (_, wraps) = segment.virtualAddress.addingReportingOverflow(segment.memorySize - 1)
                guard !wraps else { throw .segmentWraps }
            }
            if segment.alignment > 1 {
                guard segment.alignment & (segment.alignment - 1) == 0,
                    (segment.virtualAddress &- segment.fileOffset) & (segment.alignment - 1) == 0
                else { throw .segmentMisaligned }
            }
        }
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { table.count / Self.entrySize }

    public subscript(index: Int) -> ELFSegment {
        let at = index * Self.entrySize
        return ELFSegment(
            type: ELFSegment.SegmentType(rawValue: table.word(at: at)),
            fileOffset: table.word(at: at + 4),
            virtualAddress: table.word(at: at + ELFFieldOffset.Segment.virtualAddress),
            physicalAddress: table.word(at: at + 12),
            fileSize: table.word(at: at + 16),
            memorySize: table.word(at: at + 20),
            flags: ELFSegment.Flags(rawValue: table.word(at: at + 24)),
            alignment: table.word(at: at + 28))
    }
}
