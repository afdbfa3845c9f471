import KernelABI
import KernelLogic

/// The page frames of RAM, free or not.
///
/// The constraint: RAM from `Window.base` on (just below KLIMIT) has no permanent kernel mapping, so kernel objects and
/// page tables must lie below. The choice: two zones. User memory is taken from the upper zone first. How much of the
/// lower zone a process can take, for whatever, is limited by its account (`Resources`).
enum Frames {
    /// Frames that the kernel can address at any time.
    nonisolated(unsafe) static var kernelZone: FrameBitmap!
    /// Frames above, up to 4 GB.
    nonisolated(unsafe) static var userZone: FrameBitmap!
    /// Frames at start-up, in both zones, and in the kernel zone.
    private(set) nonisolated(unsafe) static var total: UInt32 = 0
    private(set) nonisolated(unsafe) static var kernelTotal: UInt32 = 0

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
        kernelTotal = kernelZone.freeCount
    }

    /// Takes a frame for the kernel: its physical address, which is its virtual address too. The contents are
    /// undefined.
    static func allocateForKernel() -> UInt32? {
        guard let frame = kernelZone.allocate() else { return nil }
        return frame << 12
    }

    /// What the next frame for user memory is to be charged as.
    static var nextForUser: Resources { userZone.freeCount > 0 ? .userFrame : .kernelFrame }

    /// Takes a frame for user memory: its physical address. The contents are undefined.
    static func allocateForUser() -> UInt32? {
        if let frame = userZone.allocate() { return frame << 12 }
        return allocateForKernel()
    }

    /// Gives a frame back; returns what it was charged as.
    static func release(_ address: UInt32) -> Resources {
        let frame = address >> 12
        if kernelZone.release(frame) { return .kernelFrame }
        userZone.release(frame)
        return .userFrame
    }
}
