import CUser

/// The slots of a program's capability table that the process manager fills.
public enum ProgramSlot {
    /// The process itself.
    public static var process: UInt32 { InitialSlot.process }
    /// The process manager's endpoint; its badge says who asks.
    public static var manager: UInt32 { 2 }
    /// The console driver's endpoint; the badge says who asks.
    public static var console: UInt32 { 3 }
    /// The system, with the right to read information.
    public static var system: UInt32 { 4 }
    /// The first slot that a program finds empty.
    public static var firstFree: UInt32 { 16 }
}

/// The slots of the console driver's table that the process manager fills, beside those of every program.
public enum DriverSlot {
    /// The endpoint on which the driver receives requests and interrupts.
    public static var endpoint: UInt32 { 5 }
    /// The kernel's log.
    public static var log: UInt32 { 6 }
    /// The keyboard's interrupt line, IRQ 1.
    public static var keyboardLine: UInt32 { 7 }
    /// The interrupt line of the first serial port, IRQ 4.
    public static var serialLine: UInt32 { 8 }
    /// The I/O ports of the keyboard's controller and of the first serial port.
    public static var keyboardDataPort: UInt32 { 9 }
    public static var keyboardStatusPort: UInt32 { 10 }
    public static var serialPorts: UInt32 { 11 }
    /// Where the driver saves the calls of those who wait for input.
    public static var firstReader: UInt32 { 32 }

    /// Set in the badge of interrupts, and never in a program's.
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

    /// "PSTU", little-endian.
    public static var expectedMagic: UInt32 { 0x5554_5350 }

    public init(flags: UInt32, process: UInt32, argumentsAddress: UInt32, argumentsLength: UInt32) {
        magic = Self.expectedMagic
        self.flags = flags
        self.process = process
        self.argumentsAddress = argumentsAddress
        self.argumentsLength = argumentsLength
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
}

/// What a program was started with.
public enum Arguments {
    private static var startup: ProgramStartup? {
        // Valid: the process manager put a `ProgramStartup` there before the program began. The magic number tells a
        // program that somebody else started.
        guard program_argument != 0, let pointer = UnsafeRawPointer(bitPattern: UInt(program_argument)) else {
            return nil
        }
        let startup = pointer.load(as: ProgramStartup.self)
        return startup.magic == ProgramStartup.expectedMagic ? startup : nil
    }

    /// The process's number.
    public static var process: UInt32 { startup?.process ?? 0 }

    /// All arguments, each ended by a NUL.
    private static var bytes: UnsafeRawBufferPointer {
        guard let startup else { return .none }
        return UnsafeRawBufferPointer(
            start: UnsafeRawPointer(bitPattern: UInt(startup.argumentsAddress)), count: Int(startup.argumentsLength))
    }

    /// How many arguments there are; the first is the program's name.
    public static var count: Int {
        var count = 0
        for byte in bytes where byte == 0 { count += 1 }
        return count
    }

    /// The bytes of an argument; empty if there is no such one.
    public static func bytes(_ index: Int) -> UnsafeRawBufferPointer {
        let all = bytes
        var start = 0
        var left = index
        while start < all.count {
            var end = start
            while end < all.count, all[end] != 0 { end += 1 }
            if left == 0 { return UnsafeRawBufferPointer(rebasing: all[start..<end]) }
            left -= 1
            start = end + 1
        }
        return .none
    }
}

extension StaticString {
    /// Its bytes, which live as long as the program.
    public var utf8Bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
