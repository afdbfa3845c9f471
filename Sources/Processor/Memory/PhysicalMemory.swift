#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// RAM and ROM as the processor addresses them.
///
/// **Constraint.** A guest's load must cost a few host instructions, whatever the guest's memory looks like; and
/// nothing may change RAM without decoded code, snapshots and watchpoints hearing of it.
///
/// **Choice.** The whole 4 GiB of physical address space is one reserved mapping of host memory, so that "host address
/// = base + physical address" holds for RAM and ROM alike, holes included; pages that were never touched cost nothing.
/// A table with one byte per page says what the page is (``PageKind``) and why a write to it needs attention
/// (``PageGate``). A translation may be written through without asking only while the byte is plainly `PageKind.ram`.
///
/// **Example.** The guest stores to a page from which code was decoded. The page's byte is `ram | code`, so the TLB
/// entry has no write tag; the slow path writes, tells the code cache, which drops what overlapped and clears the
/// `code` bit once nothing is left; the next store finds a write tag and is fast again.
public final class PhysicalMemory {
    /// Bytes in a page.
    public static let pageSize = 4096
    /// Bytes of RAM: what lies below 640 KiB and from 1 MiB up to this address.
    public let ramSize: Int

    /// Host address of physical address 0; 4 GiB are mapped behind it for as long as this object lives.
    @usableFromInline
    let host: UnsafeMutableRawPointer
    /// One byte for each of the 2^20 pages of physical address space: ``PageKind`` and ``PageGate`` bits.
    @usableFromInline
    let pages: UnsafeMutablePointer<UInt8>
    /// The processor that caches translations to this memory, if there is one; it clears this when it goes away.
    var client: UnsafeMutablePointer<Context>?
    /// The contents of every mebibyte as of the last snapshot or restore; `nil` for zeros.
    var chunksAtSnapshot: [Chunk?]
    let snapshotUsage = SnapshotUsage()

    static let addressSpace = 1 << 32
    static let pageCount = 1 << 20
    /// A page where nothing ever answers, whatever is mapped: it stands for all of physical address space above 4 GiB,
    /// which 36-bit addresses reach and where this machine has neither memory nor devices. PCs leave it free, too,
    /// between the APICs and the firmware.
    static let absentPage: UInt32 = 0xFEFF_F000

    /// `ramSize`: bytes, 1 MiB to 3 GiB in steps of 4 KiB; other values are rounded into that range.
    ///
    /// RAM reads as zeros. 0xA0000-0xFFFFF and everything from `ramSize` up are unmapped: they read as ones.
    ///
    /// - Throws: ``AddressSpaceExhausted`` where the host limits the address space of a process (`ulimit -v`).
    public init(ramSize: Int) throws(AddressSpaceExhausted) {
        let clamped = min(max(ramSize, 1 << 20), 3 << 30) & ~(Self.pageSize - 1)
        self.ramSize = clamped
        let mapping = mmap(
            nil, Self.addressSpace, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let mapping, mapping != MAP_FAILED else { throw AddressSpaceExhausted() }
        host = mapping
        pages = .allocate(capacity: Self.pageCount)
        pages.initialize(repeating: PageKind.unmapped, count: Self.pageCount)
        chunksAtSnapshot = Array(repeating: nil, count: Self.chunkCount(clamped))
        let ram = PageKind.ram | PageGate.clean
        (pages + 0).update(repeating: ram, count: 0xA0)
        if clamped > 1 << 20 {
            (pages + 0x100).update(repeating: ram, count: clamped / Self.pageSize - 0x100)
        }
    }

    deinit {
        munmap(host, Self.addressSpace)
        pages.deallocate()
    }

    /// Makes `bytes` readable and executable, not writable, from the physical address `address` on (4 KiB aligned).
    ///
    /// The last page is filled up with ones; what would lie beyond 4 GiB is left out.
    public func mapROM(_ bytes: [UInt8], at address: UInt32) {
        let start = Int(address) & ~(Self.pageSize - 1)
        let count = min(bytes.count, Self.addressSpace - start)
        let end = (start + count + Self.pageSize - 1) & ~(Self.pageSize - 1)
        for page in start / Self.pageSize..<end / Self.pageSize { discardCode(page: UInt32(page)) }
        memset(host + start, 0xFF, end - start)
        bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            memcpy(host + start, base, count)
        }
        setKind(PageKind.rom, start..<end)
    }

    /// Sends every access to `range` (4 KiB aligned) to the ``Bus``.
    public func mapMMIO(_ range: Range<UInt64>) {
        setKind(PageKind.mmio, clampToPages(range))
    }

    /// Makes `range` (4 KiB aligned) RAM where RAM of this size can be: the shadow RAM behind 0xA0000-0xFFFFF.
    public func mapRAM(_ range: Range<UInt64>) {
        let clamped = clampToPages(range).clamped(to: 0..<ramSize)
        setKind(PageKind.ram, clamped)
    }

    private func clampToPages(_ range: Range<UInt64>) -> Range<Int> {
        let end = Int(min(range.upperBound, UInt64(Self.addressSpace)))
        let start = min(Int(min(range.lowerBound, UInt64(Self.addressSpace))), end)
        return start & ~(Self.pageSize - 1)..<(end + Self.pageSize - 1) & ~(Self.pageSize - 1)
    }

    private func setKind(_ kind: UInt8, _ range: Range<Int>) {
        for page in range.lowerBound / Self.pageSize..<range.upperBound / Self.pageSize {
            guard page != Int(Self.absentPage >> 12) else { continue }
            discardCode(page: UInt32(page))
            pages[page] = kind
        }
        // No cached host address may outlive a change of the map.
        if let client {
            Core(client).refreshHostSide()
        }
    }

    /// Forgets the code that was decoded from the page, whatever kind of page it is.
    private func discardCode(page: UInt32) {
        if pages[Int(page)] & PageGate.code != 0, let client {
            Core(client).codeWritten(at: page << 12, count: UInt32(Self.pageSize))
        }
    }

    /// Copies physical memory; what is neither RAM nor ROM reads as 0xFF.
    public func read(_ address: UInt32, count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let target = buffer.baseAddress else { return }
            var done = 0
            while done < count {
                let physical = UInt32(truncatingIfNeeded: Int(address) &+ done)
                let length = min(count - done, Self.pageSize - Int(physical & 0xFFF))
                if isReadable(page: Int(physical >> 12)) {
                    memcpy(target + done, host + Int(physical), length)
                } else {
                    memset(target + done, 0xFF, length)
                }
                done += length
            }
            initialized = count
        }
    }

    /// The eight bytes at `address`, the first in the lowest bits; nil unless they lie in one page of RAM or ROM.
    public func readQuadword(_ address: UInt32) -> UInt64? {
        guard address & 0xFFF <= 0xFF8, isReadable(page: Int(address >> 12)) else { return nil }
        return UInt64(littleEndian: (host + Int(address)).loadUnaligned(as: UInt64.self))
    }

    private func isReadable(page: Int) -> Bool {
        let kind = pages[page] & PageKind.mask
        return kind == PageKind.ram || kind == PageKind.rom
    }

    /// The gate for writes that do not come from the processor (DMA, debugger, loaders): code pages and dirty pages are
    /// kept right. What is not RAM is left alone.
    public func write(_ bytes: [UInt8], at address: UInt32) {
        bytes.withUnsafeBytes { write($0, at: address) }
    }

    /// As ``write(_:at:)-([UInt8],_)``, from any memory.
    public func write(_ bytes: UnsafeRawBufferPointer, at address: UInt32) {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let physical = UInt32(truncatingIfNeeded: Int(address) &+ done)
            let count = min(bytes.count - done, Self.pageSize - Int(physical & 0xFFF))
            if beginWrite(physical, count: UInt32(count)) {
                memcpy(host + Int(physical), base + done, count)
            }
            done += count
        }
    }

    /// Fills RAM with bytes that depend on `seed` only, as DRAM holds anything at power-on: a guest that relies on
    /// zeroed memory shows it.
    public func fillWithJunk(seed: UInt64) {
        var value = seed
        for page in 0..<ramSize / Self.pageSize where pages[page] & PageKind.mask == PageKind.ram {
            noteReplacement(page: UInt32(page))
            let words = (host + page * Self.pageSize).assumingMemoryBound(to: UInt64.self)
            for index in 0..<Self.pageSize / 8 {
                // SplitMix64 (Steele, Lea, Flood 2014).
                value &+= 0x9E37_79B9_7F4A_7C15
                var mixed = value
                mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
                mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
                words[index] = mixed ^ mixed >> 31
            }
        }
    }

    // MARK: The gate

    /// To be called before `count` bytes at `physical`, within one page, are written. False if they must not be: not
    /// RAM.
    func beginWrite(_ physical: UInt32, count: UInt32) -> Bool {
        let flags = pages[Int(physical >> 12)]
        if flags == PageKind.ram { return true }
        guard flags & PageKind.mask == PageKind.ram else { return false }
        if flags & PageGate.clean != 0 {
            pages[Int(physical >> 12)] = flags & ~PageGate.clean
        }
        if flags & PageGate.code != 0, let client {
            Core(client).codeWritten(at: physical, count: count)
        }
        if flags & PageGate.watched != 0, let client {
            Core(client).noteWatchedAccess(.physical, physical, count, isWrite: true)
        }
        return true
    }

    /// The whole page is about to become another, without anybody having written to it.
    func noteReplacement(page: UInt32) {
        pages[Int(page)] &= ~PageGate.clean
        discardCode(page: page)
    }

    /// Sends every write to the page to the slow path until ``clearCode(page:)``: code was decoded from it.
    func markCode(page: UInt32) {
        let flags = pages[Int(page)]
        guard flags & PageGate.code == 0 else { return }
        pages[Int(page)] = flags | PageGate.code
        if let client {
            Core(client).withdrawFastWrites(physicalPage: page << 12)
        }
    }

    /// No decoded code is left from the page. Its writes become fast again one by one.
    func clearCode(page: UInt32) {
        pages[Int(page)] &= ~PageGate.code
    }
}

/// What a page of physical address space is: the low bits of its byte in ``PhysicalMemory/pages``.
enum PageKind {
    /// Nothing answers: reads as ones, writes are lost.
    static let unmapped: UInt8 = 0
    static let ram: UInt8 = 1
    /// Reads and fetches as RAM does; writes are lost.
    static let rom: UInt8 = 2
    /// Devices answer, through the ``Bus``.
    static let mmio: UInt8 = 3
    static let mask: UInt8 = 3
}

/// Why a write to a RAM page needs attention: the high bits of its byte in ``PhysicalMemory/pages``.
enum PageGate {
    /// Code was decoded from the page.
    static let code: UInt8 = 0x10
    /// The page has not changed since the last snapshot.
    static let clean: UInt8 = 0x20
    /// Somebody watches writes to the page (``MemoryWatch``).
    static let watched: UInt8 = 0x40
    /// Somebody watches reads of the page, too: those also take the slow path.
    static let readsWatched: UInt8 = 0x80
}

/// The host does not give the process the address space that a guest needs. ``description`` is a line for the user.
public struct AddressSpaceExhausted: Error, CustomStringConvertible {
    public var description: String {
        "cannot reserve 4 GiB of address space for the guest's memory (is 'ulimit -v' set?)"
    }
}
