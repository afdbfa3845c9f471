import KernelABI
import KernelLogic

/// The page frames of RAM, free or not.
///
/// The constraint: RAM from `Window.base` on (just below KLIMIT) has no permanent kernel mapping, so kernel objects and
/// page tables must lie below. The choice: two zones. User memory is taken from the upper zone first; below it only as
/// long as the kernel keeps a reserve.
enum Frames {
    /// Frames that the kernel can address at any time.
    nonisolated(unsafe) static var kernelZone: FrameBitmap!
    /// Frames above, up to 4 GB.
    nonisolated(unsafe) static var userZone: FrameBitmap!
    /// Frames at start-up, in both zones.
    private(set) nonisolated(unsafe) static var total: UInt32 = 0

    static var free: UInt32 { kernelZone.freeCount &+ userZone.freeCount }

    /// Gives RAM to the zones: `ranges` holds what nothing else occupies.
    static func initialise(_ ranges: FrameRangeSet) {
        for index in 0..<ranges.count {
            let range = ranges[index]
            guard range.first < 1 << 20 else { continue }
            let first = UInt32(truncatingIfNeeded: range.first)
            let end = UInt32(truncatingIfNeeded: min(range.end, 1 << 20))
            kernelZone.release(first, end)
            userZone.release(first, end)
        }
        total = free
    }

    /// Takes a frame for the kernel: its physical address, which is its virtual address too. The contents are
    /// undefined.
    static func allocateForKernel() -> UInt32? {
        guard let frame = kernelZone.allocate() else { return nil }
        return frame << 12
    }

    /// Takes a frame for user memory: its physical address. The contents are undefined.
    private static func allocateForUser() -> UInt32? {
        if let frame = userZone.allocate() { return frame << 12 }
        return allocateForKernel()
    }

    /// Takes a frame for user memory, charged to `account`.
    static func allocateForUser(_ account: AccountReference) throws(KernelError) -> UInt32 {
        try Accounts.charge(account, 1)
        guard let frame = allocateForUser() else {
            Accounts.refund(account, 1)
            throw .outOfMemory
        }
        return frame
    }

    /// Gives a frame back.
    static func release(_ address: UInt32) {
        let frame = address >> 12
        if !kernelZone.release(frame) { userZone.release(frame) }
    }
}
