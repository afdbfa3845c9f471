/// Where the kernel's start-up structures lie: directly above the image, in the order of `docs/memory-map.md`.
///
///     kernel_region_top   +----------------------------+
///                         | initial page allocations   |
///                         +----------------------------+
///                         | boot stack (grows down)    |
///                         |            ...             |
///                         | boot heap (grows up)       |
///                         +----------------------------+
///                         | kernel memory map          |
///                         +----------------------------+
///                         | BIOS memory map            |
///     kernel_top          +============================+
///                         | image, payload included    |
///     kernel_start        +----------------------------+ 0x100000
///
/// All bounds are physical addresses, which are the kernel's virtual addresses too, and multiples of 4096.
public struct RegionLayout: Equatable, Sendable {
    public static var kernelStart: UInt32 { 0x10_0000 }

    public let kernelTop: UInt32
    public var biosMap: UInt32 { kernelTop }
    public let kernelMap: UInt32
    public let bootHeap: UInt32
    /// The lowest address of the boot stack.
    public let bootStack: UInt32
    public let initialPages: UInt32
    /// `initialPages` plus what is allocated there during start-up.
    public private(set) var regionTop: UInt32

    /// The layout above an image of `imageSize` bytes; nil if that would not end below `limit`.
    public init?(
        imageSize: UInt32, biosMapSize: UInt32, kernelMapSize: UInt32, heapSize: UInt32, stackSize: UInt32,
        limit: UInt32
    ) {
        var top = Self.kernelStart
        // Adds a part, rounded up to whole pages, and answers where it ends.
        func add(_ size: UInt32) -> UInt32? {
            guard limit >= top, size <= limit &- top else { return nil }
            let (rounded, overflow) = size.addingReportingOverflow(4095)
            guard !overflow, rounded & ~4095 <= limit &- top else { return nil }
            top &+= rounded & ~4095
            return top
        }
        guard let kernelTop = add(imageSize), let kernelMap = add(biosMapSize), let bootHeap = add(kernelMapSize),
            let bootStack = add(heapSize), let initialPages = add(stackSize)
        else { return nil }
        self.kernelTop = kernelTop
        self.kernelMap = kernelMap
        self.bootHeap = bootHeap
        self.bootStack = bootStack
        self.initialPages = initialPages
        regionTop = initialPages
    }

    /// Takes `count` pages from the top of the region; nil if they would not end below `limit`.
    public mutating func allocatePages(_ count: UInt32, limit: UInt32) -> UInt32? {
        guard limit >= regionTop, count <= (limit &- regionTop) >> 12 else { return nil }
        defer { regionTop &+= count << 12 }
        return regionTop
    }
}
