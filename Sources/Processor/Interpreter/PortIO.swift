/// Ports: SDM vol. 1, 19.5, and vol. 2, IN and OUT.
extension Core {
    /// Throws #GP if the program may not use the `size` ports from `port` on: CPL above IOPL, or virtual-8086 mode, and
    /// the I/O permission map of the TSS does not allow it.
    ///
    /// Notes the breakpoints that the access meets; should it fault after all, they are forgotten.
    func checkPort(_ port: UInt16, size: UInt32) throws(Fault) {
        try checkPermission(port, size: size)
        if state.pointee.debugRegisters[7] & DebugControl.enables != 0 { matchPortBreakpoints(port, size) }
    }

    private func checkPermission(_ port: UInt16, size: UInt32) throws(Fault) {
        guard isVirtual8086 || state.pointee.cpl > ioPrivilege else { return }
        let tr = state.pointee.tr
        guard tr.isPresent, tr.attributes & UInt16(SystemType.is32Bit) != 0, tr.limit >= 0x67 else {
            throw .generalProtection(0)
        }
        let map = UInt32(try readSystem16(tr.base &+ 0x66)) &+ UInt32(port) / 8
        // The processor always reads two bytes, and both must be inside the TSS.
        guard map &+ 1 <= tr.limit else { throw .generalProtection(0) }
        let bits = UInt32(try readSystem16(tr.base &+ map)) >> UInt32(port & 7)
        guard bits & (1 << size &- 1) == 0 else { throw .generalProtection(0) }
    }

    /// `in`. `size`: 1, 2 or 4 bytes; the value is zero-extended.
    func portIn(_ port: UInt16, size: UInt32) throws(Fault) -> UInt32 {
        try checkPort(port, size: size)
        return readPort(port, size: size)
    }

    /// `out`. `size`: 1, 2 or 4 bytes.
    func portOut(_ port: UInt16, size: UInt32, value: UInt32) throws(Fault) {
        try checkPort(port, size: size)
        writePort(port, size: size, value: value)
    }
}
