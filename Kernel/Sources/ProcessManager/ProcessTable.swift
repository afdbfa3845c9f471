import User

/// What the process manager knows of a process.
struct ProcessEntry {
    enum State {
        /// Nothing: the entry is not in use.
        case free
        case running
        /// Ended, and whoever started it has not asked yet.
        case ended
    }

    /// What a process is for, beyond what every program is.
    enum Role {
        case program
        /// Gets the console's devices; restarted when it dies.
        case console
        /// May stop the machine; restarted when it ends.
        case shell
    }

    var state = State.free
    var role = Role.program
    /// Counts the processes that this entry has been, so that messages meant for an earlier one are told apart.
    var generation: UInt16 = 0
    /// The number that the kernel gave it.
    var number: UInt32 = 0
    var name = ProcessName()
    /// The index of the process that started it, while that lives.
    var parent: Int?
    /// Whether the parent waits for it: its call is saved in `ManagerSlot.waiter`.
    var isAwaited = false
    /// How it ended.
    var end = ProcessEnd.killed
    /// The file that it was loaded from.
    var image = UnsafeRawBufferPointer.none
    /// Memory that appears when it is touched, beside the stack.
    var reserved: Range<UInt32> = 0..<0
}

/// The name of a process: the last component of its program's path, cut off if it is long.
struct ProcessName {
    private var bytes = InlineArray<24, UInt8>(repeating: 0)
    private var count = 0

    init() {}

    init(path: UnsafeRawBufferPointer) {
        for byte in path {
            if byte == UInt8(ascii: "/") {
                count = 0
            } else if count < 24 {
                bytes[count] = byte
                count += 1
            }
        }
    }

    var text: Text {
        var text = Text()
        for index in 0..<count { text.append(bytes[index]) }
        return text
    }
}

/// All processes, and the badges that name them in messages.
struct ProcessTable {
    static var capacity: Int { 32 }

    /// Allocated once, at the start. (An array in place would be copied for each look at an entry.)
    private let entries: UnsafeMutablePointer<ProcessEntry>

    init() {
        entries = .allocate(capacity: Self.capacity)
        entries.initialize(repeating: ProcessEntry(), count: Self.capacity)
    }

    subscript(index: Int) -> ProcessEntry {
        _read { yield entries[index] }
        nonmutating _modify { yield &entries[index] }
    }

    /// An entry that is not in use.
    var freeIndex: Int? {
        for index in 0..<Self.capacity where entries[index].state == .free { return index }
        return nil
    }

    /// The process with a number.
    func index(number: UInt32) -> Int? {
        for index in 0..<Self.capacity where entries[index].state != .free && entries[index].number == number {
            return index
        }
        return nil
    }

    /// Makes an entry unused.
    mutating func free(_ index: Int) {
        let generation = entries[index].generation
        entries[index] = ProcessEntry()
        entries[index].generation = generation &+ 1
    }

    /// Set in the badges of faults, which only the kernel sends.
    static var faultBadge: UInt32 { 1 << 24 }

    /// The badge of a process's requests: its entry in bits 0-7, the entry's generation in bits 8-23.
    func badge(_ index: Int) -> UInt32 { UInt32(index) | UInt32(entries[index].generation) << 8 }

    /// The running process that a badge names.
    func index(badge: UInt32) -> Int? {
        let index = Int(badge & 0xFF)
        guard index < Self.capacity, entries[index].state == .running,
            self.badge(index) == badge & ~Self.faultBadge
        else { return nil }
        return index
    }
}
