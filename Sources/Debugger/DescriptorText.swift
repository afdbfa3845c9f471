import Processor

/// Descriptors in words.
public enum DescriptorText {
    /// The name of a system descriptor's type (SDM vol. 3A, table 3-2).
    public static func systemTypeName(_ type: UInt8) -> String {
        switch type {
        case SystemType.tss16: "16-bit TSS, available"
        case SystemType.ldt: "LDT"
        case SystemType.busyTSS16: "16-bit TSS, busy"
        case SystemType.callGate16: "16-bit call gate"
        case SystemType.taskGate: "task gate"
        case SystemType.interruptGate16: "16-bit interrupt gate"
        case SystemType.trapGate16: "16-bit trap gate"
        case SystemType.tss32: "32-bit TSS, available"
        case SystemType.busyTSS32: "32-bit TSS, busy"
        case SystemType.callGate32: "32-bit call gate"
        case SystemType.interruptGate32: "32-bit interrupt gate"
        case SystemType.trapGate32: "32-bit trap gate"
        default: "reserved type \(type)"
        }
    }

    static func isGate(_ descriptor: Descriptor) -> Bool {
        guard descriptor.isSystem else { return false }
        switch descriptor.type {
        case SystemType.callGate16, SystemType.taskGate, SystemType.interruptGate16, SystemType.trapGate16,
            SystemType.callGate32, SystemType.interruptGate32, SystemType.trapGate32:
            return true
        default:
            return false
        }
    }

    /// A descriptor of any kind. `symbol` names linear addresses (of gate targets, whose segment is taken to be flat).
    public static func describe(_ descriptor: Descriptor, symbol: (UInt32) -> String? = { _ in nil }) -> String {
        if descriptor.low == 0 && descriptor.high == 0 { return "null" }
        let presence = descriptor.isPresent ? "" : ", not present"
        guard isGate(descriptor) else {
            let attributes = descriptor.attributes | SegmentAttribute.present
            return "base \(descriptor.base.digits)  limit \(descriptor.limit.digits)  "
                + RegisterText.attributes(attributes) + presence
        }
        let name = systemTypeName(descriptor.type)
        let level = ", DPL \(descriptor.privilege)" + presence
        if descriptor.type == SystemType.taskGate { return "\(name) to \(descriptor.gateSelector.digits)" + level }
        var text = "\(name) to \(descriptor.gateSelector.digits):\(descriptor.gateOffset.digits)"
        if let symbol = symbol(descriptor.gateOffset) { text += " <\(symbol)>" }
        if descriptor.type & ~SystemType.is32Bit == SystemType.callGate16, descriptor.gateParameters > 0 {
            text += ", \(descriptor.gateParameters) parameters"
        }
        return text + level
    }
}
