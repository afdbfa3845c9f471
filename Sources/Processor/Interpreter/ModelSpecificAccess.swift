/// `rdmsr`, `wrmsr` and `rdpmc`: which model-specific registers a model has, and which values they accept (SDM vol. 4).
///
/// A register that the model does not have, and a reserved bit that is set, are #GP(0): software probes with that.
extension Core {
    /// `rdmsr`: register number in ECX, value in EDX:EAX.
    func readModelSpecificRegister() throws(Fault) {
        guard context.pointee.model.hasModelSpecificRegisters else { throw .invalidOpcode }
        try requireFullPrivilege()
        guard let value = modelSpecificValue(state.pointee.general[1]) else { throw .generalProtection(0) }
        note(.modelSpecificRead(register: state.pointee.general[1], value: value))
        setPair(value)
    }

    /// `wrmsr`. What follows in the instruction stream is to be fetched anew.
    func writeModelSpecificRegister() throws(Fault) {
        guard context.pointee.model.hasModelSpecificRegisters else { throw .invalidOpcode }
        try requireFullPrivilege()
        let value = UInt64(state.pointee.general[2]) << 32 | UInt64(state.pointee.general[0])
        guard setModelSpecificValue(state.pointee.general[1], value) else { throw .generalProtection(0) }
        note(.modelSpecificWrite(register: state.pointee.general[1], value: value))
    }

    /// `rdpmc`: the counters exist and stand still. At every level in real mode or with CR4.PCE, otherwise privileged.
    func readPerformanceCounter() throws(Fault) {
        let model = context.pointee.model
        guard model.generation >= .pentiumPro else { throw .invalidOpcode }
        if state.pointee.cr4 & ControlRegister.performanceCounterEnable == 0, !isRealMode { try requireFullPrivilege() }
        let number = state.pointee.general[1]
        if model.generation < .pentium4 {
            guard number < 2 else { throw .generalProtection(0) }
            setPair(state.pointee.modelSpecific.performance[Int(number & 1)])
        } else {
            // Eighteen counters, none of which can be started; bit 31 asks for the low half only.
            guard number & 0x7FFF_FFFF < 18 else { throw .generalProtection(0) }
            setPair(0)
        }
    }

    func setPair(_ value: UInt64) {
        state.pointee.general[0] = UInt32(truncatingIfNeeded: value)
        state.pointee.general[2] = UInt32(truncatingIfNeeded: value >> 32)
    }

    // MARK: Values

    /// The value of register `number`; nil if there is none that can be read.
    func modelSpecificValue(_ number: UInt32) -> UInt64? {
        let model = context.pointee.model
        let isP6 = model.generation >= .pentiumPro
        switch number {
        case ModelSpecificRegister.timestamp: return timestamp
        case ModelSpecificRegister.platformID where isP6: return 0
        case ModelSpecificRegister.powerOnConfiguration where isP6: return 0
        case ModelSpecificRegister.apicBase where isP6: return state.pointee.modelSpecific.apicBase
        case ModelSpecificRegister.updateSignature where isP6: return state.pointee.modelSpecific.updateSignature
        case ModelSpecificRegister.miscellaneousEnable where model.generation >= .pentium4:
            return state.pointee.modelSpecific.miscellaneousEnable
        case ModelSpecificRegister.sysenterCS where model.has(CPUFeature.fastSystemCalls):
            return UInt64(state.pointee.modelSpecific.sysenterCS)
        case ModelSpecificRegister.sysenterESP where model.has(CPUFeature.fastSystemCalls):
            return UInt64(state.pointee.modelSpecific.sysenterESP)
        case ModelSpecificRegister.sysenterEIP where model.has(CPUFeature.fastSystemCalls):
            return UInt64(state.pointee.modelSpecific.sysenterEIP)
        case ModelSpecificRegister.pageAttributeTable where model.has(CPUFeature.pageAttributeTable):
            return state.pointee.modelSpecific.pageAttributeTable
        case ModelSpecificRegister.efer where model.hasExecuteDisable:
            return UInt64(state.pointee.modelSpecific.efer)
        default: break
        }
        if let index = performanceRegister(number) { return state.pointee.modelSpecific.performance[index] }
        guard model.has(CPUFeature.memoryTypeRanges) else { return nil }
        switch number {
        case ModelSpecificRegister.memoryTypeCapabilities:
            // Eight variable ranges, fixed ranges, write combining.
            return 8 | 1 << 8 | 1 << 10
        case ModelSpecificRegister.memoryTypeDefault: return state.pointee.modelSpecific.memoryTypeDefault
        default:
            if let index = variableRange(number) { return state.pointee.modelSpecific.memoryTypeVariable[index] }
            if let index = fixedRange(number) { return state.pointee.modelSpecific.memoryTypeFixed[index] }
            return nil
        }
    }

    /// False if there is no register `number` that can be written, or not with this value.
    private func setModelSpecificValue(_ number: UInt32, _ value: UInt64) -> Bool {
        let model = context.pointee.model
        let isP6 = model.generation >= .pentiumPro
        switch number {
        case ModelSpecificRegister.timestamp:
            // The P6 clears the high half, whatever is written to it (SDM vol. 3B, 17.17).
            let clearsHigh = isP6 && model.generation < .pentium4
            state.pointee.timestampOffset = (clearsHigh ? value & 0xFFFF_FFFF : value) &- state.pointee.steps
        case ModelSpecificRegister.apicBase where isP6:
            // Once disabled, the APIC stays so until a reset; being the bootstrap processor is not to be changed
            // either.
            guard value & ~(Self.physicalMask | 0x900) == 0 else { return false }
            state.pointee.modelSpecific.apicBase = value & Self.physicalMask | 0x100
        case ModelSpecificRegister.updateTrigger where isP6:
            // An update that the processor does not recognise is not loaded, and nothing else happens.
            break
        case ModelSpecificRegister.updateSignature where isP6: state.pointee.modelSpecific.updateSignature = value
        case ModelSpecificRegister.miscellaneousEnable where model.generation >= .pentium4:
            // Bits that switch something which makes no difference here; 7, 11 and 12 can only be read.
            let writable: UInt64 = 0x01C8_275D
            let readOnly: UInt64 = 0x1880
            guard value & ~(writable | readOnly) == 0 else { return false }
            let old = state.pointee.modelSpecific.miscellaneousEnable
            state.pointee.modelSpecific.miscellaneousEnable = old & readOnly | value & writable
        // 32-bit registers: the high half does not matter.
        case ModelSpecificRegister.sysenterCS where model.has(CPUFeature.fastSystemCalls):
            state.pointee.modelSpecific.sysenterCS = UInt32(truncatingIfNeeded: value)
        case ModelSpecificRegister.sysenterESP where model.has(CPUFeature.fastSystemCalls):
            state.pointee.modelSpecific.sysenterESP = UInt32(truncatingIfNeeded: value)
        case ModelSpecificRegister.sysenterEIP where model.has(CPUFeature.fastSystemCalls):
            state.pointee.modelSpecific.sysenterEIP = UInt32(truncatingIfNeeded: value)
        case ModelSpecificRegister.pageAttributeTable where model.has(CPUFeature.pageAttributeTable):
            // Uncached minus (7) exists here and not in MTRRs.
            guard Self.areMemoryTypes(value, allowed: 0b1111_0011) else { return false }
            state.pointee.modelSpecific.pageAttributeTable = value
            flushTLB(includingGlobal: true)
        case ModelSpecificRegister.efer where model.hasExecuteDisable:
            guard value & ~UInt64(ExtendedFeatureEnable.executeDisable) == 0 else { return false }
            state.pointee.modelSpecific.efer = UInt32(truncatingIfNeeded: value)
            // What bit 63 of an entry means has changed.
            flushTLB(includingGlobal: true)
        default:
            if let index = performanceRegister(number) {
                state.pointee.modelSpecific.performance[index] = value
                return true
            }
            guard model.has(CPUFeature.memoryTypeRanges), setMemoryTypeRange(number, value) else { return false }
            // Writing an MTRR flushes the TLBs (SDM vol. 3A, 11.9).
            flushTLB(includingGlobal: true)
        }
        return true
    }

    /// MTRRs: SDM vol. 3A, 11.11.2.
    private func setMemoryTypeRange(_ number: UInt32, _ value: UInt64) -> Bool {
        if number == ModelSpecificRegister.memoryTypeDefault {
            // The type, and enables for the fixed ranges (10) and for all (11).
            guard value & ~0xCFF == 0, Self.areMemoryTypes(value & 0xFF) else { return false }
            state.pointee.modelSpecific.memoryTypeDefault = value
        } else if let index = variableRange(number) {
            if index & 1 == 0 {
                guard value & ~(Self.physicalMask | 0xFF) == 0, Self.areMemoryTypes(value & 0xFF) else { return false }
            } else {
                guard value & ~(Self.physicalMask | 1 << 11) == 0 else { return false }
            }
            state.pointee.modelSpecific.memoryTypeVariable[index] = value
        } else if let index = fixedRange(number) {
            guard Self.areMemoryTypes(value) else { return false }
            state.pointee.modelSpecific.memoryTypeFixed[index] = value
        } else {
            return false
        }
        return true
    }

    /// Bits 12-35: a page of the physical address space.
    private static let physicalMask: UInt64 = 0xF_FFFF_F000

    /// Whether each of the eight bytes is a memory type: uncacheable (0), write-combining (1), write-through (4),
    /// write-protected (5), write-back (6). Bit n of `allowed`: type n is one.
    private static func areMemoryTypes(_ value: UInt64, allowed: UInt32 = 0b0111_0011) -> Bool {
        for index in 0..<8 as Range<UInt64> {
            let type = value >> (index * 8) & 0xFF
            guard type < 8, allowed >> UInt32(truncatingIfNeeded: type) & 1 != 0 else { return false }
        }
        return true
    }

    /// Which of the sixteen registers of variable ranges; nil if none.
    private func variableRange(_ number: UInt32) -> Int? {
        let index = number &- ModelSpecificRegister.memoryTypeVariable
        return index < 16 ? Int(index) : nil
    }

    private func fixedRange(_ number: UInt32) -> Int? {
        (0..<11).first { ModelSpecificRegister.memoryTypeFixed[$0] == number }
    }

    /// Which of the P6's performance registers; nil if none, or another processor.
    private func performanceRegister(_ number: UInt32) -> Int? {
        let generation = context.pointee.model.generation
        guard generation >= .pentiumPro, generation < .pentium4 else { return nil }
        switch number &- ModelSpecificRegister.performanceCounter {
        case 0: return 0
        case 1: return 1
        default: break
        }
        switch number &- ModelSpecificRegister.eventSelect {
        case 0: return 2
        case 1: return 3
        default: return nil
        }
    }
}

extension Processor {
    /// The value of a model-specific register; nil if this model has none of the number that can be read.
    public func modelSpecificRegister(_ number: UInt32) -> UInt64? { Core(context).modelSpecificValue(number) }

    /// The numbers of all model-specific registers that can be read, ascending.
    public var modelSpecificRegisterNumbers: [UInt32] {
        typealias Number = ModelSpecificRegister
        let single = [
            Number.timestamp, Number.platformID, Number.apicBase, Number.powerOnConfiguration, Number.updateSignature,
            Number.performanceCounter, Number.performanceCounter + 1, Number.memoryTypeCapabilities, Number.sysenterCS,
            Number.sysenterESP, Number.sysenterEIP, Number.eventSelect, Number.eventSelect + 1,
            Number.miscellaneousEnable,
            Number.pageAttributeTable, Number.memoryTypeDefault, Number.efer,
        ]
        let ranges = (0..<16).map { Number.memoryTypeVariable + $0 } + (0..<11).map { Number.memoryTypeFixed[$0] }
        return (single + ranges).filter { modelSpecificRegister($0) != nil }.sorted()
    }
}
