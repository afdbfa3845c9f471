/// What belongs into each page of a program's memory: pages of its file, a part of one, or zeros.
///
/// Constraint: a program is mapped page by page as it touches its memory, so this is asked at every page fault, by a
/// process that trusts no file. Choice: the segments of the file, checked once, in a table of fixed size. A page that
/// lies in the archive as it lies in memory, at a multiple of the page size, is shared with everybody who runs the
/// program; pages around it, up to a 64 KiB boundary, are mapped with it, as that costs next to nothing. `mkimage` puts
/// files and the ends of segments into such places; a file that lies otherwise is copied.
public struct ProgramPages {
    public static var pageSize: UInt32 { 4096 }
    /// The most segments of a program.
    public static var mostSegments: Int { 6 }
    /// How many bytes of a segment are mapped at once at most.
    private static var window: UInt32 { 0x1_0000 }

    /// A part of the file that is loaded.
    public struct Segment {
        public var address: UInt32 = 0
        public var memorySize: UInt32 = 0
        /// Where its contents lie in the archive.
        public var offset: UInt32 = 0
        public var fileSize: UInt32 = 0
        public var isWritable = false

        public init() {}

        /// The first page, and the one behind the last.
        fileprivate var firstPage: UInt32 { address & ~(pageSize - 1) }
        fileprivate var endPage: UInt32 { (address + memorySize + pageSize - 1) & ~(pageSize - 1) }
        fileprivate var fileEnd: UInt32 { address + fileSize }
    }

    /// Consecutive pages.
    public struct Run: Equatable {
        public var address: UInt32
        public var pages: UInt32
        /// Where they lie in the archive, a multiple of the page size.
        public var offset: UInt32

        public init(address: UInt32, pages: UInt32, offset: UInt32) {
            self.address = address
            self.pages = pages
            self.offset = offset
        }
    }

    public enum Contents: Equatable {
        /// The archive's own pages: those of the run, which holds the page that was asked for.
        case shared(Run)
        /// Bytes of the archive, `count` at `offset`, that belong to `address`; the rest of the page is zeros.
        case copied(address: UInt32, offset: UInt32, count: UInt32)
        case zeros
    }

    /// Apart from this structure, which is then small enough to be handed around; its memory is never given back.
    private let segments = FixedTable(Segment(), count: ProgramPages.mostSegments)
    private var count = 0

    public init() {}

    /// Forgets all segments.
    public mutating func removeAll() { count = 0 }

    /// Adds a segment, which lies above those before it, and below 2 GB.
    ///
    /// - Returns: Whether it has been added: there is room for it, and no page of it belongs to another, whose access
    ///   rights it would have to share.
    public mutating func add(_ segment: Segment) -> Bool {
        guard count < Self.mostSegments, segment.memorySize > 0, segment.fileSize <= segment.memorySize,
            segment.address < 1 << 31, segment.memorySize < 1 << 31,
            count == 0 || segments[count - 1].endPage <= segment.firstPage
        else { return false }
        segments[count] = segment
        count += 1
        return true
    }

    /// Bytes of all segments, in whole pages.
    public var size: UInt32 {
        var size: UInt32 = 0
        for index in 0..<count { size += segments[index].endPage - segments[index].firstPage }
        return size
    }

    /// What belongs into the page at an address, a multiple of the page size, and whether it may be written; nil where
    /// the program has nothing.
    public func contents(of page: UInt32) -> (contents: Contents, isWritable: Bool)? {
        for index in 0..<count where segments[index].firstPage <= page && page < segments[index].endPage {
            return (Self.contents(of: page, segments[index]), segments[index].isWritable)
        }
        return nil
    }

    private static func contents(of page: UInt32, _ segment: Segment) -> Contents {
        guard !isShared(page, segment) else { return .shared(run(around: page, segment)) }
        let start = max(page, segment.address)
        let end = min(page + pageSize, segment.fileEnd)
        guard start < end else { return .zeros }
        return .copied(address: start, offset: segment.offset + (start - segment.address), count: end - start)
    }

    /// Whether a page of a segment can be the archive's own.
    private static func isShared(_ page: UInt32, _ segment: Segment) -> Bool {
        guard (segment.offset &- segment.address) & (pageSize - 1) == 0, page < segment.fileEnd else { return false }
        // What lies before the segment in its first page, and behind it in its last, nobody misses; but what is behind
        // the file's part and inside the segment has to be zero.
        if page < segment.address { return segment.offset >= segment.address - page }
        return page + pageSize <= segment.fileEnd || segment.fileSize == segment.memorySize
    }

    private static func run(around page: UInt32, _ segment: Segment) -> Run {
        let start = max(segment.firstPage, page & ~(window - 1))
        let end = min(segment.endPage, start | (window - 1))
        var first = page
        var last = page
        while first > start, isShared(first - pageSize, segment) { first -= pageSize }
        while last + pageSize < end, isShared(last + pageSize, segment) { last += pageSize }
        return Run(
            address: first, pages: (last - first) / pageSize + 1, offset: segment.offset &- segment.address &+ first)
    }
}
