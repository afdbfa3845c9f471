/// `cpuid` and the time-stamp counter.
extension Core {
    /// `cpuid`: leaf in EAX; answers in EAX, EBX, ECX, EDX.
    func identify() throws(Fault) {
        guard let answer = identification(leaf: state.pointee.general[0]) else { throw .invalidOpcode }
        state.pointee.general[0] = answer.eax
        state.pointee.general[3] = answer.ebx
        state.pointee.general[1] = answer.ecx
        state.pointee.general[2] = answer.edx
    }

    /// What `cpuid` answers; nil if the model does not have it.
    func identification(leaf: UInt32) -> ProcessorIdentification? {
        let model = context.pointee.model
        guard let features = model.features else { return nil }
        let answer: (eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32)
        if let extended = model.extendedFeatures, leaf >= 0x8000_0000, leaf <= Self.highestExtendedLeaf {
            switch leaf {
            case 0x8000_0000: answer = (Self.highestExtendedLeaf, 0, 0, 0)
            case 0x8000_0001: answer = (0, 0, 0, extended)
            default:
                let first = Int(leaf &- 0x8000_0002) * 16
                answer = (brand(first), brand(first + 4), brand(first + 8), brand(first + 12))
            }
        } else {
            // Leaves beyond the highest answer as the highest basic one does (SDM vol. 2, CPUID).
            switch min(leaf, model.highestLeaf) {
            case 0:
                // "GenuineIntel": software takes the features of other vendors' processors for granted or not by name.
                answer = (model.highestLeaf, 0x756E_6547, 0x6C65_746E, 0x4965_6E69)
            case 1:
                // The line that `clflush` flushes, in units of 8 bytes.
                let line: UInt32 = features & CPUFeature.cacheLineFlush != 0 ? 64 / 8 << 8 : 0
                answer = (model.signature, line, 0, features)
            default:
                let caches = model.cacheDescriptors
                answer = (caches[0], caches[1], caches[2], caches[3])
            }
        }
        return ProcessorIdentification(leaf: leaf, eax: answer.eax, ebx: answer.ebx, ecx: answer.ecx, edx: answer.edx)
    }

    private static let highestExtendedLeaf: UInt32 = 0x8000_0004

    /// Four characters of the brand string, the first in the low byte; zeros behind its end.
    private func brand(_ first: Int) -> UInt32 {
        context.pointee.model.brand.withUTF8Buffer { characters in
            (0..<4).reduce(0) { result, index in
                guard first + index < characters.count else { return result }
                return result | UInt32(characters[first + index]) << UInt32(index * 8)
            }
        }
    }

    /// The time-stamp counter: steps, moved by what was written to it. It counts one cycle for each step.
    var timestamp: UInt64 { state.pointee.steps &+ state.pointee.timestampOffset }

    /// `rdtsc`.
    func readTimestamp() throws(Fault) {
        guard context.pointee.model.hasTimestamp else { throw .invalidOpcode }
        if state.pointee.cr4 & ControlRegister.timestampDisable != 0, !isRealMode {
            try requireFullPrivilege()
        }
        note(.timeStampRead(value: timestamp))
        setPair(timestamp)
    }
}

/// An answer of `cpuid`.
public struct ProcessorIdentification: Equatable, Sendable {
    public let leaf: UInt32
    public let eax: UInt32
    public let ebx: UInt32
    public let ecx: UInt32
    public let edx: UInt32
}

extension Processor {
    /// Everything that `cpuid` answers, by ascending leaves; empty if the model does not have the instruction.
    public var identification: [ProcessorIdentification] {
        let core = Core(context)
        let extended = core.identification(leaf: 0x8000_0000).map(\.eax) ?? 0
        let highest = core.identification(leaf: 0).map(\.eax) ?? 0
        // A model without extended leaves answers as the highest basic one does.
        let leaves = Array(0...highest) + (extended >= 0x8000_0000 ? Array(0x8000_0000...extended) : [])
        return leaves.compactMap { core.identification(leaf: $0) }
    }
}
