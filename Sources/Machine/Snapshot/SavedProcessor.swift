import Processor

/// The processor's architectural state in a form that can be written to a file and hashed: no padding, and the flags as
/// bits, whatever an engine keeps instead of them.
struct SavedProcessor: Codable, Sendable, Equatable {
    struct Segment: Codable, Sendable, Equatable {
        var selector: UInt16
        var attributes: UInt16
        var base: UInt32
        var limit: UInt32

        init(_ register: SegmentRegister) {
            selector = register.selector
            attributes = register.attributes
            base = register.base
            limit = register.limit
        }

        func store(in register: inout SegmentRegister) {
            register.selector = selector
            register.attributes = attributes
            register.base = base
            register.limit = limit
        }
    }

    /// The registers of the FPU.
    struct X87: Codable, Sendable, Equatable {
        /// By physical number.
        var significands: [UInt64]
        var signExponents: [UInt16]
        var control: UInt16
        var status: UInt16
        /// Bit n: physical register n is empty.
        var empty: UInt8
        var opcode: UInt16
        var instructionSelector: UInt16
        var instructionOffset: UInt32
        var dataSelector: UInt16
        var dataOffset: UInt32
        var errorOutput: Bool
        var ignoresErrors: Bool

        init(_ state: X87State) {
            significands = (0..<8).map { state.significands[$0] }
            signExponents = (0..<8).map { state.signExponents[$0] }
            control = state.control
            status = state.statusWord
            empty = state.emptyRegisters
            opcode = state.lastOpcode
            instructionSelector = state.instructionSelector
            instructionOffset = state.instructionOffset
            dataSelector = state.dataSelector
            dataOffset = state.dataOffset
            errorOutput = state.errorOutput
            ignoresErrors = state.ignoresErrors
        }

        var isValid: Bool { significands.count == 8 && signExponents.count == 8 }

        func store(in state: inout X87State) {
            for index in 0..<8 {
                state.significands[index] = significands[index]
                state.signExponents[index] = signExponents[index]
            }
            state.control = control
            state.statusWord = status
            state.emptyRegisters = empty
            state.lastOpcode = opcode
            state.instructionSelector = instructionSelector
            state.instructionOffset = instructionOffset
            state.dataSelector = dataSelector
            state.dataOffset = dataOffset
            state.errorOutput = errorOutput
            state.ignoresErrors = ignoresErrors
        }
    }

    var general: [UInt32]
    var eip: UInt32
    var flags: UInt32
    /// ES, CS, SS, DS, FS, GS, LDTR, TR.
    var segments: [Segment]
    var gdtBase: UInt32
    var gdtLimit: UInt16
    var idtBase: UInt32
    var idtLimit: UInt16
    /// CR0, CR2, CR3, CR4.
    var control: [UInt32]
    /// The four entries that PAE translates with.
    var pageDirectoryPointers: [UInt64]
    var debug: [UInt32]
    var test: [UInt32]
    /// ``ModelSpecificRegisters/words``.
    var modelSpecific: [UInt64]
    var cpl: UInt8
    var a20IsOpen: Bool
    var steps: UInt64
    var timestampOffset: UInt64
    var interruptRequested: Bool
    var nmiRequested: Bool
    var nmiBlocked: Bool
    /// Instruction boundaries from this one on at which interrupts are held back; 0 if none is.
    var shadowLeft: UInt64
    /// Steps from now for which RF holds.
    var resumeLeft: UInt64
    /// What a debug exception that is due before the next instruction is going to put into DR6.
    var pendingDebugStatus: UInt32
    var isResuming: Bool
    var halted: Bool
    var x87: X87
    /// The low and the high quadword of XMM0, then those of XMM1, and so on.
    var xmm: [UInt64]
    var mxcsr: UInt32

    private static let resumeFlag: UInt32 = 1 << 16

    init(_ state: ProcessorState) {
        general = (0..<8).map { state.general[$0] }
        eip = state.eip
        isResuming = state.systemFlags & Self.resumeFlag != 0 && state.steps <= state.resumeEnd
        flags = state.systemFlags & ~Self.resumeFlag | state.arithmeticFlags.bits
        segments = (0..<6).map { Segment(state.segments[$0]) } + [Segment(state.ldtr), Segment(state.tr)]
        gdtBase = state.gdtBase
        gdtLimit = state.gdtLimit
        idtBase = state.idtBase
        idtLimit = state.idtLimit
        control = [state.cr0, state.cr2, state.cr3, state.cr4]
        pageDirectoryPointers = (0..<4).map { state.pageDirectoryPointers[$0] }
        debug = (0..<8).map { state.debugRegisters[$0] }
        test = (0..<8).map { state.testRegisters[$0] }
        modelSpecific = state.modelSpecific.words
        cpl = state.cpl
        a20IsOpen = state.a20Mask == 0xFFFF_FFFF
        steps = state.steps
        timestampOffset = state.timestampOffset
        interruptRequested = state.interruptRequested
        nmiRequested = state.nmiRequested
        nmiBlocked = state.nmiBlocked
        // The shadow covers the boundary at the step count that it ends with.
        let isShadowed = state.interruptShadowEnd != 0 && state.interruptShadowEnd >= state.steps
        shadowLeft = isShadowed ? state.interruptShadowEnd - state.steps + 1 : 0
        pendingDebugStatus = state.pendingDebugStatus
        resumeLeft = isResuming ? state.resumeEnd - state.steps : 0
        halted = state.halted
        x87 = X87(state.x87)
        xmm = (0..<8).flatMap { [state.xmm[$0].low, state.xmm[$0].high] }
        mxcsr = state.mxcsr
    }

    func validate() throws(SnapshotError) {
        guard general.count == 8, segments.count == 8, control.count == 4, debug.count == 8, cpl < 4, x87.isValid,
            xmm.count == 16, mxcsr <= 0xFFFF, shadowLeft <= 1 << 32, resumeLeft <= 1 << 32
        else { throw SnapshotError("the processor's state is inconsistent") }
    }

    /// Puts the saved registers into `state`. ``validate()`` has been passed.
    func store(in state: inout ProcessorState) {
        for index in 0..<8 {
            state.general[index] = general[index]
            state.debugRegisters[index] = debug[index]
            state.testRegisters[index] = test[index]
        }
        for index in 0..<4 { state.pageDirectoryPointers[index] = pageDirectoryPointers[index] }
        state.modelSpecific.words = modelSpecific
        for index in 0..<6 { segments[index].store(in: &state.segments[index]) }
        segments[6].store(in: &state.ldtr)
        segments[7].store(in: &state.tr)
        state.eip = eip
        state.arithmeticFlags = LazyFlags(bits: flags)
        state.systemFlags = flags & ~Self.arithmeticMask | (isResuming ? Self.resumeFlag : 0)
        state.gdtBase = gdtBase
        state.gdtLimit = gdtLimit
        state.idtBase = idtBase
        state.idtLimit = idtLimit
        state.cr0 = control[0]
        state.cr2 = control[1]
        state.cr3 = control[2]
        state.cr4 = control[3]
        state.cpl = cpl
        state.a20Mask = a20IsOpen ? 0xFFFF_FFFF : ~(1 << 20)
        state.steps = steps
        state.timestampOffset = timestampOffset
        state.interruptRequested = interruptRequested
        state.nmiRequested = nmiRequested
        state.nmiBlocked = nmiBlocked
        state.interruptShadowEnd = shadowLeft == 0 ? 0 : steps &+ shadowLeft &- 1
        state.pendingDebugStatus = pendingDebugStatus
        state.resumeEnd = isResuming ? steps &+ resumeLeft : 0
        state.halted = halted
        x87.store(in: &state.x87)
        for index in 0..<8 {
            state.xmm[index] = XMM(xmm[index * 2], xmm[index * 2 + 1])
        }
        state.mxcsr = mxcsr
    }

    /// CF, PF, AF, ZF, SF, OF.
    private static let arithmeticMask: UInt32 = 0x8D5
}
