extension KernelError {
    /// A description to print.
    public var message: StaticString {
        switch self {
        case .unknownCall: "the kernel does not know the call"
        case .badCapability: "no such capability"
        case .permissionDenied: "the capability does not allow that"
        case .badAddress: "a bad address"
        case .badArgument: "an argument out of range"
        case .outOfMemory: "out of memory"
        case .quotaExceeded: "the process has used up its memory"
        case .slotOccupied: "the capability slot is not empty"
        case .badSlot: "no such capability slot"
        case .objectGone: "the other side is gone"
        case .noCaller: "nobody waits for the reply"
        case .bufferTooSmall: "the message does not fit the buffer"
        case .alreadyMapped: "there is memory already"
        case .badState: "not in this state"
        case .inUse: "somebody else has it"
        case .timedOut: "it took too long"
        case .cancelled: "the wait was ended"
        }
    }
}
