/// Accesses that leave the processor: memory-mapped devices and ports.
///
/// The processor outlives the context, and with it these calls. A device may raise an interrupt or want the run to end,
/// so the run loop looks around after the instruction.
extension Core {
    @inline(never)
    func readMMIO(_ physical: UInt32, size: UInt32) -> UInt32 {
        requestAttention()
        let value = context.pointee.processor._withUnsafeGuaranteedRef {
            $0.bus?.readMMIO(physical, size: Int(size)) ?? 0xFFFF_FFFF
        }
        return size == 4 ? value : value & (1 << (size * 8) &- 1)
    }

    @inline(never)
    func writeMMIO(_ physical: UInt32, size: UInt32, value: UInt32) {
        requestAttention()
        context.pointee.processor._withUnsafeGuaranteedRef {
            $0.bus?.writeMMIO(physical, size: Int(size), value: value)
        }
    }

    /// Reads a port without asking whether the program may.
    @inline(never)
    func readPort(_ port: UInt16, size: UInt32) -> UInt32 {
        requestAttention()
        let value = context.pointee.processor._withUnsafeGuaranteedRef {
            $0.bus?.readPort(port, size: Int(size)) ?? 0xFFFF_FFFF
        }
        let result = size == 4 ? value : value & (1 << (size * 8) &- 1)
        note(.portRead(port: port, size: Int(size), value: result))
        return result
    }

    /// Reads elements of `size` bytes from a port without asking whether the program may; returns how many. Nothing
    /// happens that the run loop would have to look at (``Bus/readPort(_:size:into:)``).
    @inline(never)
    func readPort(_ port: UInt16, size: UInt32, into target: UnsafeMutableRawBufferPointer) -> UInt32 {
        // Each is an event of its own.
        if context.pointee.hasEventListener { return 0 }
        return context.pointee.processor._withUnsafeGuaranteedRef {
            UInt32(truncatingIfNeeded: $0.bus?.readPort(port, size: Int(size), into: target) ?? 0)
        }
    }

    /// Writes elements of `size` bytes to a port without asking whether the program may; returns how many.
    @inline(never)
    func writePort(_ port: UInt16, size: UInt32, from source: UnsafeRawBufferPointer) -> UInt32 {
        if context.pointee.hasEventListener { return 0 }
        return context.pointee.processor._withUnsafeGuaranteedRef {
            UInt32(truncatingIfNeeded: $0.bus?.writePort(port, size: Int(size), from: source) ?? 0)
        }
    }

    /// Writes a port without asking whether the program may.
    @inline(never)
    func writePort(_ port: UInt16, size: UInt32, value: UInt32) {
        requestAttention()
        context.pointee.processor._withUnsafeGuaranteedRef {
            $0.bus?.writePort(port, size: Int(size), value: value)
        }
        note(.portWrite(port: port, size: Int(size), value: size == 4 ? value : value & (1 << (size * 8) &- 1)))
    }
}
