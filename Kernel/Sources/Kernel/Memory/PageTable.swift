import KernelABI
import KernelAssembly

/// Bits of page directory and page table entries (Intel SDM volume 3, section 4.3). An entry is a physical address with
/// these.
enum PageFlags {
    static var present: UInt32 { 1 }
    static var writable: UInt32 { 2 }
    static var user: UInt32 { 4 }
    static var writeThrough: UInt32 { 8 }
    static var cacheDisabled: UInt32 { 16 }
    static var global: UInt32 { 256 }
    /// Bit 9 is the system's: the frame belongs to the mapping, and is freed with it.
    static var owned: UInt32 { 512 }
    /// Bit 10 too: who wants to write the page gets a copy of its own first (`SystemCall.memoryUnshare`).
    static var copyOnWrite: UInt32 { 1024 }
    static var addressMask: UInt32 { ~4095 }
}

/// A page directory or page table: 1024 entries in a frame of the kernel zone.
typealias PageTable = UnsafeMutablePointer<UInt32>

/// The table in the frame at `address`. Valid: frames of the kernel zone are mapped one to one, and not at address 0.
func pageTable(at address: UInt32) -> PageTable { PageTable(bitPattern: UInt(address & PageFlags.addressMask))! }
