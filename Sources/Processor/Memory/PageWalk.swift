/// Bits of page-directory and page-table entries (SDM vol. 3A, tables 4-4 to 4-6 and 4-8 to 4-11).
public enum PageEntry {
    public static let present: UInt64 = 1 << 0
    public static let writable: UInt64 = 1 << 1
    public static let user: UInt64 = 1 << 2
    public static let accessed: UInt64 = 1 << 5
    public static let dirty: UInt64 = 1 << 6
    /// PS in a page-directory entry: it maps a large page itself (without PAE only if CR4.PSE is set).
    public static let large: UInt64 = 1 << 7
    public static let global: UInt64 = 1 << 8
    /// XD, with PAE and EFER.NXE: no instruction may be fetched.
    public static let executeDisable: UInt64 = 1 << 63
}

/// What the page tables say about one linear address: the one reader of page tables, for translations and for
/// debuggers.
///
/// Two formats (SDM vol. 3A, 4.3 and 4.4): a directory of 1024 doublewords, whose entries may map 4 MiB; and with
/// CR4.PAE four directories of 512 quadwords, whose entries may map 2 MiB. Which directory it is says one of four
/// entries that the processor holds in registers since CR3 was loaded (``ProcessorState/pageDirectoryPointers``).
///
/// A present entry with a reserved bit set ends the walk: nothing further is read.
public struct PageWalk: Equatable, Sendable {
    /// The address that was looked up.
    public let linear: UInt32
    /// The tables have PAE's format.
    public let isPAE: Bool
    /// With PAE the entry for the gigabyte that the address lies in, as the processor holds it; otherwise 0.
    public private(set) var pointerEntry: UInt64 = 0
    /// Physical address of the page-directory entry; 0 if the walk did not get there.
    public private(set) var directoryAddress: UInt64 = 0
    public private(set) var directoryEntry: UInt64 = 0
    /// Physical address of the page-table entry; 0 if the walk ended before.
    public private(set) var tableAddress: UInt64 = 0
    /// 0 if the walk ended before.
    public private(set) var tableEntry: UInt64 = 0
    /// The directory entry maps a page of 4 MiB, with PAE of 2 MiB, itself.
    public private(set) var isLarge = false
    /// A present entry has a bit set that must be clear.
    public private(set) var hasReservedBits = false

    /// Bits of an entry that address bits above the 36 that processors with PAE have would be (SDM vol. 3A, 4.1.4).
    static let reservedAddress: UInt64 = 0x7FFF_FFF0_0000_0000

    /// Reads the tables that `state` points to. Nothing is marked as accessed.
    ///
    /// `read`: the doubleword at a physical address, A20 not applied yet.
    @inline(__always)
    init(
        _ linear: UInt32, _ state: UnsafeMutablePointer<ProcessorState>, _ model: ProcessorModel,
        read: (UInt64) -> UInt32
    ) {
        self.linear = linear
        isPAE = state.pointee.cr4 & ControlRegister.physicalAddressExtension != 0
        if isPAE {
            walkQuadwords(state, read)
        } else {
            walkDoublewords(state, model, read)
        }
    }

    @inline(__always)
    private mutating func walkDoublewords(
        _ state: UnsafeMutablePointer<ProcessorState>, _ model: ProcessorModel, _ read: (UInt64) -> UInt32
    ) {
        let hasLargePages = state.pointee.cr4 & ControlRegister.pageSizeExtensions != 0
        directoryAddress = UInt64(state.pointee.cr3 & 0xFFFF_F000 | linear >> 20 & 0xFFC)
        directoryEntry = UInt64(read(directoryAddress))
        guard directoryEntry & PageEntry.present != 0 else { return }
        if hasLargePages, directoryEntry & PageEntry.large != 0 {
            isLarge = true
            hasReservedBits = directoryEntry & UInt64(model.reservedInLargePage) != 0
            return
        }
        tableAddress = directoryEntry & 0xFFFF_F000 | UInt64(linear >> 10 & 0xFFC)
        tableEntry = UInt64(read(tableAddress))
        hasReservedBits =
            hasLargePages && tableEntry & PageEntry.present != 0 && tableEntry & UInt64(model.reservedInTable) != 0
    }

    /// Not inlined: the walk of most guests is the other one.
    @inline(never)
    private mutating func walkQuadwords(_ state: UnsafeMutablePointer<ProcessorState>, _ read: (UInt64) -> UInt32) {
        let noExecute = state.pointee.modelSpecific.efer & ExtendedFeatureEnable.executeDisable != 0
        let reserved = Self.reservedAddress | (noExecute ? 0 : PageEntry.executeDisable)
        pointerEntry = state.pointee.pageDirectoryPointers[Int(linear >> 30)]
        guard pointerEntry & PageEntry.present != 0 else { return }
        directoryAddress = pointerEntry & Self.frame | UInt64(linear >> 18 & 0xFF8)
        directoryEntry = UInt64(read(directoryAddress)) | UInt64(read(directoryAddress &+ 4)) << 32
        guard directoryEntry & PageEntry.present != 0 else { return }
        isLarge = directoryEntry & PageEntry.large != 0
        // Bits 13-20 of a large page's entry; bit 12 is one of the page attribute table, which every processor with PAE
        // here has.
        hasReservedBits = directoryEntry & (reserved | (isLarge ? 0x1F_E000 : 0)) != 0
        guard !hasReservedBits, !isLarge else { return }
        tableAddress = directoryEntry & Self.frame | UInt64(linear >> 9 & 0xFF8)
        tableEntry = UInt64(read(tableAddress)) | UInt64(read(tableAddress &+ 4)) << 32
        hasReservedBits = tableEntry & PageEntry.present != 0 && tableEntry & reserved != 0
    }

    /// Bits 12-35 of an entry.
    private static let frame: UInt64 = 0xF_FFFF_F000

    /// The entry that maps the page: of the table, or of the directory for a large page.
    @inline(__always)
    var leaf: UInt64 { isLarge ? directoryEntry : tableEntry }

    @inline(__always)
    var leafAddress: UInt64 { isLarge ? directoryAddress : tableAddress }

    /// Whether the address is mapped.
    @inline(__always)
    public var isPresent: Bool { leaf & PageEntry.present != 0 && !hasReservedBits }

    /// R/W and U/S: a right exists only if directory and table grant it (SDM vol. 3A, 4.6). At the same places as in an
    /// entry.
    @inline(__always)
    public var rights: UInt64 { directoryEntry & leaf & (PageEntry.writable | PageEntry.user) }

    /// Instructions may be fetched: neither directory nor table forbids it. Meaningful if ``isPresent``.
    @inline(__always)
    public var isExecutable: Bool { (directoryEntry | leaf) & PageEntry.executeDisable == 0 }

    /// Physical address of the 4 KiB that the address lies in, 36 bits, A20 not applied yet; meaningful if
    /// ``isPresent``.
    @inline(__always)
    public var page: UInt64 {
        if !isLarge { return tableEntry & (isPAE ? Self.frame : 0xFFFF_F000) }
        if isPAE { return directoryEntry & 0xF_FFE0_0000 | UInt64(linear & 0x001F_F000) }
        // PSE-36: bits 13-16 are the address bits 32-35 (reserved, so zero, where there is no PSE-36).
        return directoryEntry & 0xFFC0_0000 | (directoryEntry >> 13 & 0xF) << 32 | UInt64(linear & 0x003F_F000)
    }
}

extension Processor {
    /// Looks `linear` up in the page tables of the moment; nil while paging is off. For debuggers: no bit is set, no
    /// translation is cached, no device is asked, and what the TLB holds is not looked at.
    ///
    /// - Parameter directory: the physical address of another page directory than CR3 says, to see what another address
    ///   space maps. With PAE nothing is mapped there: which four directories belong to it, nobody knows.
    public func inspectPage(at linear: UInt32, directory: UInt32? = nil) -> PageWalk? {
        guard state.pointee.cr0 & ControlRegister.paging != 0 else { return nil }
        func walk(_ state: UnsafeMutablePointer<ProcessorState>) -> PageWalk {
            PageWalk(linear, state, model) { address in
                guard let physical = physicalAddress(ofExtended: address) else { return 0xFFFF_FFFF }
                return memory.read(physical, count: 4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
        guard let directory, directory != state.pointee.cr3 else { return walk(state) }
        var other = state.pointee
        other.cr3 = directory
        for index in 0..<4 { other.pageDirectoryPointers[index] = 0 }
        return withUnsafeMutablePointer(to: &other, walk)
    }

    /// The physical address for `linear` by the page tables of the moment, A20 applied; nil if it is not mapped, or
    /// beyond the 4 GiB in which this machine has memory and devices. As ``inspectPage(at:)``, without a trace.
    public func physicalAddress(ofLinear linear: UInt32, directory: UInt32? = nil) -> UInt32? {
        guard let walk = inspectPage(at: linear, directory: directory) else { return linear & state.pointee.a20Mask }
        return walk.isPresent ? physicalAddress(ofExtended: walk.page | UInt64(linear & 0xFFF)) : nil
    }

    /// The physical address from which the instruction at a linear address is going to be fetched: what the TLB has,
    /// else what the page tables say; nil if nothing is mapped there. Nothing is filled or marked.
    public func fetchAddress(ofLinear linear: UInt32) -> UInt32? {
        Core(context).fetchedPage(linear).map { $0 | linear & 0xFFF } ?? physicalAddress(ofLinear: linear)
    }

    /// What is left of a 36-bit physical address below 4 GiB, A20 applied; nil above.
    private func physicalAddress(ofExtended address: UInt64) -> UInt32? {
        UInt32(exactly: address).map { $0 & state.pointee.a20Mask }
    }

    /// All flags, the lazily kept ones computed.
    public var eflags: UInt32 { Core(context).eflags }
}
