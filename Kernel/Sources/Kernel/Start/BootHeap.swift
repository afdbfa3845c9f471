/// The memory behind Swift's runtime while the kernel starts: a region that only grows, between the kernel's memory map
/// and the boot stack. Afterwards an allocation fails, and a failed allocation stops the kernel with a backtrace: the
/// kernel has no reason to make one.
enum BootHeap {
    private nonisolated(unsafe) static var next: UInt32 = 0
    private nonisolated(unsafe) static var end: UInt32 = 0

    static func initialise(_ start: UInt32, end: UInt32) {
        next = start
        self.end = end
    }

    /// Ends allocation for good.
    static func seal() { end = 0 }

    /// `count` bytes aligned to `alignment` (a power of two), or nil.
    static func allocate(_ count: UInt32, alignment: UInt32) -> UnsafeMutableRawPointer? {
        let start = (next &+ alignment &- 1) & ~(alignment &- 1)
        guard start <= end, count <= end &- start else { return nil }
        next = start &+ count
        return UnsafeMutableRawPointer(bitPattern: UInt(start))
    }
}

/// What Swift's runtime allocates with, through `posix_memalign` in heap.c.
@c(boot_heap_allocate)
func bootHeapAllocate(_ count: UInt32, _ alignment: UInt32) -> UnsafeMutableRawPointer? {
    BootHeap.allocate(count, alignment: max(alignment, 16))
}
