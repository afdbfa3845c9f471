/// What the processor sees of the rest of the machine: everything that is neither RAM nor ROM.
///
/// All calls come from the thread that runs the processor, from the slow path only. ``Processor/steps`` is exact during
/// a call, so that a device can derive its time from it.
public protocol Bus: AnyObject {
    /// Reads `size` (1, 2 or 4) bytes from an I/O port; the value is zero-extended. Absent devices answer all ones.
    func readPort(_ port: UInt16, size: Int) -> UInt32
    /// Writes `size` (1, 2 or 4) bytes to an I/O port.
    func writePort(_ port: UInt16, size: Int, value: UInt32)
    /// What `rep ins` reads: fills the beginning of `target`, a whole number of elements of `size` (1, 2 or 4) bytes,
    /// with as many as ``readPort(_:size:)`` would give one after the other without anything else happening that a
    /// program or another device could notice. Returns how many elements; 0: they are to be read one by one.
    func readPort(_ port: UInt16, size: Int, into target: UnsafeMutableRawBufferPointer) -> Int
    /// What `rep outs` writes, likewise: how many elements from the beginning of `source` the device took.
    func writePort(_ port: UInt16, size: Int, from source: UnsafeRawBufferPointer) -> Int
    /// Reads `size` (1, 2 or 4) bytes at a physical address that is not RAM or ROM. Never crosses a page.
    func readMMIO(_ address: UInt32, size: Int) -> UInt32
    /// Writes `size` (1, 2 or 4) bytes at a physical address that is not RAM or ROM. Never crosses a page.
    func writeMMIO(_ address: UInt32, size: Int, value: UInt32)
    /// The processor's INTA cycle: the interrupt controller gives its highest pending vector and puts it in service.
    func acknowledgeInterrupt() -> UInt8
    /// The FERR# output: with CR0.NE clear, an x87 instruction waits because of an exception that is not masked; or no
    /// longer. The board answers by an interrupt and by ``X87State/ignoresErrors``.
    func numericErrorChanged(_ isAsserted: Bool)
}

extension Bus {
    /// A board whose devices are read one element at a time.
    public func readPort(_ port: UInt16, size: Int, into target: UnsafeMutableRawBufferPointer) -> Int { 0 }
    /// A board whose devices are written one element at a time.
    public func writePort(_ port: UInt16, size: Int, from source: UnsafeRawBufferPointer) -> Int { 0 }
    /// A board without the line.
    public func numericErrorChanged(_ isAsserted: Bool) {}
}
