// The contract between the microkernel and user space. Both sides compile this module, so it holds values only: call
// numbers, error codes, rights, message layout, information records. It allocates nothing and touches no hardware.
//
// The constraint: every object of the kernel (process, thread, endpoint, interrupt line, ...) is named by a *capability
// slot*, an index into the caller's own table, so that what a process cannot name it cannot touch. The choice: one
// convention for every call, made so that `sysenter` (which loses ECX and EDX on the way back) can carry the same
// calls:
//
//     int 0x80        in                              out
//       EAX           call number (`SystemCall`)      result: 0 or more; negative: `KernelError`
//       EBX           slot the call acts on           badge, or a second result
//       ECX, EDX      arguments                       undefined
//       ESI,EDI,EBP   arguments (message words)       message words, where the call receives; else unchanged
//
// EFLAGS' arithmetic flags are undefined afterwards; every other register is preserved. Registers that a call does not
// mention are ignored. For example, to print: EAX = SystemCall.logWrite, EBX = slot of the log, ECX = address of the
// bytes, EDX = how many; EAX comes back with the number of bytes written, or with a negative `KernelError`.
//
// A bad address never harms anybody: the call answers `KernelError.badAddress` and has no effect, except that a call
// that copies a long buffer may have copied a part of it.

/// The number of a system call, passed in EAX.
///
/// Each case lists its registers; `slot` means a capability slot of the calling process. Besides the errors listed,
/// every call that names a slot can answer `.badCapability` (empty slot, or a capability of another kind) and
/// `.permissionDenied` (the capability lacks the right), and an unknown number answers `.unknownCall`.
public enum SystemCall: UInt32 {
    // MARK: Threads: the caller itself

    /// Lets the next runnable thread run. Result 0.
    case yield = 1

    /// Ends the calling thread; does not return. Callers waiting for its reply get `.objectGone`.
    case threadExit = 2

    /// Sleeps. ECX = milliseconds (rounded up to the clock's tick). Result 0.
    case sleep = 3

    // MARK: Messages

    /// Sends a message and waits until a thread has received it; there is no reply.
    ///
    /// EBX = slot of an endpoint (right `.send`), ECX = label (0...8191), EDX = address of a `MessageBuffers` or 0,
    /// ESI, EDI, EBP = message words. Result 0. Errors: `.objectGone` (endpoint destroyed), `.badAddress`,
    /// `.bufferTooSmall` (the receiver's buffer; the message was not delivered), `.badArgument` (label, buffer length).
    case send = 4

    /// Waits for a message. EBX = slot of an endpoint (right `.receive`), EDX = address of a `MessageBuffers` or 0.
    ///
    /// Result: the message's tag (`MessageTag`); EBX = badge of the capability it was sent through; ESI, EDI, EBP =
    /// words. If the tag says that the sender waits for a reply, this thread can `reply`. A caller that was not
    /// answered before the next receive gets `.objectGone`, unless `replySave` has put it aside.
    case receive = 5

    /// Sends a message and waits for the reply. Registers as `send`; results as `receive` (the badge is 0).
    ///
    /// Errors: those of `send`, and `.objectGone` when the receiver ended or dropped the call without a reply.
    case call = 6

    /// Answers a call. EBX = slot of a saved reply capability, or 0 for the call received last by this thread;
    /// ECX, EDX, ESI, EDI, EBP as in `send`. Never waits. A saved reply capability is used up.
    ///
    /// Result 0. Errors: `.noCaller` (nobody waits), `.bufferTooSmall` (the caller gets that error too), `.badAddress`.
    case reply = 7

    /// `reply` (to the call received last; none is no error) and `receive` in one: EBX = slot of the endpoint; other
    /// registers as in `reply`. EDX's `MessageBuffers` serves both. Results and errors as `receive`; a reply that fails
    /// does not stop the receive.
    case replyReceive = 8

    /// Puts the call received last by this thread into a slot, so that it can be answered later, or by another thread.
    /// EBX = an empty slot. Result 0. Errors: `.noCaller`, `.slotOccupied`, `.badSlot`.
    case replySave = 9

    // MARK: Capabilities

    /// Creates an endpoint. EBX = an empty slot, which gets it with all rights and badge 0. Result 0.
    /// Errors: `.slotOccupied`, `.badSlot`, `.outOfMemory`.
    case endpointCreate = 10

    /// Copies a capability, perhaps with fewer rights and another badge, perhaps into another process.
    ///
    /// EBX = slot of the source, ECX = slot of the receiving process (right `.manage`) or 0 for the caller's own,
    /// EDX = destination slot there, ESI = rights to keep (`CapabilityRights`), EDI = badge (endpoints only; a
    /// capability that already has a badge keeps it). Result 0. Errors: `.slotOccupied`, `.badSlot`.
    case capabilityCopy = 11

    /// Empties a slot. EBX = slot. An object whose last capability goes is destroyed, except a running thread or a
    /// process with running threads. Result 0.
    case capabilityDelete = 12

    // MARK: Processes and their memory

    /// Creates an empty process: no memory, no thread, a capability table with just slot 1 (itself).
    ///
    /// EBX = an empty slot, which gets it with all rights; ECX = slot of the endpoint for its faults (right `.send`) or
    /// 0; EDX = the badge that fault messages carry; ESI = the most page frames it may use, or 0 for no limit of its
    /// own. Result: the process's number, for people to read. Errors: `.outOfMemory`, `.slotOccupied`, `.badSlot`,
    /// `.permissionDenied` (the caller has a limit itself, which it could escape so). A process is destroyed with the
    /// one that created it.
    case processCreate = 13

    /// Destroys a process: its threads end, its memory is free again, its capabilities are deleted; capabilities *to*
    /// it become stale (`.objectGone`). EBX = slot (right `.manage`). Result 0. A process may destroy itself.
    case processDestroy = 14

    /// Adds zeroed memory to a process. EBX = slot (right `.manage`), ECX = address (multiple of 4096, KLIMIT or
    /// above), EDX = bytes (rounded up to pages, at most 16 MiB), ESI = `MemoryAccess`.
    ///
    /// Result 0. Errors: `.badArgument` (alignment, length 0, range), `.alreadyMapped`, `.outOfMemory`,
    /// `.quotaExceeded`; nothing is mapped then.
    case memoryMap = 15

    /// Removes memory from a process. EBX = slot (right `.manage`), ECX = address, EDX = bytes (at most 16 MiB). Pages
    /// that are not mapped are passed over. Result: the number of pages freed. Errors: `.badArgument`.
    case memoryUnmap = 16

    /// Copies from the caller into a process, also into memory that is read-only for it (but not into device memory).
    /// EBX = slot (right `.manage`), ECX = address there, EDX = address here, ESI = bytes (up to 16 MiB a call). Result
    /// 0. Errors: `.badAddress` (either side).
    case memoryWrite = 17

    /// Copies from a process to the caller. EBX = slot (right `.manage`), ECX = address there, EDX = address here,
    /// ESI = bytes (up to 16 MiB a call). Result 0. Errors: `.badAddress` (either side).
    case memoryRead = 18

    // MARK: Threads

    /// Creates a thread that does not run yet. EBX = slot of its process (right `.manage`), ECX = an empty slot of the
    /// caller, which gets it; EDX = its first instruction; ESI = its stack pointer; EDI = its argument.
    ///
    /// It starts with EAX = the argument, ESP = the stack pointer, other general registers 0, interrupts on, and the
    /// direction flag clear. Result: the thread's number. Errors: `.outOfMemory`, `.slotOccupied`, `.badSlot`.
    case threadCreate = 19

    /// Lets a created thread run. EBX = slot. Result 0. Errors: `.badState` (already started).
    case threadStart = 20

    /// Ends a thread, whatever it does. EBX = slot. Result 0. A thread may destroy itself.
    case threadDestroy = 21

    // MARK: Devices

    /// Takes an interrupt line: from now on each interrupt becomes a message to an endpoint.
    ///
    /// EBX = slot of the interrupt authority, ECX = line (0...15, not 0 or 2), EDX = slot of the endpoint (right
    /// `.send`), ESI = badge of its messages, EDI = an empty slot, which gets the line. The message has the label
    /// `MessageLabel.interrupt` and the line as first word; the line stays masked until `interruptAcknowledge`.
    /// Result 0. Errors: `.badArgument` (line), `.inUse`, `.slotOccupied`, `.badSlot`.
    case interruptBind = 22

    /// Unmasks a line after its interrupt has been served. EBX = slot of the line. Result 0.
    case interruptAcknowledge = 23

    /// Lets a process use I/O ports. EBX = slot of the port authority, ECX = slot of the process (right `.manage`),
    /// EDX = first port, ESI = number of ports. Result 0. Errors: `.badArgument` (range), `.outOfMemory`.
    case portGrant = 24

    // MARK: The system

    /// Writes bytes to the kernel's log (screen and serial). EBX = slot of the log, ECX = address, EDX = bytes (at most
    /// 1024 are taken by one call). Result: bytes written. Errors: `.badAddress`.
    case logWrite = 25

    /// Reads what the kernel knows. EBX = slot of the system (right `.read`), ECX = `InformationKind`, EDX = address of
    /// a buffer, ESI = its size in bytes, EDI = index or offset (see the kind). Result: bytes written to the buffer;
    /// 0 past the last index. Errors: `.badAddress`, `.badArgument` (kind), `.bufferTooSmall`.
    case systemInformation = 26

    /// Stops the machine. EBX = slot of the system (right `.manage`), ECX = `ShutdownAction`. Does not return.
    /// Errors: `.badArgument`.
    case shutdown = 27

    /// Maps frames of a device (such as the text screen at 0xB8000) into a process. EBX = slot of the system (right
    /// `.manage`), ECX = slot of the process (right `.manage`), EDX = physical address (multiple of 4096), ESI = bytes,
    /// EDI = address there (multiple of 4096, KLIMIT or above). Only addresses that are not RAM, or lie below 1 MB.
    /// Result 0. Errors: `.badArgument`, `.alreadyMapped`, `.outOfMemory`.
    case deviceMap = 28
}

/// The interrupt vector of system calls.
public let systemCallVector: UInt8 = 0x80

/// What `SystemCall.shutdown` does, passed in ECX.
public enum ShutdownAction: UInt32 {
    /// Stops the processor for good (and leaves a test machine through its exit port, if the boot option says so).
    case halt = 0
    /// Resets the machine.
    case reboot = 1
}
