/// The test registers: TR6 and TR7 of the 386 (Intel386 DX data sheet, 2.6.3), TR3 to TR7 of the 486 (i486 data sheet,
/// chapter 8). Later processors do not have them: #UD.
///
/// They were made to test the chip's own TLB and cache before an operating system runs. They are storage here: entries
/// written to the TLB by TR6 are not used for translations, a look-up finds nothing, and there is no cache to read.
extension Core {
    /// `mov r32, trN`.
    func movFromTest(_ number: UInt8) throws(Fault) -> UInt32 {
        try checkTestRegister(number)
        return state.pointee.testRegisters[Int(number & 7)]
    }

    /// `mov trN, r32`.
    func movToTest(_ number: UInt8, _ value: UInt32) throws(Fault) {
        try checkTestRegister(number)
        state.pointee.testRegisters[Int(number & 7)] = value
        // C in TR6 looks the address up; HT in TR7 says whether it was found.
        if number == 6, value & 1 != 0 { state.pointee.testRegisters[7] &= ~(1 << 4) }
    }

    private func checkTestRegister(_ number: UInt8) throws(Fault) {
        let first: UInt8
        switch context.pointee.model.generation {
        case .i386: first = 6
        case .i486: first = 3
        default: throw .invalidOpcode
        }
        guard number >= first, number < 8 else { throw .invalidOpcode }
        try requireFullPrivilege()
    }
}
