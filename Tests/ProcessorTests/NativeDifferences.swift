@testable import Processor

/// In what two results of a case differ.
struct NativeDifferences {
    /// One line each.
    private(set) var all: [String] = []

    /// Where the manual leaves something undefined, or real processors are known to do otherwise than it says, that is
    /// not compared.
    init(_ expected: NativeResult, _ actual: NativeResult, _ exceptions: NativeExceptions = NativeExceptions()) {
        guard !exceptions.isEverything else { return }
        compare("vector", expected.vector, actual.vector)
        compare("eip", expected.eip, actual.eip)
        // I/D in the error code of a page fault is set only where no-execute pages are in use (SDM vol. 3A, 4.7).
        let fetch: UInt32 = expected.vector == 14 ? 1 << 4 : 0
        compare("error code", expected.errorCode & ~fetch, actual.errorCode & ~fetch)
        if !exceptions.faultAddress { compare("cr2", expected.cr2, actual.cr2) }
        compare("eflags", expected.eflags & ~exceptions.flags, actual.eflags & ~exceptions.flags)
        for (index, name) in ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"].enumerated() {
            compare(name, expected.general[index], actual.general[index])
        }
        for (index, name) in ["es", "cs", "ss", "ds", "fs", "gs"].enumerated() {
            // When the host's kernel runs another thread in between, it gives back 0 for any null selector.
            let isNull = expected.selectors[index] < 4 && actual.selectors[index] < 4
            if !isNull { compare(name, expected.selectors[index], actual.selectors[index]) }
        }
        if !exceptions.memory { compareMemory(expected, actual) }
        compareFX(expected.fx, actual.fx, conditionCodes: !exceptions.conditionCodes)
    }

    private mutating func compare<T: BinaryInteger>(_ name: String, _ expected: T, _ actual: T) {
        if expected != actual {
            all.append("\(name) \(String(expected, radix: 16)) but \(String(actual, radix: 16))")
        }
    }

    private mutating func compareMemory(_ expected: NativeResult, _ actual: NativeResult) {
        compare("changes", expected.changeCount, actual.changeCount)
        for index in 0..<Int(min(expected.changeCount, actual.changeCount, 192)) {
            let (address, value) = (expected.changes[index * 2], expected.changes[index * 2 + 1])
            if address == actual.changes[index * 2] {
                compare("[\(String(address, radix: 16))]", value, actual.changes[index * 2 + 1])
            } else {
                compare("address", address, actual.changes[index * 2])
                break
            }
        }
    }

    /// The pointers to the last x87 instruction and its operand are compared only while an unmasked exception is
    /// pending: at other times processors of AMD do not keep them up to date (APM vol. 2, 11.4.4).
    private mutating func compareFX(_ expected: FXImage, _ actual: FXImage, conditionCodes: Bool) {
        compare("fcw", expected.control, actual.control)
        let ignored = conditionCodes ? 0 : X87Status.conditions
        compare("fsw", expected.status & ~ignored, actual.status & ~ignored)
        compare("valid x87 registers", expected.validRegisters, actual.validRegisters)
        compare("mxcsr", expected.mxcsr, actual.mxcsr)
        if expected.status & X87Status.errorSummary != 0 {
            compare("fop", expected.opcode, actual.opcode)
            compare("fip", expected.instructionOffset, actual.instructionOffset)
            compare("fdp", expected.dataOffset, actual.dataOffset)
        }
        for index in 0..<8 {
            let (left, right) = (expected.st(index), actual.st(index))
            compare("st\(index) significand", left.significand, right.significand)
            compare("st\(index) sign and exponent", left.signExponent, right.signExponent)
            let (wide, other) = (expected.xmm(index), actual.xmm(index))
            compare("xmm\(index) low", wide.low, other.low)
            compare("xmm\(index) high", wide.high, other.high)
        }
    }
}

/// What is not compared in a case, and why.
struct NativeExceptions {
    var isEverything = false
    var flags: UInt32 = 0
    var memory = false
    var faultAddress = false
    var conditionCodes = false

    /// #NP, #SS, #GP, #PF, #AC.
    private static let memoryFaults: Set<UInt32> = [11, 12, 13, 14, 17]

    init() {}

    init(_ test: CaseGenerator.Case, _ expected: NativeResult, _ actual: NativeResult) {
        let mnemonics = test.rows.map { OpcodeTable.rows[$0].mnemonic }
        flags = undefinedFlags(test, expected)
        // The jump that ends a case has been overwritten; ours has a breakpoint there.
        let finish = NativeProcessor.finish & ~3
        isEverything = (0..<Int(min(expected.changeCount, 192))).contains { expected.changes[$0 * 2] &- finish < 8 }
        // `enter` tries whether the final stack can be written (SDM vol. 2, ENTER, "#PF"); on processors of AMD this
        // access is checked for alignment.
        if expected.vector == 17 && mnemonics.contains("enter") { isEverything = true }
        // Whether `push` and `pop` of a segment register in 32 bits access two bytes or four (SDM vol. 2, PUSH).
        let accessesSegments = test.rows.contains {
            OpcodeTable.rows[$0].operands.contains(where: CaseGenerator.segmentOperands.contains)
        }
        // Processors of AMD look at the limit of a call's target when they have pushed.
        if expected.vector == 17 && actual.vector == 13 && mnemonics.contains("call") { isEverything = true }
        // Alignment is a matter of that too, and may be noticed an instruction apart.
        let isElsewhere = expected.vector == 17 && expected.eip != actual.eip
        if accessesSegments, Self.memoryFaults.contains(expected.vector) {
            if expected.vector != actual.vector || isElsewhere { isEverything = true }
        }
        // Whether `arpl` that changes nothing wants a destination that can be written: for ours (as for QEMU and Bochs) it
        // does, for processors of AMD it does not.
        if mnemonics.contains("arpl"), Self.memoryFaults.contains(actual.vector) { isEverything = true }
        // A page fault comes before an alignment check (SDM vol. 3A, table 6-2), but not on processors of AMD for
        // locked operands.
        if expected.vector == 17 && actual.vector == 14 && mnemonics.contains("cmpxchg8b") { isEverything = true }
        // Processors of AMD leave the first doubleword that a far call pushes in memory when the second one faults.
        if expected.vector != 3 && mnemonics.contains("call far") { memory = true }
        // Processors of AMD change registers one by one; ours, as SDM vol. 3A, 6.5 has it, none before a fault.
        if expected.vector != 3 && mnemonics.contains("popa|popad") { isEverything = true }
        let faultsDiffer =
            expected.vector != actual.vector && Self.memoryFaults.contains(expected.vector)
            && Self.memoryFaults.contains(actual.vector)
        exceptX87(test, mnemonics, expected, actual, faultsDiffer: faultsDiffer)
        // Which of two operands that fault is read first the manual does not say.
        if mnemonics.contains("cmps") {
            if expected.vector == 14 { faultAddress = true }
            if faultsDiffer { isEverything = true }
        }
        // Processors of AMD read the outer stack before they look at the selector; the manual's order is the other one.
        if faultsDiffer && actual.vector == 13 && mnemonics.contains("retf") { isEverything = true }
        // The order in which the parts of a frame are read.
        if expected.vector == 14, mnemonics.contains("retf") || mnemonics.contains("iret|iretd") {
            faultAddress = true
        }
        // `iret` with NT is #GP in long mode, where there are no tasks (SDM vol. 2, IRET); ours fails to find the task.
        if expected.vector == 13 && actual.vector == 10 && mnemonics.contains("iret|iretd") { isEverything = true }
        // Natively the data pages cannot be executed: I/D is set, and the address is theirs.
        if expected.vector == 14, expected.errorCode & 1 << 4 != 0, expected.cr2 >= NativeProcessor.data,
            expected.cr2 < NativeProcessor.data + NativeProcessor.dataSize
        {
            isEverything = true
        }
    }

    private mutating func exceptX87(
        _ test: CaseGenerator.Case, _ mnemonics: [String], _ expected: NativeResult, _ actual: NativeResult,
        faultsDiffer: Bool
    ) {
        guard mnemonics.contains(where: { $0.hasPrefix("f") }) else { return }
        let isMemoryFault = Self.memoryFaults.contains(expected.vector)
        // Environments are stored and loaded in pieces of no particular order; so are 80 bits.
        if isMemoryFault { faultAddress = true }
        if faultsDiffer { isEverything = true }
        let compares = mnemonics.contains { $0.contains("com") || $0 == "ftst" }
        let isUnmasked =
            test.test.fx.control & X87Control.masks != X87Control.masks
            || mnemonics.contains { ["fldcw", "fldenv", "frstor"].contains($0) }
        if compares && isUnmasked && mnemonics.count > 1 { isEverything = true }
        // Whether a store that an unmasked exception prevents touches its operand.
        if isMemoryFault && isUnmasked { isEverything = true }
        guard (expected.fx.status | actual.fx.status) & X87Status.errorSummary != 0 else { return }
        // "The status flags in the EFLAGS register are set only if the exception is masked" (SDM vol. 2, FCOMI; FCOM
        // alike for the condition codes); processors of AMD set them in any case.
        if compares {
            conditionCodes = true
            flags = Flag.arithmetic
        }
    }

    /// Behind a fault the flags are those before the instruction, which are defined, unless it is fetching that fails.
    private func undefinedFlags(_ test: CaseGenerator.Case, _ expected: NativeResult) -> UInt32 {
        switch expected.vector {
        // Undefined behind `div`, `idiv` and `aam`, and AMD's processors change them before the fault, too.
        case 0: return Flag.arithmetic
        // A trap may be behind any instruction.
        case 1: return test.undefinedFlagsOfAll
        case 3: return test.undefinedFlags
        case 13, 14:
            let place = test.test.codeBase &+ expected.eip
            let limits = [NativeProcessor.codeEnd, LocalDescriptor.all[13].base + LocalDescriptor.all[13].limit + 1]
            return limits.contains { place <= $0 && $0 - place < 15 } ? test.undefinedFlagsOfAll : 0
        default: return 0
        }
    }
}
