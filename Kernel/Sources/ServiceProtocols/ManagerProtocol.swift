// What programs and servers say to each other: labels, words and errors of every protocol in user space.
//
// Constraint: a client and its server are compiled apart and meet only in messages, so both sides have to mean the same
// by a number. Choice: values only, in one module that allocates nothing and makes no system call, one file for each
// protocol; the user library re-exports it, and the host tests it. A request's label says what is wanted; a reply's
// label is 0, or the raw value of the protocol's error type. Labels end at 999: the kernel's own begin there.

/// What the process manager is asked for: the labels of messages to it.
///
/// A reply has label 0, or is an error: the raw value of a `ManagerError`.
public enum ManagerRequest {
    /// Ends the sender; word 0 is its exit status. There is no reply.
    public static var exit: UInt32 { 1 }
    /// Makes a process from a program. The bytes are a `SpawnHeader` and what it announces; word 0 is an empty slot of
    /// the sender, which gets the process with all rights, so that it can give it its standard streams. The process
    /// begins with `start`. Replies with its number.
    public static var spawn: UInt32 { 2 }
    /// Waits until a process that the sender started ends; word 0 is its number, or 0 for whichever ends first. Replies
    /// with the kind of end (`ProcessEnd`), the exit status, and the number. With 1 in word 1 it does not wait, but
    /// answers `.stillRunning`.
    public static var wait: UInt32 { 3 }
    /// Asks about the process with the number in word 0: replies with its parent's number (0: none) and its permissions
    /// (`Permissions`); the bytes are its name.
    public static var processInformation: UInt32 { 4 }
    /// Asks for the file with the index in word 0; the reply's bytes are its path, word 0 is its size, and word 1
    /// is 1 if it can be executed.
    public static var fileInformation: UInt32 { 5 }
    /// Reads a file: the bytes are its path, word 0 an offset, word 1 the most bytes to return. Replies with bytes,
    /// none at the end.
    public static var fileRead: UInt32 { 6 }
    /// Stops the machine in order; word 0 is a `StopAction`. Needs `Permissions.shutdown`.
    public static var shutdown: UInt32 { 7 }
    /// Makes a range of addresses memory that appears as it is touched; word 0 is the address, word 1 the length, both
    /// multiples of the page size, inside `ProgramLayout.free`. Up to eight ranges, those that touch counted as one.
    public static var reserve: UInt32 { 8 }
    /// Ends the process with the number in word 0, which descends from the sender. `Permissions.killAny` does without
    /// the descent.
    public static var kill: UInt32 { 9 }
    /// From the console only: somebody pressed Control-C. Refused with `.noSuchProcess` if the shell waits for no
    /// program: then the key is for whoever reads.
    public static var interruptKey: UInt32 { 10 }
    /// Lets a process begin that the sender made with `spawn`; word 0 is its number.
    public static var start: UInt32 { 11 }
    /// Registers a name: the bytes are it, word 0 is an empty slot of the sender, which gets the endpoint to receive
    /// on.
    public static var register: UInt32 { 12 }
    /// Looks a name up: the bytes are it, word 0 is an empty slot of the sender, which gets a capability to send. Word
    /// 1 is 1 if the reply shall wait until the name is there.
    public static var lookUp: UInt32 { 13 }
    /// Asks for the service with the index in word 0: replies with its owner's number (0: it has none at present) and a
    /// `ServiceState`; the bytes are its name. `.noSuchName` past the last index.
    public static var serviceInformation: UInt32 { 14 }
    /// Is answered when the machine is to stop. Whoever asked is waited for then, until it ends or asks again, but not
    /// for longer than `shutdownPatience`.
    public static var awaitShutdown: UInt32 { 15 }
    /// Makes the sender's heap, which begins at `ProgramLayout.heap`, reach to the address in word 0, at least. The
    /// memory appears as it is touched.
    public static var extendHeap: UInt32 { 16 }
    /// Asks for the memory of the process with the number in word 0: replies with the KiB that it may touch (program,
    /// heap, stack, what it reserved), how many page faults the process manager has answered with a page, and for how
    /// many of them it copied one. 0 asks about all processes that there have been.
    public static var memoryInformation: UInt32 { 17 }
}

/// How long the process manager waits for those who asked to be told that the machine stops, in milliseconds.
public let shutdownPatience: UInt32 = 3000

/// Why the process manager refuses.
public enum ManagerError: UInt32, Error, Sendable {
    /// The payload has no such file.
    case noSuchFile = 1
    /// The file is not a program that can be loaded.
    case notExecutable
    /// Memory is used up, or the process's limit is too low for the program.
    case outOfMemory
    /// There are too many processes.
    case tooManyProcesses
    /// There is no such process, or the sender did not start it.
    case noSuchProcess
    /// The sender waits for something already.
    case alreadyWaiting
    /// The sender may not do that.
    case notPermitted
    /// The request is malformed.
    case badRequest
    /// The kernel refused; or the process manager cannot be reached.
    case failed
    /// Nobody has registered the name.
    case noSuchName
    /// Somebody else has the name.
    case nameTaken
    /// A name is 1 to 24 letters, digits, dots and hyphens.
    case badName
    /// There are too many names.
    case tooManyNames
    /// The driver behind the name died so often that it was given up.
    case givenUp
    /// The slot that was named for a capability is not empty, or no slot.
    case badSlot
    /// The machine is being stopped.
    case stopping
    /// The process has not ended, and the sender does not want to wait.
    case stillRunning
    /// The sender has reserved as many ranges of addresses as it may.
    case tooManyRanges

    /// A description to print.
    public var message: StaticString {
        switch self {
        case .noSuchFile: "no such file"
        case .notExecutable: "not a program"
        case .outOfMemory: "out of memory"
        case .tooManyProcesses: "too many processes"
        case .noSuchProcess: "no such process"
        case .alreadyWaiting: "already waiting for something"
        case .notPermitted: "not permitted"
        case .badRequest: "malformed request"
        case .failed: "the process manager cannot do that"
        case .noSuchName: "no such service"
        case .nameTaken: "the name is taken"
        case .badName: "not a name: 1 to 24 letters, digits, dots and hyphens"
        case .tooManyNames: "too many services"
        case .givenUp: "the driver has died too often and was given up"
        case .badSlot: "not an empty capability slot"
        case .stopping: "the machine is being stopped"
        case .stillRunning: "it still runs"
        case .tooManyRanges: "too many ranges of addresses"
        }
    }
}

/// How a process ended.
public enum ProcessEnd: Sendable, Equatable {
    /// It ended by itself, with a status: 0 means success.
    case exited(status: UInt32)
    /// It was killed because of a fault, which the process manager has reported on the console.
    case faulted
    /// Another process, or Control-C, ended it.
    case killed

    /// As the reply to `ManagerRequest.wait` says it: word 0 and word 1.
    public init(kind: UInt32, status: UInt32) {
        self =
            switch kind {
            case 0: .exited(status: status)
            case 1: .faulted
            default: .killed
            }
    }

    /// The kind, word 0 of a reply to `ManagerRequest.wait`.
    public var kind: UInt32 {
        switch self {
        case .exited: 0
        case .faulted: 1
        case .killed: 2
        }
    }

    /// The exit status, as far as there is one.
    public var status: UInt32 { if case .exited(let status) = self { status } else { 0 } }
}

/// What a process may do beyond what every program may. A program gets what its parent names, and never more than the
/// parent has.
public struct Permissions: OptionSet, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Stop the machine.
    public static var shutdown: Self { Self(rawValue: 1) }
    /// End processes that are not its descendants.
    public static var killAny: Self { Self(rawValue: 2) }
    /// Write to disks.
    public static var diskWrite: Self { Self(rawValue: 4) }
    /// Read the kernel's log.
    public static var readLog: Self { Self(rawValue: 8) }
    /// All of them; the shell's.
    public static var all: Self { Self(rawValue: 15) }
    /// Nothing but what every program may.
    public static var none: Self { [] }
}

/// What becomes of the machine; word 0 of `ManagerRequest.shutdown`.
public enum StopAction: UInt32, Sendable {
    /// It stops.
    case halt = 0
    /// It starts anew.
    case reboot = 1
    /// It switches itself off; one that cannot stops.
    case powerOff = 2
    /// It switches itself off; one that cannot starts anew.
    case powerOffOrReboot = 3

    public var switchesOff: Bool { self == .powerOff || self == .powerOffOrReboot }
    /// Whether it starts anew, if it is still on.
    public var restarts: Bool { self == .reboot || self == .powerOffOrReboot }
}

/// How a service is doing.
public enum ServiceState: UInt32, Sendable {
    /// Its owner runs.
    case running = 0
    /// Its owner died and will be started again; requests wait.
    case restarting = 1
    /// Its owner died too often.
    case givenUp = 2
}
