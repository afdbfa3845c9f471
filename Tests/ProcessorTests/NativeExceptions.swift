@testable import Processor

/// A difference between a real processor and ours that is known, and why ours stays as it is.
///
/// **Constraint.** The manual leaves some things open, processors of AMD (which the host may have) do some things
/// otherwise than Intel's manual says, and between the processor and the test are a kernel and perhaps a hypervisor.
///
/// **Choice.** ``all`` is the only place for these. Each entry says what it takes out of the comparison and when: as a
/// rule only if the instruction in question is the one that faulted. It is looked at only in a case that differs, and
/// ``NativeComparison`` counts how many cases each one excused.
///
/// **Example.** `cmps` whose two operands both fault: either may be read first.
struct NativeException: Sendable {
    let reason: String
    let ignored: NativeDifferences.Ignored
    let applies: @Sendable (Circumstances) -> Bool

    private init(
        _ reason: String, _ ignored: NativeDifferences.Ignored,
        when applies: @escaping @Sendable (Circumstances) -> Bool
    ) {
        (self.reason, self.ignored, self.applies) = (reason, ignored, applies)
    }

    /// A case that differs.
    struct Circumstances {
        let test: CaseGenerator.Case
        let expected: NativeResult
        let actual: NativeResult
        /// All instructions of the case.
        let mnemonics: Set<String>
        /// Those at which one of the two processors met a fault.
        let faulting: [OpcodeRow]

        init(_ test: CaseGenerator.Case, _ expected: NativeResult, _ actual: NativeResult) {
            (self.test, self.expected, self.actual) = (test, expected, actual)
            mnemonics = Set(test.rows.map { OpcodeTable.rows[$0].mnemonic })
            faulting = [expected, actual].compactMap { $0.isFault ? test.row(at: $0.eip) : nil }
        }

        /// #NP, #SS, #GP, #PF, #AC.
        private static let memoryFaults: Set<UInt32> = [11, 12, 13, 14, 17]

        func faults(_ mnemonics: String...) -> Bool { faulting.contains { mnemonics.contains($0.mnemonic) } }
        var isMemoryFault: Bool { Self.memoryFaults.contains(expected.vector) }
        /// Both have failed to access memory, but with another exception.
        var faultsDiffer: Bool {
            isMemoryFault && Self.memoryFaults.contains(actual.vector) && expected.vector != actual.vector
        }
        func vectors(_ expected: UInt32, _ actual: UInt32) -> Bool {
            self.expected.vector == expected && self.actual.vector == actual
        }
        var isX87: Bool { faulting.contains { $0.flags.contains(.x87) } }
        /// Some x87 exception was not masked at some time.
        var isUnmasked: Bool {
            test.test.fx.control & X87Control.masks != X87Control.masks
                || !mnemonics.isDisjoint(with: ["fldcw", "fldenv", "frstor", "fxrstor"])
        }
        /// Instructions may have been executed that are not those of the case.
        var overwritesCode: Bool {
            let code = test.test.eip..<test.test.eip + UInt32(test.end)
            return changes.contains { code.overlaps($0.address..<$0.address + 4) }
        }
        /// Memory differs in nothing but words that the real processor has set to zero behind one that both wrote.
        var upperHalvesDiffer: Bool {
            expected.changeCount == actual.changeCount && changes.contains { $0.expected != $0.actual }
                && changes.allSatisfy { change in
                    change.address == change.actualAddress
                        && (change.expected == change.actual || change.expected == change.actual & 0xFFFF)
                }
        }
        /// The doublewords that the two processors have changed, one by one.
        private var changes: [(address: UInt32, actualAddress: UInt32, expected: UInt32, actual: UInt32)] {
            (0..<Int(min(expected.changeCount, actual.changeCount, 192))).map { index in
                (
                    expected.changes[index * 2], actual.changes[index * 2], expected.changes[index * 2 + 1],
                    actual.changes[index * 2 + 1]
                )
            }
        }
        /// The real processor raised #GP at a conditional jump that ends its segment, or nearly.
        var faultsAtLastBranch: Bool {
            let selector = expected.selectors[1]
            guard expected.vector == 13, selector & 4 != 0, LocalDescriptor.all.indices.contains(Int(selector >> 3)),
                let mnemonic = test.row(at: expected.eip)?.mnemonic
            else { return false }
            let segment = LocalDescriptor.all[Int(selector >> 3)]
            return !segment.isInPages && segment.limit &- expected.eip < 6
                && (mnemonic.hasPrefix("loop") || mnemonic.hasPrefix("j") && !mnemonic.hasPrefix("jmp"))
        }
        var comparesX87: Bool {
            mnemonics.contains {
                $0.hasPrefix("fcom") || $0.hasPrefix("fucom") || $0.hasPrefix("ficom") || $0 == "ftst"
            }
        }
    }

    static let all: [NativeException] = harness + manual + amd

    // MARK: What is between the processor and the test

    private static let harness: [NativeException] = [
        NativeException("a case that does not end is interrupted anywhere", .everything) {
            $0.vectors(NativeResult.notEnding, NativeResult.notEnding)
        },
        NativeException("data pages cannot be executed natively: the error code has I/D", .everything) {
            $0.expected.vector == 14 && $0.expected.errorCode & 1 << 4 != 0
                && $0.expected.cr2 &- NativeProcessor.data < NativeProcessor.dataSize
        },
        NativeException("selector 30h is Linux's 64-bit code segment: another mode", .everything) {
            $0.expected.selectors[1] & ~3 == 0x30 || $0.actual.selectors[1] & ~3 == 0x30
        },
        NativeException("in long mode there are no tasks: `iret` with NT is #GP (SDM vol. 2, IRET)", .everything) {
            $0.vectors(13, 10) && $0.faults("iret|iretd")
        },
    ]

    // MARK: What the manual leaves open

    private static let manual: [NativeException] = [
        NativeException("which of two operands is read first (SDM vol. 2, CMPS)", .faultAddress) {
            $0.expected.vector == 14 && $0.faults("cmps")
        },
        NativeException("which of two operands is read first (SDM vol. 2, CMPS)", .everything) {
            $0.faultsDiffer && $0.faults("cmps")
        },
        NativeException("in which order the parts of a frame are read (SDM vol. 2, RET, IRET)", .faultAddress) {
            $0.expected.vector == 14 && $0.faults("retf", "iret|iretd")
        },
        NativeException(
            "whether a segment register is pushed or popped as two bytes or four (SDM vol. 2, PUSH)", .everything
        ) {
            // Either of them may be at fault, and what is not aligned may be noticed an instruction apart.
            ($0.expected.vector != $0.actual.vector || $0.expected.vector == 17 && $0.expected.eip != $0.actual.eip)
                && $0.faulting.contains { $0.operands.contains(where: CaseGenerator.segmentOperands.contains) }
        },
        NativeException(
            "whether what code that the case has overwritten pushes of a segment register is four bytes (SDM vol. 2, PUSH)",
            .memory
        ) {
            $0.overwritesCode && $0.upperHalvesDiffer
        },
        NativeException("in which order a state or 80 bits are accessed (SDM vol. 2, FLDENV, FXRSTOR)", .faultAddress) {
            $0.isMemoryFault && ($0.isX87 || $0.faults("fxsave", "fxrstor"))
        },
        NativeException("in which order a state or 80 bits are accessed (SDM vol. 2, FLDENV, FXRSTOR)", .everything) {
            $0.faultsDiffer && ($0.isX87 || $0.faults("fxsave", "fxrstor"))
        },
        NativeException("whether misalignment is #AC or #GP (SDM vol. 2, FXSAVE, \"#AC\")", .everything) {
            $0.vectors(17, 13) && $0.faults("fxsave", "fxrstor")
        },
        NativeException(
            "misaligned and beyond the stack segment's limit: #GP or #SS (SDM vol. 3A, table 6-2)", .everything
        ) {
            $0.vectors(13, 12) && $0.faulting.contains { $0.operands.contains(.wx) || $0.operands.contains(.mx) }
        },
        NativeException("whether a store that an unmasked exception prevents touches its operand", .everything) {
            $0.isMemoryFault && $0.isX87 && $0.isUnmasked
        },
        NativeException("whether an access that wraps at 4 GiB is #GP (SDM vol. 3A, 5.3)", .everything) {
            $0.actual.vector == 13 && $0.faults("maskmovq", "maskmovdqu") && $0.actual.general[7] > 0xFFFF_FFF0
        },
        NativeException("which approximation is returned (SDM vol. 2, RCPPS, RSQRTPS)", .approximations) {
            !$0.mnemonics.isDisjoint(with: CaseGenerator.approximations)
        },
    ]

    // MARK: Where processors of AMD and Intel's manual differ

    private static let amd: [NativeException] = [
        NativeException(
            "AMD checks `enter`'s access to the final stack for alignment (SDM vol. 2, ENTER)", .everything
        ) {
            $0.expected.vector == 17 && $0.faults("enter")
        },
        NativeException(
            "AMD looks at the limit of a call's target when it has pushed (SDM vol. 2, CALL)", .everything
        ) {
            $0.faultsDiffer && $0.actual.vector == 13 && $0.faults("call")
        },
        NativeException("AMD does not want `arpl`'s destination writable if it is not changed", .everything) {
            ($0.actual.vector == 13 || $0.actual.vector == 12 || $0.actual.vector == 14) && $0.faults("arpl")
        },
        NativeException("AMD checks alignment of locked operands before paging (SDM vol. 3A, table 6-2)", .everything) {
            $0.vectors(17, 14) && $0.faults("cmpxchg8b")
        },
        NativeException("AMD leaves the first half of what a far call pushes if the second faults", .memory) {
            $0.isMemoryFault && $0.faults("call far")
        },
        NativeException("AMD's `popa` changes registers before it faults (against SDM vol. 3A, 6.5)", .everything) {
            $0.isMemoryFault && $0.faults("popa|popad")
        },
        NativeException(
            "AMD reads the outer stack before it looks at the selector (SDM vol. 2, RET, IRET)", .everything
        ) {
            $0.faultsDiffer && ($0.actual.vector == 13 || $0.actual.vector == 11) && $0.faults("retf", "iret|iretd")
        },
        NativeException("AMD's MXCSR has MM in bit 17 (APM vol. 1, 4.2.2)", .everything) {
            $0.expected.fx.mxcsr & MXCSR.misaligned != 0
        },
        // "If the offset being jumped to is beyond the limits" is the only reason for #GP (SDM vol. 2, Jcc). The same
        // jump at the end of a segment, taken 300 times by an EPYC, raised #GP 1 to 278 times, as its predictor had it.
        NativeException("AMD looks at the limit behind a jump that is taken, but was not predicted to be", .everything)
        {
            $0.faultsAtLastBranch && $0.actual.eip != $0.expected.eip
        },
        // "The status flags in the EFLAGS register are set only if the exception is masked" (SDM vol. 2, FCOMI; FCOM
        // alike for the condition codes).
        NativeException("AMD's comparisons set flags though an exception is not masked", .comparison) {
            $0.comparesX87 && ($0.expected.fx.status | $0.actual.fx.status) & X87Status.errorSummary != 0
        },
        NativeException("AMD's comparisons set flags though an exception is not masked; used later", .everything) {
            $0.comparesX87 && $0.isUnmasked && $0.test.rows.count > 1
        },
    ]
}

extension CaseGenerator.Case {
    /// In what the results differ but for known differences, and the reasons for those.
    func compare(_ expected: NativeResult, _ actual: NativeResult) -> (differences: [String], excuses: [String]) {
        var ignored = NativeDifferences.Ignored(flags: flagsNotCompared(expected))
        let differences = NativeDifferences(expected, actual, ignored).all
        if differences.isEmpty { return ([], []) }
        let circumstances = NativeException.Circumstances(self, expected, actual)
        let exceptions = NativeException.all.filter { $0.applies(circumstances) }
        for exception in exceptions { ignored.formUnion(exception.ignored) }
        return (NativeDifferences(expected, actual, ignored).all, exceptions.map(\.reason))
    }

    /// Flags that the manual leaves undefined behind the last instruction. Behind a fault the flags are those before
    /// the instruction, which are defined, unless it is fetching that fails.
    func flagsNotCompared(_ expected: NativeResult) -> UInt32 {
        switch expected.vector {
        // Undefined behind `div`, `idiv` and `aam`, and AMD's processors change them before the fault, too.
        case 0: return Flag.arithmetic
        // A trap may be behind any instruction.
        case 1: return undefinedFlagsOfAll
        case 3: return undefinedFlags
        case 13, 14:
            let place = test.codeBase &+ expected.eip
            let limits = [NativeProcessor.codeEnd, LocalDescriptor.all[13].base + LocalDescriptor.all[13].limit + 1]
            if limits.contains(where: { place <= $0 && $0 - place < 15 }) { return undefinedFlagsOfAll }
            // Where the case leads to, or what it has made of the jump at its end.
            return row(at: expected.eip) == nil ? undefinedFlags : 0
        default: return row(at: expected.eip) == nil ? undefinedFlags : 0
        }
    }
}

extension MXCSR {
    /// MM, of AMD's processors: operands in memory need not be aligned (APM vol. 1, 4.2.2).
    static let misaligned: UInt32 = 1 << 17
}
