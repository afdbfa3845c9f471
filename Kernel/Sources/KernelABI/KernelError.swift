/// Why a system call failed: returned in EAX as a negative number.
///
/// `KernelError(rawValue: Int32(bitPattern: eax))` is nil for success.
public enum KernelError: Int32, Error {
    /// The call number is not one of `SystemCall`.
    case unknownCall = -1
    /// The slot is empty, or what it holds is of another kind.
    case badCapability = -2
    /// The capability does not carry the right that the call needs.
    case permissionDenied = -3
    /// An address is not the caller's memory, or not writable where it must be.
    case badAddress = -4
    /// An argument is out of its range.
    case badArgument = -5
    /// No page frame or kernel object is left.
    case outOfMemory = -6
    /// The process has used up its page frames.
    case quotaExceeded = -7
    /// A slot that should be empty is not.
    case slotOccupied = -8
    /// A slot number is outside the table (`capabilitySlotCount`), or 0.
    case badSlot = -9
    /// The object, or the thread on the other side, does not exist any more.
    case objectGone = -10
    /// Nobody waits for this reply.
    case noCaller = -11
    /// The receiving side's buffer cannot hold the message.
    case bufferTooSmall = -12
    /// Something is mapped there already.
    case alreadyMapped = -13
    /// The object is not in a state for this call.
    case badState = -14
    /// Somebody else has it.
    case inUse = -15
    /// The time that the caller gave it has passed.
    case timedOut = -16
    /// Somebody ended the wait (`SystemCall.threadCancel`).
    case cancelled = -17
}
