/// `cpuid`, the time-stamp counter and model-specific registers.
extension Core {
    /// `cpuid`: leaf in EAX; answers in EAX, EBX, ECX, EDX.
    func identify() throws(Fault) {
        let model = context.pointee.model
        guard let features = model.features else { throw .invalidOpcode }
        // Leaves beyond the highest answer as the highest basic one does (SDM vol. 2, CPUID).
        let leaf = min(state.pointee.general[0], model.highestLeaf)
        let answer: (eax: UInt32, ecx: UInt32, edx: UInt32, ebx: UInt32)
        switch leaf {
        case 0:
            // "GenuineIntel": software takes the features of other vendors' processors for granted or not by name.
            answer = (model.highestLeaf, 0x6C65_746E, 0x4965_6E69, 0x756E_6547)
        case 1:
            answer = (model.signature, 0, features, 0)
        default:
            let caches = model.cacheDescriptors
            answer = (caches[0], caches[2], caches[3], caches[1])
        }
        state.pointee.general[0] = answer.eax
        state.pointee.general[1] = answer.ecx
        state.pointee.general[2] = answer.edx
        state.pointee.general[3] = answer.ebx
    }

    /// The time-stamp counter: steps, moved by what was written to it. It counts one cycle for each step.
    var timestamp: UInt64 { state.pointee.steps &+ state.pointee.timestampOffset }

    /// `rdtsc`.
    func readTimestamp() throws(Fault) {
        guard context.pointee.model.hasTimestamp else { throw .invalidOpcode }
        if state.pointee.cr4 & ControlRegister.timestampDisable != 0, !isRealMode {
            try requireFullPrivilege()
        }
        setPair(timestamp)
    }

    /// `rdmsr`: register number in ECX, value in EDX:EAX.
    func readModelSpecificRegister() throws(Fault) {
        guard context.pointee.model.hasModelSpecificRegisters else { throw .invalidOpcode }
        try requireFullPrivilege()
        switch state.pointee.general[1] {
        case ModelSpecificRegister.timestamp: setPair(timestamp)
        default: throw .generalProtection(0)
        }
    }

    /// `wrmsr`.
    func writeModelSpecificRegister() throws(Fault) {
        guard context.pointee.model.hasModelSpecificRegisters else { throw .invalidOpcode }
        try requireFullPrivilege()
        let value = UInt64(state.pointee.general[2]) << 32 | UInt64(state.pointee.general[0])
        switch state.pointee.general[1] {
        case ModelSpecificRegister.timestamp: state.pointee.timestampOffset = value &- state.pointee.steps
        default: throw .generalProtection(0)
        }
    }

    private func setPair(_ value: UInt64) {
        state.pointee.general[0] = UInt32(truncatingIfNeeded: value)
        state.pointee.general[2] = UInt32(truncatingIfNeeded: value >> 32)
    }
}

/// Numbers of model-specific registers (SDM vol. 4).
enum ModelSpecificRegister {
    static let timestamp: UInt32 = 0x10
}
