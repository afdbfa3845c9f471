/// What the process manager is asked for: the labels of messages to it.
///
/// A reply has label 0, or is an error: the raw value of a `ManagerError`, with a detail in word 0.
public enum ManagerRequest {
    /// Ends the sender; word 0 is its exit status. There is no reply.
    public static var exit: UInt32 { 1 }
    /// Starts a program: the bytes are its path in the payload and its arguments, each ended by a NUL (the first
    /// argument is the program's name). Word 0 is 1 if nobody will wait for it. Replies with the process's number.
    public static var spawn: UInt32 { 2 }
    /// Waits until a process that the sender started ends; word 0 is its number. Replies with the kind of end
    /// (`ProcessEnd`) and the exit status.
    public static var wait: UInt32 { 3 }
    /// Asks for the name of the process with the number in word 0; the reply's bytes are it.
    public static var processName: UInt32 { 4 }
    /// Asks for the file with the index in word 0; the reply's bytes are its path, word 0 is its size, and word 1
    /// is 1 if it can be executed.
    public static var fileInformation: UInt32 { 5 }
    /// Reads a file: the bytes are its path, word 0 an offset, word 1 the most bytes to return. Replies with bytes,
    /// none at the end.
    public static var fileRead: UInt32 { 6 }
    /// Stops the machine; word 0 is a `ShutdownAction`. Only for the shell.
    public static var shutdown: UInt32 { 7 }
    /// Makes a range of addresses memory that appears as it is touched; word 0 is the address, word 1 the length, both
    /// multiples of the page size, inside `ProgramLayout.free`.
    public static var reserve: UInt32 { 8 }
    /// Ends the process with the number in word 0, which the sender started. The shell may end any process.
    public static var kill: UInt32 { 9 }
    /// From the console driver: somebody pressed Control-C, and nobody is reading. Refused with `.noSuchProcess` if the
    /// shell waits for no program: then the key is for whoever reads next.
    public static var interruptKey: UInt32 { 10 }
}

/// Why the process manager refuses.
public enum ManagerError: UInt32, Error, Sendable {
    /// The payload has no such file.
    case noSuchFile = 1
    /// The file is not a program that can be loaded.
    case notExecutable
    /// Memory is used up.
    case outOfMemory
    /// There are too many processes.
    case tooManyProcesses
    /// There is no such process, or the sender did not start it.
    case noSuchProcess
    /// Somebody waits for that process already.
    case alreadyWaiting
    /// The sender may not do that.
    case notPermitted
    /// The request is malformed.
    case badRequest
    /// The kernel refused; or the process manager cannot be reached.
    case failed

    /// A description to print.
    public var message: StaticString {
        switch self {
        case .noSuchFile: "no such file"
        case .notExecutable: "not a program"
        case .outOfMemory: "out of memory"
        case .tooManyProcesses: "too many processes"
        case .noSuchProcess: "no such process"
        case .alreadyWaiting: "somebody else waits for it"
        case .notPermitted: "not permitted"
        case .badRequest: "malformed request"
        case .failed: "the process manager cannot do that"
        }
    }
}

/// How a process ended.
public enum ProcessEnd: Sendable {
    /// It ended by itself, with a status: 0 means success.
    case exited(status: UInt32)
    /// It was killed because of a fault, which the process manager has reported on the console.
    case faulted
    /// Another process, or Control-C, ended it.
    case killed
}

/// The process manager.
public enum Manager {
    private static var endpoint: Endpoint { Endpoint(slot: ProgramSlot.manager) }

    /// A file of the payload.
    public struct File {
        /// Its path; valid only while it is being looked at.
        public let path: UnsafeRawBufferPointer
        /// Its size in bytes.
        public let size: UInt32
        /// Whether it is marked as a program.
        public let isExecutable: Bool
    }

    /// Ends this process.
    public static func exit(status: UInt32) -> Never {
        try? endpoint.send(Message(ManagerRequest.exit, status))
        Thread.exit()
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: Its path in the payload and its arguments, each ended by a NUL; the first argument is the program's
    ///     name.
    ///   - isDetached: Whether it is on its own: nobody can wait for it.
    /// - Returns: The process's number.
    public static func spawn(
        _ command: UnsafeRawBufferPointer, isDetached: Bool = false
    ) throws(ManagerError) -> UInt32 {
        try ask(Message(ManagerRequest.spawn, isDetached ? 1 : 0), bytes: command).word0
    }

    /// Waits until a process that this one started ends.
    public static func wait(_ process: UInt32) throws(ManagerError) -> ProcessEnd {
        let reply = try ask(Message(ManagerRequest.wait, process))
        return switch reply.word0 {
        case 0: .exited(status: reply.word1)
        case 1: .faulted
        default: .killed
        }
    }

    /// Ends a process that this one started. The shell may end any process.
    public static func kill(_ process: UInt32) throws(ManagerError) {
        _ = try ask(Message(ManagerRequest.kill, process))
    }

    /// Appends the name of a process to a text.
    public static func appendName(of process: UInt32, to text: inout Text) throws(ManagerError) {
        try askForText(Message(ManagerRequest.processName, process)) { bytes, _ in text.append(bytes) }
    }

    /// Looks at all files of the payload, one after the other.
    public static func forEachFile(_ body: (File) -> Void) {
        var index: UInt32 = 0
        var isAtEnd = false
        while !isAtEnd {
            do throws(ManagerError) {
                try askForText(Message(ManagerRequest.fileInformation, index)) { path, reply in
                    body(File(path: path, size: reply.word0, isExecutable: reply.word1 != 0))
                }
                index += 1
            } catch {
                isAtEnd = true
            }
        }
    }

    /// Reads from a file of the payload.
    ///
    /// - Returns: How many bytes came into `buffer`; 0 at the end of the file.
    public static func read(
        _ path: UnsafeRawBufferPointer, offset: UInt32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(ManagerError) -> Int {
        try ask(Message(ManagerRequest.fileRead, offset, UInt32(buffer.count)), bytes: path, buffer: buffer).length
    }

    /// Stops the machine.
    public static func shutdown(_ action: ShutdownAction) throws(ManagerError) {
        _ = try ask(Message(ManagerRequest.shutdown, action.rawValue))
    }

    /// Makes a range of addresses memory that appears, zeroed, as it is touched.
    public static func reserve(_ address: UInt32, length: UInt32) throws(ManagerError) {
        _ = try ask(Message(ManagerRequest.reserve, address, length))
    }

    private static func ask(
        _ message: Message, bytes: UnsafeRawBufferPointer = .none, buffer: UnsafeMutableRawBufferPointer = .none
    ) throws(ManagerError) -> ReceivedMessage {
        guard let reply = try? endpoint.call(message, bytes: bytes, buffer: buffer) else { throw .failed }
        guard reply.label == 0 else { throw ManagerError(rawValue: reply.label) ?? .failed }
        return reply
    }

    /// Asks for a short text, and gives a closure its bytes and the rest of the reply.
    private static func askForText(
        _ message: Message, _ body: (UnsafeRawBufferPointer, ReceivedMessage) -> Void
    ) throws(ManagerError) {
        var buffer = InlineArray<256, UInt8>(repeating: 0)
        // Valid: `InlineArray` stores its elements contiguously, and the kernel writes no more than the buffer holds.
        let problem = withUnsafeMutableBytes(of: &buffer) { bytes -> ManagerError? in
            do throws(ManagerError) {
                let reply = try ask(message, buffer: bytes)
                body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<reply.length]), reply)
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw problem }
    }
}
