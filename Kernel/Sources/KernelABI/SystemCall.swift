// The contract between the microkernel and user space. Both sides compile this module, so it holds values only: call
// numbers, error codes, rights, message layout, information records. It allocates nothing and touches no hardware.
//
// The constraint: every object of the kernel (process, thread, endpoint, interrupt line, ...) is named by a *capability
// slot*, an index into the caller's own table, so that what a process cannot name it cannot touch. The choice: one
// convention for every call, made so that `sysenter` (which loses ECX and EDX on the way back) can carry the same
// calls:
//
//     int 0x80        in                                          out
//       EAX           call number, label (`SystemCallNumber`)     result: 0 or more; negative: `KernelError`
//       EBX           slot the call acts on                       badge, or a second result
//       ECX, EDX      arguments; of messages: timeout, buffers    undefined
//       ESI,EDI,EBP   arguments (message words)                   message words, where the call receives; else unchanged
//
// EFLAGS' arithmetic flags are undefined afterwards; every other register is preserved. Registers that a call does not
// mention are ignored. For example, to print: EAX = SystemCall.logWrite, EBX = slot of the log, ECX = address of the
// bytes, EDX = how many; EAX comes back with the number of bytes written, or with a negative `KernelError`.
//
// A bad address never harms anybody: the call answers `KernelError.badAddress` and has no effect, except that a call
// that copies a long buffer may have copied a part of it.
//
// Each call has a page of its own in docs/system-calls/, with its registers, its errors and what it costs.

/// The number of a system call: bits 0-7 of EAX.
public enum SystemCall: UInt32 {
    // MARK: Threads

    /// Lets the next runnable thread run.
    case yield = 1
    /// Ends the calling thread.
    case threadExit = 2
    /// Sleeps.
    case sleep = 3
    /// Creates a thread that does not run yet.
    case threadCreate = 19
    /// Lets a created thread run.
    case threadStart = 20
    /// Ends a thread, whatever it does.
    case threadDestroy = 21
    /// Ends a thread's wait, whatever it waits for.
    case threadCancel = 29
    /// Changes how a thread runs.
    case threadConfigure = 34

    // MARK: Messages

    /// Sends a message and waits until a thread has received it.
    case send = 4
    /// Waits for a message.
    case receive = 5
    /// Sends a message and waits for the reply.
    case call = 6
    /// Answers a call.
    case reply = 7
    /// `reply` and `receive` in one.
    case replyReceive = 8
    /// Puts the call received last into a slot, to be answered later.
    case replySave = 9
    /// Creates an endpoint.
    case endpointCreate = 10

    // MARK: Notifications

    /// Creates a notification.
    case notificationCreate = 30
    /// Sets bits of a notification.
    case notificationSignal = 31
    /// Waits for bits of a notification, and takes them.
    case notificationWait = 32
    /// Makes the signals of a notification messages to an endpoint.
    case notificationBind = 33

    // MARK: Capabilities

    /// Copies a capability, perhaps with fewer rights and a badge, perhaps into another process.
    case capabilityCopy = 11
    /// Empties a slot.
    case capabilityDelete = 12
    /// Deletes all capabilities that were derived from one.
    case capabilityRevoke = 24

    // MARK: Processes and their memory

    /// Creates an empty process.
    case processCreate = 13
    /// Destroys a process.
    case processDestroy = 14
    /// Adds zeroed memory to a process.
    case memoryMap = 15
    /// Removes memory from a process.
    case memoryUnmap = 16
    /// Copies from the caller into a process.
    case memoryWrite = 17
    /// Creates a memory object.
    case memoryCreate = 35
    /// Maps a part of a memory object into a process.
    case memoryAttach = 36
    /// Copies from a process to the caller.
    case memoryRead = 18
    /// Gives a process copies of its own of pages that it has mapped copy-on-write.
    case memoryUnshare = 38

    // MARK: Devices

    /// Takes an interrupt line.
    case interruptBind = 22
    /// Unmasks a line after its interrupt has been served.
    case interruptAcknowledge = 23
    /// Maps frames of a device into a process.
    case deviceMap = 28

    // MARK: The system

    /// Writes bytes to the kernel's log.
    case logWrite = 25
    /// Reads lines of the kernel's log.
    case logRead = 37
    /// Reads what the kernel knows.
    case systemInformation = 26
    /// Stops the machine.
    case shutdown = 27

    /// The numbers of all calls.
    public static var numbers: Range<UInt32> { 1..<39 }
}

/// EAX of a system call: the call in bits 0-7, the label of its message in bits 16-25. The other bits are 0.
public struct SystemCallNumber {
    public var rawValue: UInt32

    @inline(__always)
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A label out of range loses its upper bits.
    @inline(__always)
    public init(_ call: SystemCall, label: UInt32 = 0) {
        rawValue = call.rawValue | (label & MessageTag.maximumLabel) << 16
    }

    /// The call; nil if there is none of that number, or a bit is set that shall be 0.
    @inline(__always)
    public var call: SystemCall? { rawValue & 0xFC00_FF00 == 0 ? SystemCall(rawValue: rawValue & 0xFF) : nil }

    @inline(__always)
    public var label: UInt32 { rawValue >> 16 & MessageTag.maximumLabel }
}

/// What `SystemCall.threadConfigure` changes, in ECX.
public enum ThreadSetting: UInt32 {
    /// EDX = priority, 0 (lowest) to 31.
    case priority = 0
    /// EDX = slot of the endpoint that gets its faults, or 0: where the process's go; ESI = the badge of the messages.
    case handler = 1
    /// EDX = where its thread-local storage begins: the base of the segment `threadLocalSelector`.
    case threadLocalBase = 2
}

/// The selector to load into GS (or FS) for thread-local storage.
public let threadLocalSelector: UInt32 = 0x3B

/// How long a call waits, in ECX.
public enum Timeout {
    /// For ever.
    public static var never: UInt32 { 0 }
    /// Not at all: the call fails with `.timedOut` where it would have to wait.
    public static var now: UInt32 { 0xFFFF_FFFF }
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
