import Machine
import Processor

/// Where gates lead.
extension Debugger {
    /// Where execution goes on.
    public struct GateTarget: Sendable, Equatable {
        public let selector: UInt16
        public let offset: UInt32
        /// Base of the segment plus offset.
        public let linear: UInt32
    }

    /// The descriptor that a selector names; nil if its table ends before, or is not mapped there.
    public func descriptor(of selector: UInt16) -> Descriptor? {
        descriptor(Int(selector >> 3), of: selector & 4 != 0 ? .ldt : .gdt)
    }

    /// Where a gate leads, or a task that is to be switched to; nil for other descriptors, and where the gate's segment
    /// is not one.
    public func target(of descriptor: Descriptor) -> GateTarget? {
        guard descriptor.isSystem else { return nil }
        switch descriptor.type {
        case SystemType.taskGate:
            return self.descriptor(of: descriptor.gateSelector).flatMap(taskTarget)
        case SystemType.tss16, SystemType.tss32, SystemType.busyTSS16, SystemType.busyTSS32:
            return taskTarget(descriptor)
        default:
            guard DescriptorText.isGate(descriptor), let code = self.descriptor(of: descriptor.gateSelector),
                code.isCode
            else { return nil }
            return GateTarget(
                selector: descriptor.gateSelector, offset: descriptor.gateOffset,
                linear: code.base &+ descriptor.gateOffset)
        }
    }

    /// Where a task that does not run goes on: CS:EIP in its task-state segment.
    private func taskTarget(_ descriptor: Descriptor) -> GateTarget? {
        guard descriptor.isSystem, descriptor.type & ~(SystemType.is32Bit | SystemType.busy) == SystemType.tss16 else {
            return nil
        }
        let is32Bit = descriptor.type & SystemType.is32Bit != 0
        guard let offset = readValue(at: descriptor.base &+ (is32Bit ? 32 : 14), size: is32Bit ? 4 : 2),
            let selector = readValue(at: descriptor.base &+ (is32Bit ? 76 : 34), size: 2)
        else { return nil }
        let code = UInt16(truncatingIfNeeded: selector)
        guard let segment = self.descriptor(of: code), segment.isCode else { return nil }
        return GateTarget(selector: code, offset: offset, linear: segment.base &+ offset)
    }

    /// A descriptor in words, with the symbol that it leads to.
    func text(of descriptor: Descriptor) -> String {
        let target = target(of: descriptor)
        var text = DescriptorText.describe(descriptor) { _ in target.flatMap { symbolText(at: $0.linear) } }
        if let target, !DescriptorText.isGate(descriptor) || descriptor.type == SystemType.taskGate {
            text += ", task at \(target.selector.digits):\(target.offset.digits)"
            if let symbol = symbolText(at: target.linear) { text += " <\(symbol)>" }
        }
        return text
    }
}
