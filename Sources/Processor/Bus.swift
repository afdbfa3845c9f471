/// What the processor sees of the rest of the machine: everything that is neither RAM nor ROM.
///
/// All calls come from the thread that runs the processor, from the slow path only. ``Processor/steps`` is exact during
/// a call, so that a device can derive its time from it.
public protocol Bus: AnyObject {
    /// Reads `size` (1, 2 or 4) bytes from an I/O port; the value is zero-extended. Absent devices answer all ones.
    func readPort(_ port: UInt16, size: Int) -> UInt32
    /// Writes `size` (1, 2 or 4) bytes to an I/O port.
    func writePort(_ port: UInt16, size: Int, value: UInt32)
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
    /// A board without the line.
    public func numericErrorChanged(_ isAsserted: Bool) {}
}
