/// An interrupt or exception that the processor is about to deliver.
public struct Delivery: Sendable, Equatable {
    public enum Kind: Sendable {
        /// Of an instruction, or while another one is delivered.
        case exception
        /// From a device, or an NMI.
        case interrupt
        /// `int`, `int3`, `into` and `int1`.
        case software
    }

    public let vector: UInt8
    public let kind: Kind
    public let errorCode: UInt16?
    /// The step count before.
    public let step: UInt64
    /// Where the handler returns to: an offset in the code segment, which is still that of the interrupted code.
    public let returnOffset: UInt32
}

extension Processor {
    /// The linear address of the instruction that is running, when a device or an observer asks; otherwise that of the
    /// next.
    public var runningInstruction: UInt32 { Core(context).runningInstruction }
}

extension Core {
    /// Hands a delivery to who observes them.
    @inline(__always)
    func noteDelivery(_ vector: UInt8, _ kind: Delivery.Kind, errorCode: UInt16? = nil, returnEIP: UInt32) {
        if context.pointee.isDeliveryObserved { handOver(vector, kind, errorCode: errorCode, returnEIP: returnEIP) }
    }

    @inline(never)
    private func handOver(_ vector: UInt8, _ kind: Delivery.Kind, errorCode: UInt16?, returnEIP: UInt32) {
        let delivery = Delivery(
            vector: vector, kind: kind, errorCode: errorCode, step: synchronizedSteps, returnOffset: returnEIP)
        context.pointee.processor._withUnsafeGuaranteedRef { $0.deliveryObserver?(delivery) }
    }

    var runningInstruction: UInt32 {
        // An instruction of the system has brought EIP up to itself (``synchronize(_:)``), and so has the first of a
        // block.
        let isExact =
            context.pointee.activity != .instruction || context.pointee.counted == context.pointee.current - 1
        return state.pointee.segments[1].base &+ (isExact ? state.pointee.eip : offset(context.pointee.current))
    }
}
