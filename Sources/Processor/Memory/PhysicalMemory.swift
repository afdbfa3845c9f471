/// RAM and ROM as the processor addresses them: one mapping, 4 GiB of physical address space.
public final class PhysicalMemory {
    /// Bytes of RAM.
    public let ramSize: Int

    /// `ramSize`: bytes, 1 MiB to 3 GiB in steps of 4 KiB.
    public init(ramSize: Int) {
        self.ramSize = ramSize
    }

    /// Makes `bytes` readable and executable, not writable, from the physical address `address` on (4 KiB aligned).
    public func mapROM(_ bytes: [UInt8], at address: UInt32) {}

    /// Sends every access to `range` (4 KiB aligned) to the ``Bus``.
    public func mapMMIO(_ range: Range<UInt64>) {}

    /// Copies physical memory; what is neither RAM nor ROM reads as 0xFF.
    public func read(_ address: UInt32, count: Int) -> [UInt8] { [] }

    /// The gate for writes that do not come from the processor (DMA, debugger, loaders): code pages and dirty pages are
    /// kept right. What is not RAM is left alone.
    public func write(_ bytes: [UInt8], at address: UInt32) {}
}
