/// A program that is going to be started.
///
///     let program = Program("bin/hello")
///     program.add(argument: "world")
///     let child = try program.spawn()
///     if try child.wait() == .exited(status: 0) { print("It went well.") }
///
/// It gets this program's environment and standard streams, and no permissions, unless it is told otherwise. It can be
/// started several times.
public final class Program {
    private var header = SpawnHeader()
    /// The request: room for the header, then path and arguments. It has its full size from the beginning, so that
    /// starting a program does not fail half-way for want of memory in this one.
    private var request: [UInt8] = []
    private var environment = Environment.bytes

    /// Where the child's standard streams go.
    public var output = Stream.output
    public var input = Stream.input
    public var error = Stream.error
    /// What the child may do beyond what every program may; it gets no more than this program has.
    public var permissions = Permissions.none
    /// The most memory that the child may have, in KiB; 0 for the usual, half of the machine's.
    public var memoryLimit: UInt32 = 0

    /// A program of the payload, whose first argument is its path's last component.
    public convenience init(_ path: StaticString) { self.init(path: path.utf8Bytes) }

    /// A program of the payload whose path is known only when the program runs.
    public init(path: UnsafeRawBufferPointer) {
        request.reserveCapacity(SpawnHeader.maximumRequest)
        for _ in 0..<MemoryLayout<SpawnHeader>.size { request.append(0) }
        header.pathLength = UInt32(clamping: path.count)
        append(path)
        var start = 0
        for index in 0..<path.count where path[index] == UInt8(ascii: "/") { start = index + 1 }
        add(argument: UnsafeRawBufferPointer(rebasing: path[start...]))
    }

    /// A program whose ELF file lies in this one's memory, under a name.
    public convenience init(image: UnsafeRawBufferPointer, name: StaticString) {
        self.init(path: name.utf8Bytes)
        header.imageAddress = image.address
        header.imageLength = UInt32(clamping: image.count)
    }

    /// Adds an argument.
    public func add(argument: UnsafeRawBufferPointer) {
        header.argumentsLength += UInt32(clamping: argument.count) + 1
        append(argument)
        if request.count < SpawnHeader.maximumRequest { request.append(0) }
    }

    /// Adds an argument.
    public func add(argument: StaticString) { add(argument: argument.utf8Bytes) }

    /// Adds an argument.
    @_disfavoredOverload
    public func add(argument: Text) { argument.withBytes { add(argument: $0) } }

    /// Replaces the environment: `NAME=value`, each ended by a NUL. The bytes must stay until the program is started.
    public func replaceEnvironment(_ bytes: UnsafeRawBufferPointer) { environment = bytes }

    /// What does not fit shows in the header's lengths.
    private func append(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes where request.count < SpawnHeader.maximumRequest { request.append(byte) }
    }

    /// Starts the program as a child of this process.
    public func spawn() throws(ManagerError) -> Child { try spawn(isDetached: false) }

    /// Starts the program on its own: nobody can wait for it, and it goes on when this one ends.
    ///
    /// - Returns: The process's number.
    public func spawnDetached() throws(ManagerError) -> UInt32 { try spawn(isDetached: true).number }

    private func spawn(isDetached: Bool) throws(ManagerError) -> Child {
        guard let slot = Slots.allocate() else { throw .badSlot }
        defer { Slots.release(slot) }
        header.isDetached = isDetached ? 1 : 0
        let number = try make(slot)
        // A stream that this program has not got, the child does not get either.
        let process = Process(slot: slot)
        give(output, to: process, ProgramSlot.output)
        give(input, to: process, ProgramSlot.input)
        give(error, to: process, ProgramSlot.error)
        _ = try Manager.ask(Message(ManagerRequest.start, number))
        return Child(number: number)
    }

    private func give(_ stream: Stream, to process: Process, _ slot: UInt32) {
        try? Capabilities.copy(stream.endpoint.slot, to: process, slot, rights: [.send, .copy])
    }

    /// Has the process made, in a slot; returns its number.
    private func make(_ slot: UInt32) throws(ManagerError) -> UInt32 {
        header.environmentLength = UInt32(clamping: environment.count)
        header.memoryLimit = memoryLimit
        header.permissions = permissions.rawValue
        guard header.argumentsLength <= UInt32(SpawnHeader.maximumArguments),
            header.pathLength <= UInt32(SpawnHeader.maximumPath), environment.count <= SpawnHeader.maximumEnvironment
        else { throw .badRequest }
        let length = request.count
        defer { request.removeLast(request.count - length) }
        append(environment)
        let result = request.withUnsafeMutableBytes { bytes -> Result<UInt32, ManagerError> in
            bytes.storeBytes(of: header, as: SpawnHeader.self)
            do throws(ManagerError) {
                let message = Message(ManagerRequest.spawn, slot)
                return .success(try Manager.ask(message, bytes: UnsafeRawBufferPointer(bytes)).word0)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// A process that this one has started.
public struct Child: Equatable, Sendable {
    /// Its number.
    public let number: UInt32

    public init(number: UInt32) { self.number = number }

    /// Waits until it ends. Its number means nothing afterwards.
    public func wait() throws(ManagerError) -> ProcessEnd { try Self.wait(number).end }

    /// Waits until any child ends. `.noSuchProcess` is thrown if there are none.
    public static func waitForAny() throws(ManagerError) -> (child: Child, end: ProcessEnd) { try wait(0) }

    /// A child that has ended, if there is one; does not wait.
    public static func ended() -> (child: Child, end: ProcessEnd)? { try? wait(0, isPatient: false) }

    /// Ends it.
    public func kill() throws(ManagerError) { try Manager.kill(number) }

    private static func wait(
        _ number: UInt32, isPatient: Bool = true
    ) throws(ManagerError) -> (child: Child, end: ProcessEnd) {
        let reply = try Manager.ask(Message(ManagerRequest.wait, number, isPatient ? 0 : 1))
        return (Child(number: reply.word2), ProcessEnd(kind: reply.word0, status: reply.word1))
    }
}
