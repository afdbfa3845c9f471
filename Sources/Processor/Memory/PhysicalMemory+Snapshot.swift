import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension PhysicalMemory {
    /// What the contents of pages take that snapshots hold on to, in bytes. Pages are shared, and they come and go with
    /// the snapshots that share them, so each counts itself.
    final class SnapshotUsage: Sendable {
        private let count = Atomic<Int>(0)

        var bytes: Int { count.load(ordering: .relaxed) }

        func add(_ bytes: Int) {
            count.add(bytes, ordering: .relaxed)
        }
    }

    /// The contents of one page; never changes, so that snapshots share it.
    final class Page: Sendable {
        let bytes: [UInt8]
        private let usage: SnapshotUsage

        /// The page, the array's header and this object's.
        private static let size = PhysicalMemory.pageSize + 32 + 40

        init(_ bytes: [UInt8], _ usage: SnapshotUsage) {
            self.bytes = bytes
            self.usage = usage
            usage.add(Self.size)
        }

        deinit {
            usage.add(-Self.size)
        }
    }

    /// The pages of one mebibyte of RAM, `nil` for a page of zeros; never changes. Snapshots share whole chunks, so
    /// that one costs little more than what changed, however much RAM there is.
    final class Chunk: Sendable {
        static let pageCount = 256

        let pages: [Page?]
        private let usage: SnapshotUsage

        /// The array with its header and this object's.
        private static let size = pageCount * MemoryLayout<Page?>.stride + 32 + 40

        init(_ pages: [Page?], _ usage: SnapshotUsage) {
            self.pages = pages
            self.usage = usage
            usage.add(Self.size)
        }

        deinit {
            usage.add(-Self.size)
        }
    }

    /// The contents of RAM at one moment.
    ///
    /// Pages of zeros cost nothing, and pages that did not change between two snapshots of the same memory are shared
    /// by them: a series of snapshots costs what changed. ROM is configuration and no part of it.
    public struct Snapshot: Sendable, Equatable {
        /// `nil` where all pages hold zeros.
        let chunks: [Chunk?]
        /// Bytes of RAM that the snapshot describes.
        public let ramSize: Int

        /// The pages that are not all zeros: page number and contents, in ascending order. For files.
        public var contents: [(page: UInt32, bytes: [UInt8])] {
            chunks.enumerated().flatMap { number, chunk in
                (chunk?.pages ?? []).enumerated().compactMap { index, page in
                    page.map { (UInt32(number * Chunk.pageCount + index), $0.bytes) }
                }
            }
        }

        /// The snapshot of RAM of `ramSize` bytes with these `contents`; nil if one does not fit.
        public init?(ramSize: Int, contents: [(page: UInt32, bytes: [UInt8])]) {
            guard ramSize >= 0, ramSize <= 3 << 30, ramSize % PhysicalMemory.pageSize == 0 else { return nil }
            let usage = SnapshotUsage()
            var pages = [Page?](repeating: nil, count: PhysicalMemory.chunkCount(ramSize) * Chunk.pageCount)
            for (page, bytes) in contents {
                guard page < ramSize / PhysicalMemory.pageSize, bytes.count == PhysicalMemory.pageSize
                else { return nil }
                pages[Int(page)] = bytes.allSatisfy { $0 == 0 } ? nil : Page(bytes, usage)
            }
            self.ramSize = ramSize
            chunks = stride(from: 0, to: pages.count, by: Chunk.pageCount).map { start in
                let part = pages[start..<start + Chunk.pageCount]
                return part.allSatisfy { $0 == nil } ? nil : Chunk(Array(part), usage)
            }
        }

        /// Page `number`, which is below ``ramSize``; nil if it holds zeros.
        func page(_ number: Int) -> Page? {
            chunks[number / Chunk.pageCount]?.pages[number % Chunk.pageCount]
        }

        init(chunks: [Chunk?], ramSize: Int) {
            self.chunks = chunks
            self.ramSize = ramSize
        }

        public static func == (left: Snapshot, right: Snapshot) -> Bool {
            guard left.ramSize == right.ramSize else { return false }
            return zip(left.chunks, right.chunks).allSatisfy { left, right in
                if left === right { return true }
                return (0..<Chunk.pageCount).allSatisfy { index in
                    let (left, right) = (left?.pages[index], right?.pages[index])
                    return left === right || left?.bytes == right?.bytes
                }
            }
        }
    }

    /// Bytes that the snapshots of this memory hold on to, all together, what they share counted once.
    public var snapshotBytes: Int { snapshotUsage.bytes }

    /// How many pages of RAM have changed since the last ``snapshot()`` or ``restore(_:)``: what the next one has to
    /// copy.
    public var changedPageCount: Int {
        var count = 0
        for chunk in chunksAtSnapshot.indices where hasChanges(chunk: chunk) {
            count += (0..<Chunk.pageCount).count { isChanged(chunk * Chunk.pageCount + $0) }
        }
        return count
    }

    /// Records the contents of RAM. Costs a copy of the pages that changed since the last call or ``restore(_:)``.
    public func snapshot() -> Snapshot {
        for chunk in chunksAtSnapshot.indices where hasChanges(chunk: chunk) {
            var copies = chunksAtSnapshot[chunk]?.pages ?? Array(repeating: nil, count: Chunk.pageCount)
            for index in 0..<Chunk.pageCount where isChanged(chunk * Chunk.pageCount + index) {
                let page = chunk * Chunk.pageCount + index
                copies[index] = copyOfPage(page)
                pages[page] |= PageGate.clean
            }
            chunksAtSnapshot[chunk] = Chunk(copies, snapshotUsage)
        }
        if let client {
            Core(client).refreshHostSide()
        }
        return Snapshot(chunks: chunksAtSnapshot, ramSize: ramSize)
    }

    /// Puts RAM back to `snapshot`; false, and no change, if it is of memory of another size.
    ///
    /// Nobody has written: those who watch memory do not hear of it.
    public func restore(_ snapshot: Snapshot) -> Bool {
        guard snapshot.ramSize == ramSize else { return false }
        for chunk in chunksAtSnapshot.indices
        where chunksAtSnapshot[chunk] !== snapshot.chunks[chunk] || hasChanges(chunk: chunk) {
            for index in 0..<Chunk.pageCount {
                let page = chunk * Chunk.pageCount + index
                let contents = snapshot.chunks[chunk]?.pages[index]
                guard page < ramSize / Self.pageSize,
                    isChanged(page) || chunksAtSnapshot[chunk]?.pages[index] !== contents
                else { continue }
                put(contents, into: page)
            }
        }
        chunksAtSnapshot = snapshot.chunks
        if let client {
            Core(client).refreshHostSide()
        }
        return true
    }

    private func put(_ contents: Page?, into page: Int) {
        noteReplacement(page: UInt32(page))
        let target = host + page * Self.pageSize
        if let contents {
            contents.bytes.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(start: target, count: Self.pageSize).copyMemory(from: source)
            }
        } else {
            memset(target, 0, Self.pageSize)
        }
        if pages[page] & PageKind.mask == PageKind.ram {
            pages[page] |= PageGate.clean
        }
    }

    static func chunkCount(_ ramSize: Int) -> Int {
        (ramSize / pageSize + Chunk.pageCount - 1) / Chunk.pageCount
    }

    /// Whether the page is RAM and was written since the last snapshot.
    private func isChanged(_ page: Int) -> Bool {
        pages[page] & (PageKind.mask | PageGate.clean) == PageKind.ram
    }

    /// Whether ``isChanged(_:)`` of any page in the chunk: eight pages at a time.
    private func hasChanges(chunk: Int) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let start = UnsafeRawPointer(pages + chunk * Chunk.pageCount)
        for offset in stride(from: 0, to: Chunk.pageCount, by: 8) {
            let flags = start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            // A byte is zero where the page is RAM and not clean, and a zero byte borrows from its highest bit.
            let difference = flags & (ones &* UInt64(PageKind.mask | PageGate.clean)) ^ ones &* UInt64(PageKind.ram)
            if (difference &- ones) & ~difference & (ones &* 0x80) != 0 { return true }
        }
        return false
    }

    private func copyOfPage(_ page: Int) -> Page? {
        let source = UnsafeRawBufferPointer(start: host + page * Self.pageSize, count: Self.pageSize)
        let words = source.bindMemory(to: UInt64.self)
        if words.allSatisfy({ $0 == 0 }) { return nil }
        return Page([UInt8](source), snapshotUsage)
    }
}
