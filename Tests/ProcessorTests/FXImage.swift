@testable import Processor

/// The 512 bytes of `fxsave` (SDM vol. 1, table 10-2).
///
/// FOP, FIP and FDP are comparable only while an unmasked exception is pending: at other times processors of AMD do not
/// keep them up to date (APM vol. 2, 11.4.4; CPUID 8000_0008h EBX[2] is about saving only).
/// The selectors behind FIP and FDP are 0 on processors that no longer keep them (CPUID 7 EBX[13]), and the kernel,
/// which saves the state in 64-bit mode where an exception ends a case, loses them as well.
struct FXImage: Equatable {
    private var words = InlineArray<128, UInt32>(repeating: 0)

    /// As after `fninit`, with all registers zero and the MXCSR of a reset.
    init() {
        control = 0x037F
        mxcsr = 0x1F80
    }

    static func == (left: FXImage, right: FXImage) -> Bool {
        (0..<128).allSatisfy { left.words[$0] == right.words[$0] }
    }

    subscript(word index: Int) -> UInt32 {
        get { words[index] }
        set { words[index] = newValue }
    }

    var control: UInt16 {
        get { UInt16(truncatingIfNeeded: words[0]) }
        set { words[0] = words[0] & 0xFFFF_0000 | UInt32(newValue) }
    }
    /// TOP included.
    var status: UInt16 {
        get { UInt16(truncatingIfNeeded: words[0] >> 16) }
        set { words[0] = words[0] & 0xFFFF | UInt32(newValue) << 16 }
    }
    /// Bit n: physical register n is not empty.
    var validRegisters: UInt8 {
        get { UInt8(truncatingIfNeeded: words[1]) }
        set { words[1] = words[1] & 0xFFFF_0000 | UInt32(newValue) }
    }
    var opcode: UInt16 {
        get { UInt16(truncatingIfNeeded: words[1] >> 16) }
        set { words[1] = words[1] & 0xFFFF | UInt32(newValue) << 16 }
    }
    var instructionOffset: UInt32 {
        get { words[2] }
        set { words[2] = newValue }
    }
    var dataOffset: UInt32 {
        get { words[4] }
        set { words[4] = newValue }
    }
    /// The selectors of instruction and data.
    var errorSelectors: (code: UInt16, data: UInt16) {
        get { (UInt16(truncatingIfNeeded: words[3]), UInt16(truncatingIfNeeded: words[5])) }
        set { (words[3], words[5]) = (UInt32(newValue.code), UInt32(newValue.data)) }
    }
    var mxcsr: UInt32 {
        get { words[6] }
        set { words[6] = newValue }
    }

    /// ST(`index`), counted from the top.
    func st(_ index: Int) -> (significand: UInt64, signExponent: UInt16) {
        let place = 8 + index * 4
        return (
            UInt64(words[place + 1]) << 32 | UInt64(words[place]), UInt16(truncatingIfNeeded: words[place + 2])
        )
    }

    mutating func setST(_ index: Int, significand: UInt64, signExponent: UInt16) {
        let place = 8 + index * 4
        words[place] = UInt32(truncatingIfNeeded: significand)
        words[place + 1] = UInt32(truncatingIfNeeded: significand >> 32)
        words[place + 2] = UInt32(signExponent)
        words[place + 3] = 0
    }

    /// The number of the physical register that ST(`index`) is.
    func physical(_ index: Int) -> Int { (Int(status >> 11) + index) & 7 }

    /// XMM`index`, low half first.
    func xmm(_ index: Int) -> (low: UInt64, high: UInt64) {
        let place = 40 + index * 4
        return (
            UInt64(words[place + 1]) << 32 | UInt64(words[place]),
            UInt64(words[place + 3]) << 32 | UInt64(words[place + 2])
        )
    }

    mutating func setXMM(_ index: Int, low: UInt64, high: UInt64) {
        let place = 40 + index * 4
        words[place] = UInt32(truncatingIfNeeded: low)
        words[place + 1] = UInt32(truncatingIfNeeded: low >> 32)
        words[place + 2] = UInt32(truncatingIfNeeded: high)
        words[place + 3] = UInt32(truncatingIfNeeded: high >> 32)
    }
}

extension FXImage {
    /// The state of our processor.
    init(_ state: borrowing ProcessorState) {
        self.init()
        control = state.x87.control
        status = state.x87.statusWord
        validRegisters = ~state.x87.emptyRegisters
        opcode = state.x87.lastOpcode
        instructionOffset = state.x87.instructionOffset
        dataOffset = state.x87.dataOffset
        errorSelectors = (state.x87.instructionSelector, state.x87.dataSelector)
        for index in 0..<8 {
            let physical = (Int(state.x87.top) + index) & 7
            setST(
                index, significand: state.x87.significands[physical], signExponent: state.x87.signExponents[physical])
        }
        mxcsr = state.mxcsr
        for index in 0..<8 {
            setXMM(index, low: state.xmm[index].quadwords.x, high: state.xmm[index].quadwords.y)
        }
    }

    func load(into state: inout ProcessorState) {
        state.x87.control = control
        state.x87.statusWord = status
        state.x87.emptyRegisters = ~validRegisters
        state.x87.lastOpcode = opcode
        state.x87.instructionOffset = instructionOffset
        state.x87.dataOffset = dataOffset
        state.x87.instructionSelector = errorSelectors.code
        state.x87.dataSelector = errorSelectors.data
        for index in 0..<8 {
            let physical = (Int(state.x87.top) + index) & 7
            (state.x87.significands[physical], state.x87.signExponents[physical]) = st(index)
        }
        state.mxcsr = mxcsr
        for index in 0..<8 { state.xmm[index] = XMM(xmm(index).low, xmm(index).high) }
    }
}
