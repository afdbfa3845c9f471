#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension PhysicalMemory {
    /// The contents of one page; never changes, so that snapshots share it.
    final class Page: Sendable {
        let bytes: [UInt8]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }
    }

    /// The contents of RAM at one moment.
    ///
    /// Pages of zeros cost nothing, and pages that did not change between two snapshots of the same memory are shared by
    /// them: a series of snapshots costs what changed. ROM is configuration and no part of it.
    public struct Snapshot: Sendable, Equatable {
        /// Indexed by page number, `nil` for a page of zeros.
        var pages: [Page?]

        /// Bytes of RAM that the snapshot describes.
        public var ramSize: Int { pages.count * PhysicalMemory.pageSize }
        /// The pages that are not all zeros: page number and contents, in ascending order. For files.
        public var contents: [(page: UInt32, bytes: [UInt8])] {
            pages.enumerated().compactMap { index, page in
                page.map { (UInt32(index), $0.bytes) }
            }
        }

        /// The snapshot of RAM of `ramSize` bytes with these `contents`; nil if one does not fit.
        public init?(ramSize: Int, contents: [(page: UInt32, bytes: [UInt8])]) {
            guard ramSize >= 0, ramSize <= 3 << 30, ramSize % PhysicalMemory.pageSize == 0 else { return nil }
            pages = Array(repeating: nil, count: ramSize / PhysicalMemory.pageSize)
            for (page, bytes) in contents {
                guard page < pages.count, bytes.count == PhysicalMemory.pageSize else { return nil }
                pages[Int(page)] = bytes.allSatisfy { $0 == 0 } ? nil : Page(bytes)
            }
        }

        init(pages: [Page?]) {
            self.pages = pages
        }

        public static func == (left: Snapshot, right: Snapshot) -> Bool {
            left.pages.count == right.pages.count
                && zip(left.pages, right.pages).allSatisfy { $0 === $1 || $0?.bytes == $1?.bytes }
        }
    }

    /// Records the contents of RAM. Costs a copy of the pages that changed since the last call or ``restore(_:)``.
    public func snapshot() -> Snapshot {
        for page in 0..<pagesAtSnapshot.count where isChanged(page) {
            pagesAtSnapshot[page] = copyOfPage(page)
            pages[page] |= PageGate.clean
        }
        if let client {
            Core(client).refreshHostSide()
        }
        return Snapshot(pages: pagesAtSnapshot)
    }

    /// Puts RAM back to `snapshot`; false, and no change, if it is of memory of another size.
    public func restore(_ snapshot: Snapshot) -> Bool {
        guard snapshot.pages.count == pagesAtSnapshot.count else { return false }
        for page in 0..<pagesAtSnapshot.count {
            guard isChanged(page) || pagesAtSnapshot[page] !== snapshot.pages[page] else { continue }
            noteChange(page: UInt32(page))
            let target = host + page * Self.pageSize
            if let contents = snapshot.pages[page] {
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
        pagesAtSnapshot = snapshot.pages
        if let client {
            Core(client).refreshHostSide()
        }
        return true
    }

    /// Whether the page is RAM and was written since the last snapshot.
    private func isChanged(_ page: Int) -> Bool {
        pages[page] & (PageKind.mask | PageGate.clean) == PageKind.ram
    }

    private func copyOfPage(_ page: Int) -> Page? {
        let source = UnsafeRawBufferPointer(start: host + page * Self.pageSize, count: Self.pageSize)
        let words = source.bindMemory(to: UInt64.self)
        if words.allSatisfy({ $0 == 0 }) { return nil }
        return Page([UInt8](source))
    }
}
