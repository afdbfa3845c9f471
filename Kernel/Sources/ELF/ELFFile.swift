// The repository's one reader of ELF files.
//
// Constraint: the same code has to run in places that trust their input very differently: the build tools and the
// debugger on the host, the microkernel when it loads the process manager, and the process manager when it loads a
// program that anyone may have made. The latter two have no Swift heap that may fail, no `String`, and nobody to tell
// when something traps.
//
// Choice: an `ELFFile` is a view of bytes that somebody else owns. It allocates nothing. What a loader needs (the file
// header and the program headers) is checked completely by the initialiser; what only a debugger needs (sections and
// symbols) is checked completely by the call that hands it out. A collection that has been handed out therefore cannot
// fail: its elements lie inside the file. All checks compare before they add, in 32 bits, so that no offset of a
// hostile file overflows, and a broken file yields an `ELFError` that can be printed.
//
// Example: loading a program.
//
//     let file = try ELFFile(bytes)
//     try file.checkExecutable(within: 0x0800_0000...0xBFFF_FFFF)
//     for segment in file.segments where segment.type == .load {
//         map(segment.virtualAddress, segment.memorySize, segment.flags)
//         copy(file.contents(of: segment), to: segment.virtualAddress)   // the rest stays zero
//     }
//     start(at: file.header.entry)
//
// Scope: ELF32, little-endian, i386. Format: System V ABI, chapters 4 and 5 ("Object Files", "Program Loading"), and
// its Intel386 supplement.

/// A checked view of an ELF32 file for the i386.
///
/// The view does not own its bytes: it, and everything it hands out, is valid as long as the buffer it was made from.
public struct ELFFile {
    /// The whole file.
    public let bytes: UnsafeRawBufferPointer
    /// The file header.
    public let header: ELFHeader
    /// The program headers, in file order. Every segment's contents lie inside the file, and every loadable segment's
    /// memory inside the 4 GB address space.
    public let segments: ELFSegments

    /// Checks the file header and all program headers.
    ///
    /// - Parameter bytes: The file; it must stay valid and unchanged for the life of this value.
    /// - Throws: What is wrong with the file. Nothing is thrown for sections and symbols, which a loader does not need:
    ///   see ``sections()``.
    public init(_ bytes: UnsafeRawBufferPointer) throws(ELFError) {
        self.bytes = bytes
        header = try ELFHeader(bytes)
        segments = try ELFSegments(header, bytes)
    }

    /// The bytes of a segment that come from the file; memory beyond them, up to `memorySize`, is zero.
    ///
    /// Empty if `segment` came from another, longer file.
    public func contents(of segment: ELFSegment) -> UnsafeRawBufferPointer {
        bytes.slice(at: segment.fileOffset, count: segment.fileSize) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Checks what a loader relies on beyond the file's own consistency.
    ///
    /// - Parameter addresses: Where the program may live, for example all of user space.
    /// - Throws: An error if the file is not a static executable; has nothing to load, an interpreter or a dynamic
    ///   section; if a loadable segment is outside `addresses`, or not above the one before it (which the ABI demands,
    ///   and which also excludes overlap); or if the entry point is not inside an executable segment.
    public func checkExecutable(within addresses: ClosedRange<UInt32>) throws(ELFError) {
        guard header.type == .executable else { throw .notAnExecutable }
        var nextFreeAddress = addresses.lowerBound
        var isSpaceUsedUp = false
        var entryIsExecutable = false
        var hasContents = false
        for segment in segments {
            if segment.type == .interpreter || segment.type == .dynamic { throw .dynamicallyLinked }
            guard segment.type == .load, segment.memorySize > 0 else { continue }
            let last = segment.virtualAddress &+ (segment.memorySize - 1)
            guard addresses.contains(segment.virtualAddress), addresses.contains(last) else {
                throw .segmentOutsideAddressRange
            }
            guard !isSpaceUsedUp, segment.virtualAddress >= nextFreeAddress else { throw .segmentsOverlap }
            isSpaceUsedUp = last == UInt32.max
            nextFreeAddress = last &+ 1
            hasContents = true
            if segment.flags.contains(.execute), segment.virtualAddress...last ~= header.entry {
                entryIsExecutable = true
            }
        }
        guard hasContents else { throw .nothingToLoad }
        guard entryIsExecutable else { throw .entryNotExecutable }
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes at a place that a file names, or nil if they do not all lie inside the buffer.
    func slice(at offset: UInt32, count size: UInt32) -> UnsafeRawBufferPointer? {
        // On a 32-bit machine `Int(exactly:)` also refuses what does not fit a buffer's size.
        guard let offset = Int(exactly: offset), let size = Int(exactly: size),
            offset <= count, size <= count - offset
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[offset..<(offset + size)])
    }

    /// The little-endian number at `offset`, which the caller has checked: at least two bytes follow it.
    func halfWord(at offset: Int) -> UInt16 {
        UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The little-endian number at `offset`, which the caller has checked: at least four bytes follow it.
    func word(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
