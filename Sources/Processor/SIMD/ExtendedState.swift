/// `fxsave` and `fxrstor`: the FPU, MMX and SSE registers in 512 bytes (SDM vol. 1, 10.5; vol. 2, FXSAVE).
///
/// | offset | what                                                                                     |
/// |--------|------------------------------------------------------------------------------------------|
/// | 0      | control word, status word, abridged tags (bit n: physical register n is not empty), a zero |
/// | 6      | opcode, offset and selector of the last x87 instruction, and of its operand              |
/// | 24     | MXCSR, and the mask of its bits                                                          |
/// | 32     | ST(0)...ST(7) (by distance from the top), each 10 bytes and 6 zeros                      |
/// | 160    | XMM0...XMM7                                                                              |
///
/// The rest, from 288 on, is neither read nor written. Where CR4.OSFXSR is clear, the manual lets a processor leave out
/// the SSE registers; ours leaves out MXCSR and the XMM registers, both ways, as it does in models without SSE. AMD's
/// processors save and load the pointers only while an exception is pending; ours always does, as Intel's.
extension Core {
    private static let size: UInt32 = 512
    private static let registersOffset: UInt32 = 32
    private static let xmmOffset: UInt32 = 160

    private var includesSSE: Bool {
        context.pointee.generation >= .pentium3 && state.pointee.cr4 & ControlRegister.osFXSR != 0
    }

    /// `fxsave`. All faults come before the first byte.
    func saveExtendedState(_ instruction: InstructionPointer) throws(Fault) {
        let segment = instruction.pointee.segment
        let base = address(instruction)
        try requireAlignment(segment, base, size: Self.size, write: true)
        try probeWrite(segment, base, Self.size)
        let x87 = state.pointee.x87
        let tags = UInt64(~x87.emptyRegisters)
        try write64(
            segment, base,
            UInt64(x87.control) | UInt64(x87.statusWord) << 16 | tags << 32 | UInt64(x87.lastOpcode) << 48)
        try write64(
            segment, base &+ 8, UInt64(x87.instructionOffset) | UInt64(x87.instructionSelector) << 32)
        try write64(segment, base &+ 16, UInt64(x87.dataOffset) | UInt64(x87.dataSelector) << 32)
        if includesSSE {
            try write64(segment, base &+ 24, UInt64(mxcsr) | UInt64(mxcsrMask) << 32)
        }
        for index in 0..<8 as Range<UInt8> {
            let register = x87.physical(index)
            let offset = base &+ Self.registersOffset &+ UInt32(index) &* 16
            try write64(segment, offset, x87.significands[register])
            try write64(segment, offset &+ 8, UInt64(x87.signExponents[register]))
        }
        guard includesSSE else { return }
        for index in 0..<8 as Range<UInt8> {
            try write128(segment, base &+ Self.xmmOffset &+ UInt32(index) &* 16, xmm(index))
        }
    }

    /// `fxrstor`. Exceptions that the new status word makes pending wait for the next x87 instruction.
    func restoreExtendedState(_ instruction: InstructionPointer) throws(Fault) {
        let segment = instruction.pointee.segment
        let base = address(instruction)
        try requireAlignment(segment, base, size: Self.size, write: false)
        try probeRead(segment, base, Self.size)
        let includesSSE = includesSSE
        let newMXCSR = includesSSE ? try read32(segment, base &+ 24) : mxcsr
        guard newMXCSR & ~mxcsrMask == 0 else { throw .generalProtection(0) }
        let words = try read64(segment, base)
        let instructionPointer = try read64(segment, base &+ 8)
        let dataPointer = try read64(segment, base &+ 16)
        var x87 = state.pointee.x87
        x87.control = UInt16(truncatingIfNeeded: words) & X87Control.writable | X87Control.fixed
        x87.statusWord = UInt16(truncatingIfNeeded: words >> 16)
        x87.emptyRegisters = ~UInt8(truncatingIfNeeded: words >> 32)
        x87.lastOpcode = UInt16(truncatingIfNeeded: words >> 48) & 0x7FF
        x87.instructionOffset = UInt32(truncatingIfNeeded: instructionPointer)
        x87.instructionSelector = UInt16(truncatingIfNeeded: instructionPointer >> 32)
        x87.dataOffset = UInt32(truncatingIfNeeded: dataPointer)
        x87.dataSelector = UInt16(truncatingIfNeeded: dataPointer >> 32)
        for index in 0..<8 as Range<UInt8> {
            let register = x87.physical(index)
            let offset = base &+ Self.registersOffset &+ UInt32(index) &* 16
            x87.significands[register] = try read64(segment, offset)
            x87.signExponents[register] = UInt16(truncatingIfNeeded: try read64(segment, offset &+ 8))
        }
        if includesSSE {
            for index in 0..<8 as Range<UInt8> {
                setXMM(index, try read128(segment, base &+ Self.xmmOffset &+ UInt32(index) &* 16))
            }
        }
        mxcsr = newMXCSR
        state.pointee.x87 = x87
        updateX87Errors()
    }
}
