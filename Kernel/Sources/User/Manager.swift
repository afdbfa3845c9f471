/// The process manager: files of the payload, memory on demand, the end of the machine. Processes are started with
/// `Program`, and services found with `Service`.
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

    /// Ends a process that descends from this one. With `Permissions.killAny` any process may be ended.
    public static func kill(_ process: UInt32) throws(ManagerError) {
        _ = try ask(Message(ManagerRequest.kill, process))
    }

    /// Appends the name of a process to a text.
    ///
    /// - Returns: The number of the process that started it; 0 if that is gone.
    @discardableResult
    public static func appendName(of process: UInt32, to text: inout Text) throws(ManagerError) -> UInt32 {
        var parent: UInt32 = 0
        try askForText(Message(ManagerRequest.processInformation, process)) { bytes, reply in
            text.append(bytes)
            parent = reply.word0
        }
        return parent
    }

    /// Looks at all files of the payload, one after the other.
    public static func forEachFile(_ body: (File) -> Void) {
        forEach(ManagerRequest.fileInformation) { path, reply in
            body(File(path: path, size: reply.word0, isExecutable: reply.word1 != 0))
        }
    }

    /// Looks at all services: name, number of the process behind it (0: none at present), state.
    public static func forEachService(_ body: (UnsafeRawBufferPointer, UInt32, ServiceState) -> Void) {
        forEach(ManagerRequest.serviceInformation) { name, reply in
            body(name, reply.word0, ServiceState(rawValue: reply.word1) ?? .running)
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

    /// Stops the machine in order: those who asked are told, disks are flushed. Needs `Permissions.shutdown`.
    public static func shutdown(_ action: StopAction) throws(ManagerError) {
        _ = try ask(Message(ManagerRequest.shutdown, action.rawValue))
    }

    /// Waits until the machine is to stop. The machine then waits (a little) until this process ends, or calls this
    /// again.
    public static func awaitShutdown() throws(ManagerError) {
        _ = try ask(Message(ManagerRequest.awaitShutdown))
    }

    /// Makes a range of addresses memory that appears, zeroed, as it is touched: multiples of the page size, inside
    /// `ProgramLayout.free`. Up to eight ranges, those that touch counted as one; otherwise `.tooManyRanges` is thrown.
    public static func reserve(_ address: UInt32, length: UInt32) throws(ManagerError) {
        _ = try ask(Message(ManagerRequest.reserve, address, length))
    }

    /// What a process may touch, in KiB; how many page faults the process manager has answered with a page, and for how
    /// many of them it copied one that was shared. Of process 0: the faults of all processes that there have been.
    public static func memory(
        of process: UInt32
    ) throws(ManagerError) -> (kilobytes: UInt32, faults: UInt32, copies: UInt32) {
        let reply = try ask(Message(ManagerRequest.memoryInformation, process))
        return (reply.word0, reply.word1, reply.word2)
    }

    /// Makes a request, and throws the error that comes back.
    static func ask(
        _ message: Message, bytes: UnsafeRawBufferPointer = .none, buffer: UnsafeMutableRawBufferPointer = .none
    ) throws(ManagerError) -> ReceivedMessage {
        guard let reply = try? endpoint.call(message, bytes: bytes, buffer: buffer) else { throw .failed }
        guard reply.label == 0 else { throw ManagerError(rawValue: reply.label) ?? .failed }
        return reply
    }

    /// Asks for the items of a list, by index, until there are no more.
    private static func forEach(_ request: UInt32, _ body: (UnsafeRawBufferPointer, ReceivedMessage) -> Void) {
        var index: UInt32 = 0
        var isAtEnd = false
        while !isAtEnd {
            do throws(ManagerError) {
                try askForText(Message(request, index), body)
                index += 1
            } catch {
                isAtEnd = true
            }
        }
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
