import CUser

/// The slots of a program's capability table that are filled when it begins.
public enum ProgramSlot {
    /// The process itself.
    public static var process: UInt32 { InitialSlot.process }
    /// The process manager's endpoint; its badge says who asks.
    public static var manager: UInt32 { 2 }
    /// Standard output, a stream.
    public static var output: UInt32 { 3 }
    /// The system, with the right to read information.
    public static var system: UInt32 { 4 }
    /// Standard input, a stream.
    public static var input: UInt32 { 5 }
    /// Standard error, a stream.
    public static var error: UInt32 { 6 }
    /// The kernel's log, with the right to read: of processes with `Permissions.readLog` only, and of the console,
    /// which shows it.
    public static var log: UInt32 { 7 }
    /// The first slot that a program finds empty. The library uses those from here to `lastOwn` for what it needs
    /// (`Slots`); those above are free for the program.
    public static var firstFree: UInt32 { 16 }
    public static var lastOwn: UInt32 { 95 }
}

/// The slots of a driver's table that the process manager fills, beside those of every program.
public enum DriverSlot {
    /// The endpoint on which the driver receives requests and interrupts.
    public static var endpoint: UInt32 { 8 }
    /// Its interrupt line, if it has one.
    public static var line: UInt32 { 9 }
    /// The I/O ports that it may use.
    public static var ports: UInt32 { 10 }
    public static var morePorts: UInt32 { 11 }
    /// The system, with the right to manage; for `PowerOff` only.
    public static var system: UInt32 { 12 }

    /// The notification that its interrupts signal, if its row of the driver table wants that.
    public static var notification: UInt32 { 13 }

    /// Set in the badge of interrupts, and never in a client's.
    public static var interruptBadge: UInt32 { 1 << 31 }
}

/// What the process manager tells a program: EAX has its address when the program starts. All addresses are the
/// program's own.
public struct ProgramStartup {
    /// `ProgramStartup.expectedMagic`.
    public var magic: UInt32
    /// What there is: `ManagerStartup.hasSysenter` and its neighbours.
    public var flags: UInt32
    /// The process's number.
    public var process: UInt32
    /// Address and length of the arguments, each ended by a NUL, beginning with the program's name.
    public var argumentsAddress: UInt32
    public var argumentsLength: UInt32
    /// Address and length of the environment, `NAME=value` each ended by a NUL.
    public var environmentAddress: UInt32
    public var environmentLength: UInt32

    /// "PSTU", little-endian.
    public static var expectedMagic: UInt32 { 0x5554_5350 }

    public init(
        flags: UInt32, process: UInt32, argumentsAddress: UInt32, argumentsLength: UInt32, environmentAddress: UInt32,
        environmentLength: UInt32
    ) {
        magic = Self.expectedMagic
        self.flags = flags
        self.process = process
        self.argumentsAddress = argumentsAddress
        self.argumentsLength = argumentsLength
        self.environmentAddress = environmentAddress
        self.environmentLength = environmentLength
    }

    /// What this program was started with; nil for one that somebody else started.
    static var own: ProgramStartup? {
        // Valid: the process manager put a `ProgramStartup` there before the program began. The magic number tells a
        // program that somebody else started.
        guard program_argument != 0, let pointer = UnsafeRawPointer(bitPattern: UInt(program_argument)) else {
            return nil
        }
        let startup = pointer.load(as: ProgramStartup.self)
        return startup.magic == ProgramStartup.expectedMagic ? startup : nil
    }
}

/// Where the process manager puts things in a program's memory.
public enum ProgramLayout {
    /// One past the program's stack, which grows down from here and is filled in page by page as it is used. The
    /// arguments lie at its top.
    public static var stackTop: UInt32 { 0xC000_0000 }
    /// The most bytes of stack.
    public static var stackSize: UInt32 { 0x10_0000 }
    /// Where the heap (`heap.c` of the user library) may grow.
    public static var heap: Range<UInt32> { 0x4000_0000..<0x5000_0000 }
    /// Where programs may map and reserve memory as they like.
    public static var free: Range<UInt32> { 0x5000_0000..<0xB000_0000 }
    /// Where a driver finds the memory of its device.
    public static var deviceMemory: UInt32 { 0xB000_0000 }
    /// Where the library puts the stacks of a program's further threads, and how far one is from the next. The first
    /// page of each distance is not mapped.
    public static var threadStacks: UInt32 { 0xB800_0000 }
    public static var threadStackDistance: UInt32 { 0x10_0000 }

    /// Whether an address is where a stack that has overflowed runs into.
    public static func isBelowStack(_ address: UInt32) -> Bool {
        let lowest = stackTop - stackSize
        if (lowest - 0x1_0000)..<lowest ~= address { return true }
        return threadStacks..<lowest ~= address && address % threadStackDistance < pageSize
    }
}
