/// The breakpoints of DR0-DR3 (SDM vol. 3B, 17.2).
///
/// Pages with a data breakpoint have no tags for the fast path, so that only accesses to them are compared with the
/// debug registers.
extension Core {
    /// What breakpoint `number` waits for and where; nil if it is not enabled.
    private func breakpoint(_ number: Int) -> (kind: UInt32, address: UInt32, size: UInt32)? {
        let control = state.pointee.debugRegisters[7]
        guard control >> UInt32(2 * number) & 3 != 0 else { return nil }
        let fields = control >> UInt32(16 + 4 * number)
        // A length of 8 bytes (2) exists in 64-bit mode only; it counts as 4 here.
        let size: UInt32 = [1, 2, 4, 4][Int(fields >> 2 & 3)]
        let address = state.pointee.debugRegisters[number & 7] & ~(size - 1)
        return (fields & 3, address, size)
    }

    /// Whether a data breakpoint lies in the page at `page`.
    func hasDataBreakpoint(inPage page: UInt32) -> Bool {
        guard state.pointee.debugRegisters[7] & DebugControl.enables != 0 else { return false }
        for number in 0..<4 {
            guard let found = breakpoint(number), found.kind & DebugCondition.write != 0 else { continue }
            if found.address & 0xFFFF_F000 == page { return true }
        }
        return false
    }

    /// Makes the debug exception pending that an access of `size` bytes causes: a trap, after the instruction.
    @inline(never)
    func matchDataBreakpoints(_ linear: UInt32, _ size: UInt32, write: Bool) {
        var met: UInt32 = 0
        for number in 0..<4 {
            guard let found = breakpoint(number) else { continue }
            guard write ? found.kind & DebugCondition.write != 0 : found.kind == DebugCondition.access else { continue }
            // Both differences are taken modulo 2^32, as addresses are.
            if linear &- found.address < found.size || found.address &- linear < size { met |= 1 << UInt32(number) }
        }
        guard met != 0 else { return }
        state.pointee.pendingDebugStatus |= met
        requestAttention()
    }

    /// As ``matchDataBreakpoints(_:_:write:)``, for an access to the `size` ports from `port` on: with CR4.DE only.
    func matchPortBreakpoints(_ port: UInt16, _ size: UInt32) {
        guard state.pointee.cr4 & ControlRegister.debuggingExtensions != 0 else { return }
        var met: UInt32 = 0
        for number in 0..<4 {
            guard let found = breakpoint(number), found.kind == DebugCondition.port else { continue }
            let port = UInt32(port)
            if port &- found.address < found.size || found.address &- port < size { met |= 1 << UInt32(number) }
        }
        guard met != 0 else { return }
        state.pointee.pendingDebugStatus |= met
        requestAttention()
    }

    /// The bits of DR6 for the instruction breakpoints at `linear`.
    func matchInstructionBreakpoints(_ linear: UInt32) -> UInt32 {
        var met: UInt32 = 0
        for number in 0..<4 {
            if let found = breakpoint(number), found.kind == DebugCondition.execution,
                state.pointee.debugRegisters[number] == linear
            {
                met |= 1 << UInt32(number)
            }
        }
        return met
    }

    /// Records in DR6 why a debug exception comes. Its breakpoint bits are those of this exception; the other bits stay
    /// until a program clears them (SDM vol. 3B, 17.2.3).
    func setDebugStatus(_ met: UInt32) {
        state.pointee.debugRegisters[6] = state.pointee.debugRegisters[6] & ~DebugStatus.breakpoints | met
    }

    /// An instruction breakpoint is enabled.
    var hasInstructionBreakpoints: Bool {
        guard state.pointee.debugRegisters[7] & DebugControl.enables != 0 else { return false }
        return (0..<4).contains { breakpoint($0)?.kind == DebugCondition.execution }
    }
}

/// What a breakpoint waits for: the R/W field of DR7.
private enum DebugCondition {
    static let execution: UInt32 = 0
    static let write: UInt32 = 1
    /// With CR4.DE: `in`, `out` and their string forms.
    static let port: UInt32 = 2
    /// Reads or writes, not fetches.
    static let access: UInt32 = 3
}
