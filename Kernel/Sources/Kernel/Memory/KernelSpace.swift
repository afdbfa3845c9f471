import KernelABI
import KernelAssembly
import KernelLogic

/// The addresses below KLIMIT: the kernel's, the same in every process, and never changed in their upper level after
/// start-up, so that each process's page directory can simply begin with the same 32 entries.
///
///     KLIMIT     0x8000000   +-----------------------------+
///                            | temporary slots             |   frames without a permanent mapping
///     Window     0x7C00000   +-----------------------------+
///                            | kernel stacks, guard pages  |
///     Stacks     0x7400000   +-----------------------------+
///                            | RAM and devices, one to one |
///                0x0001000   +-----------------------------+
///                            | never mapped                |
///                0x0000000   +-----------------------------+
enum KernelSpace {
    /// The end of the one-to-one mapping, at most.
    static var directLimit: UInt32 { KernelStacks.base }
    /// Entries of a page directory that belong to the kernel.
    static var directoryEntries: Int { Int(klimit >> 22) }

    /// Physical address of the kernel's own page directory, for the idle thread.
    private(set) nonisolated(unsafe) static var directory: UInt32 = 0
    /// The end of the one-to-one mapping on this machine.
    private(set) nonisolated(unsafe) static var directEnd: UInt32 = 0
    /// `PageFlags.global` on processors that know it.
    private(set) nonisolated(unsafe) static var globalFlag: UInt32 = 0

    /// Pages that `initialise` needs for RAM up to `ramEnd`.
    static func pageCount(ramEnd: UInt32) -> UInt32 { 1 + tableCount(ramEnd) + KernelStacks.tableCount + 1 }

    private static func tableCount(_ ramEnd: UInt32) -> UInt32 { (min(ramEnd, directLimit) + 0x3F_FFFF) >> 22 }

    /// Builds the kernel's mappings in `pages` (`pageCount` pages, physical) and switches paging on.
    ///
    /// `ramEnd` is where RAM below `directLimit` ends: as much is mapped.
    static func initialise(pages: UInt32, ramEnd: UInt32) {
        memset(pages, count: pageCount(ramEnd: ramEnd) << 12)
        globalFlag = CPU.hasGlobalPages ? PageFlags.global : 0
        directory = pages
        let root = pageTable(at: directory)
        var next = pages + pageSize
        func addTable(_ index: UInt32) -> PageTable {
            root[Int(index)] = next | PageFlags.present | PageFlags.writable
            defer { next += pageSize }
            return pageTable(at: next)
        }
        let tables = tableCount(ramEnd)
        directEnd = min(ramEnd, directLimit)
        for index in 0..<tables {
            let table = addTable(index)
            for entry: UInt32 in 0..<1024 {
                let address = index << 22 | entry << 12
                if address < directEnd { table[Int(entry)] = address | flags(of: address) }
            }
        }
        for index in 0..<KernelStacks.tableCount {
            KernelStacks.setTable(index, addTable((KernelStacks.base >> 22) + index))
        }
        Window.initialise(addTable(Window.base >> 22))

        TaskState.setDoubleFaultDirectory(directory)
        write_cr3(directory)
        // PG and WP on, caches on (CD and NW off).
        write_cr0(read_cr0() & ~0x6000_0000 | 0x8001_0000)
        if CPU.hasGlobalPages { write_cr4(read_cr4() | 0x80) }
    }

    /// How the page at `address` is mapped for the kernel.
    private static func flags(of address: UInt32) -> UInt32 {
        switch address {
        case 0:
            return 0
        case 0xA_0000..<0xC_0000:
            // The screen's memory is a device.
            return PageFlags.present | PageFlags.writable | PageFlags.cacheDisabled | PageFlags.writeThrough
                | globalFlag
        case RegionLayout.kernelStart..<address_of_constants_end():
            return PageFlags.present | globalFlag
        case address_of_kernel_end()..<KernelStart.layout.kernelTop:
            // Process manager, symbols, payload: nobody writes them.
            return PageFlags.present | globalFlag
        default:
            return PageFlags.present | PageFlags.writable | globalFlag
        }
    }

    /// Whether the kernel can read the byte at `address` without a page fault; before paging is on, it can read all.
    static func isReadable(_ address: UInt32) -> Bool {
        guard directory != 0 else { return true }
        guard address < klimit else { return false }
        let entry = pageTable(at: directory)[Int(address >> 22)]
        guard entry & PageFlags.present != 0 else { return false }
        return pageTable(at: entry)[Int(address >> 12 & 1023)] & PageFlags.present != 0
    }

    /// Zeroes kernel memory.
    static func memset(_ address: UInt32, count: UInt32) {
        UnsafeMutableRawPointer(bitPattern: UInt(address))?.initializeMemory(
            as: UInt8.self, repeating: 0, count: Int(count))
    }
}

/// Temporary slots: pages through which the kernel reaches frames that have no permanent mapping.
enum Window {
    /// 4 MB below KLIMIT.
    static var base: UInt32 { klimit - 0x40_0000 }

    /// Each use has its slot, so that two can be open at once.
    enum Slot: UInt32 {
        case source = 0
        case destination = 1
    }

    private nonisolated(unsafe) static var table: PageTable!

    static func initialise(_ table: PageTable) { self.table = table }

    /// Where the kernel can read and write the frame at `physical` (a multiple of 4096), until the slot is used again.
    @inline(__always)
    static func open(_ physical: UInt32, _ slot: Slot) -> UnsafeMutableRawPointer {
        if physical < KernelSpace.directEnd { return UnsafeMutableRawPointer(bitPattern: UInt(physical))! }
        let address = base + slot.rawValue << 12
        let entry = physical | PageFlags.present | PageFlags.writable
        if table[Int(slot.rawValue)] != entry {
            table[Int(slot.rawValue)] = entry
            invalidate_page(address)
        }
        return UnsafeMutableRawPointer(bitPattern: UInt(address))!
    }
}

/// Kernel stacks: two pages each, under them a page that is never mapped, so that an overflow is a double fault with a
/// report and not silent damage.
enum KernelStacks {
    static var base: UInt32 { Window.base - 0x80_0000 }
    static var tableCount: UInt32 { 2 }
    static var pagesPerStack: UInt32 { 2 }
    private static var stride: UInt32 { pagesPerStack + 1 }
    /// The most there can be.
    static var count: UInt32 { tableCount * 1024 / stride }

    private nonisolated(unsafe) static var tables: (PageTable?, PageTable?) = (nil, nil)
    /// Stacks given back are linked through their lowest entry; this is the first one's number + 1.
    private nonisolated(unsafe) static var freeList: UInt32 = 0
    private nonisolated(unsafe) static var used: UInt32 = 0

    static func setTable(_ index: UInt32, _ table: PageTable) {
        if index == 0 { tables.0 = table } else { tables.1 = table }
    }

    private static func entry(_ page: UInt32) -> UnsafeMutablePointer<UInt32> {
        (page < 1024 ? tables.0 : tables.1)! + Int(page & 1023)
    }

    /// Maps a stack, charged to `account`: the address behind it, where ESP begins.
    static func allocate(_ account: AccountReference) throws(KernelError) -> UInt32 {
        guard freeList != 0 || used < count else { throw .outOfMemory }
        try Accounts.charge(account, .stack)
        let first: UInt32
        let second: UInt32
        do throws(KernelError) {
            first = try Accounts.allocateFrame(from: account)
            do throws(KernelError) {
                second = try Accounts.allocateFrame(from: account)
            } catch {
                Accounts.releaseFrame(first, to: account)
                throw error
            }
        } catch {
            Accounts.refund(account, .stack)
            throw error
        }
        let number: UInt32
        if freeList != 0 {
            number = freeList - 1
            // The guard page's entry holds the link, shifted so that it is not present.
            freeList = entry(number * stride).pointee >> 1
            entry(number * stride).pointee = 0
        } else {
            number = used
            used += 1
        }
        let flags = PageFlags.present | PageFlags.writable | KernelSpace.globalFlag
        entry(number * stride + 1).pointee = first | flags
        entry(number * stride + 2).pointee = second | flags
        return base + (number + 1) * stride << 12
    }

    /// Unmaps the stack that ends at `top`.
    static func release(_ top: UInt32, _ account: AccountReference) {
        let number = ((top - base) >> 12) / stride - 1
        for page in 1...pagesPerStack {
            let slot = entry(number * stride + page)
            Accounts.releaseFrame(slot.pointee & PageFlags.addressMask, to: account)
            slot.pointee = 0
            invalidate_page(base + (number * stride + page) << 12)
        }
        Accounts.refund(account, .stack)
        entry(number * stride).pointee = freeList << 1
        freeList = number + 1
    }
}
