/// Bytes in a page.
public let pageSize: UInt32 = 4096

/// Where user space begins: addresses below are the kernel's, the same in every process (128 MB).
public let klimit: UInt32 = 0x0800_0000

/// What the process manager's first thread gets the address of in EAX: where the kernel has put its things.
///
/// All addresses are the process manager's own, and read-only.
public struct ManagerStartup {
    /// `ManagerStartup.expectedMagic`.
    public var magic: UInt32
    /// What there is: `hasSysenter`, `hasFloatingPoint`, `hasSSE`. At the same place as in what the process manager
    /// tells its programs.
    public var flags: UInt32
    /// The payload (a ustar archive): address and bytes. 0 bytes: the image has none, or it is corrupt.
    public var payloadAddress: UInt32
    public var payloadLength: UInt32
    /// The kernel's command line: address and bytes (no NUL at the end).
    public var commandLineAddress: UInt32
    public var commandLineLength: UInt32

    /// System calls can be made by `sysenter`, which costs less than `int 0x80`.
    public static var hasSysenter: UInt32 { 1 }
    /// There is an x87; there are SSE registers. Each thread has its own.
    public static var hasFloatingPoint: UInt32 { 2 }
    public static var hasSSE: UInt32 { 4 }
    /// There is a time-stamp counter (`rdtsc`).
    public static var hasTimestamp: UInt32 { 8 }

    /// "MSTU", little-endian.
    public static var expectedMagic: UInt32 { 0x5554_534D }

    public init(
        flags: UInt32, payloadAddress: UInt32, payloadLength: UInt32, commandLineAddress: UInt32,
        commandLineLength: UInt32
    ) {
        magic = Self.expectedMagic
        self.flags = flags
        self.payloadAddress = payloadAddress
        self.payloadLength = payloadLength
        self.commandLineAddress = commandLineAddress
        self.commandLineLength = commandLineLength
    }
}
