import CUser
import ELF
import ManagerLogic
import USTAR
import User

/// What a process is made from.
struct ProgramSource {
    var path: UnsafeRawBufferPointer
    /// Each ended by a NUL.
    var arguments: UnsafeRawBufferPointer
    var environment = UnsafeRawBufferPointer.none
    /// The ELF file, if it is not the payload's file of that path.
    var image: UnsafeRawBufferPointer?
    /// The most page frames; 0: the usual limit.
    var frameLimit: UInt32 = 0
    var permissions = Permissions.none

    /// A driver's program, whose one argument is its name.
    init(driver: Driver) {
        path = driver.path.utf8Bytes
        // A literal's bytes are followed by a NUL.
        arguments = UnsafeRawBufferPointer(start: driver.name.utf8Start, count: driver.name.utf8CodeUnitCount + 1)
        permissions = driver.permissions
    }

    /// A program without arguments.
    init(path: StaticString) {
        self.path = path.utf8Bytes
        arguments = .none
    }

    init(_ request: SpawnRequest) {
        path = request.path
        arguments = request.arguments
        environment = request.environment
        // KiB to pages, rounded up without overflow.
        frameLimit = request.header.memoryLimit / 4 + (request.header.memoryLimit % 4 == 0 ? 0 : 1)
        permissions = Permissions(rawValue: request.header.permissions)
    }
}

extension ManagerServer {
    /// Where a program's file may ask to be loaded.
    private var programAddresses: ClosedRange<UInt32> { klimit...(ProgramLayout.heap.lowerBound - 1) }

    // MARK: Requests

    /// Makes a process that a program asks for, without letting it run.
    ///
    /// - Returns: Its number.
    mutating func spawnChild(
        _ bytes: UnsafeRawBufferPointer, slot: UInt32, of parent: Int
    ) throws(ManagerError) -> UInt32 {
        guard stop == nil else { throw .stopping }
        guard let request = SpawnRequest(bytes) else { throw .badRequest }
        var source = ProgramSource(request)
        // Nobody gives what it does not have.
        source.permissions.formIntersection(table[parent].permissions)
        let index: Int
        if request.header.imageLength > 0 {
            index = try load(source, from: request.header, in: parent)
        } else {
            index = try load(source, parent: parent, driver: nil)
        }
        table[index].isDetached = request.header.isDetached != 0
        do throws(KernelError) {
            try Capabilities.copy(
                ManagerSlot.process(index), to: Process(slot: ManagerSlot.process(parent)), slot, rights: .all)
        } catch {
            end(index, .killed)
            table.free(index)
            throw ManagerError(grant: error)
        }
        return table[index].number
    }

    /// Lets a process run that the sender has made.
    mutating func startChild(_ number: UInt32, of parent: Int) throws(ManagerError) {
        guard let index = table.child(number, of: parent), table[index].state == .created else {
            throw .noSuchProcess
        }
        do throws(KernelError) {
            try run(index)
        } catch {
            end(index, .killed)
            table.free(index)
            throw ManagerError(loading: error)
        }
        if table[index].isDetached { table[index].parent = nil }
    }

    /// Lets a process run.
    mutating func run(_ index: Int) throws(KernelError) {
        let (entry, stack) = (table[index].entry, table[index].stack)
        try Process(slot: ManagerSlot.process(index)).start(
            at: entry, stack: stack, argument: stack, using: ManagerSlot.thread)
        table[index].state = .running
    }

    // MARK: Loading

    /// Makes a process from an ELF file in another process's memory, which is read into this one's meanwhile.
    private mutating func load(
        _ source: ProgramSource, from header: SpawnHeader, in parent: Int
    ) throws(ManagerError) -> Int {
        let window = ProgramLayout.deviceMemory
        let length = header.imageLength
        guard (try? Process.current.map(window, length: length, access: .write)) != nil else { throw .outOfMemory }
        defer { _ = try? Process.current.unmap(window, length: length) }
        // Valid: just mapped, and unmapped when nothing refers to it any more.
        let buffer = UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: UInt(window)), count: Int(length))
        do throws(KernelError) {
            try read(header.imageAddress, of: parent, into: buffer)
        } catch {
            throw error == .badAddress ? .badRequest : .outOfMemory
        }
        var source = source
        source.image = UnsafeRawBufferPointer(buffer)
        return try load(source, parent: parent, driver: nil)
    }

    /// Makes a process and fills its memory. It does not run yet.
    ///
    /// - Parameters:
    ///   - parent: The index of the process that asks, if one does.
    ///   - driver: The row of the driver table that it is, if it is one.
    /// - Returns: Its index in the table.
    mutating func load(_ source: ProgramSource, parent: Int?, driver: Int?) throws(ManagerError) -> Int {
        let payloadFile = payload.file(at: source.path)
        guard let contents = source.image ?? payloadFile else { throw .noSuchFile }
        let file = try check(contents, source.path)
        // Each row of the driver table has its own entry, so that programs cannot take it.
        guard let index = driver ?? table.freeIndex(above: DriverTable.count) else { throw .tooManyProcesses }
        try findPages(of: file, source.path, for: index)
        let limit = min(source.frameLimit == 0 ? .max : source.frameLimit, frameLimit(ofDriver: driver))
        do throws(KernelError) {
            let (process, number) = try Process.create(
                in: ManagerSlot.process(index), faultEndpoint: endpoint,
                badge: table.badge(index) | ProcessTable.faultBadge, frameLimit: limit,
                priorityLimit: driver.map { DriverTable.row($0).priority } ?? Priority.program,
                // What a child uses counts in its parent's limit too, and in that of the parent's parent.
                below: parent.map { Process(slot: ManagerSlot.process($0)) })
            table[index].state = .created
            table[index].number = number
            table[index].name = ShortName(path: source.path)
            table[index].parent = parent
            table[index].driver = driver
            table[index].permissions = source.permissions
            table[index].entry = file.header.entry
            if source.image == nil {
                table[index].image = contents
            } else {
                // What was given in memory is gone when the process runs, and its symbols with it.
                table[index].pages.removeAll()
                try load(file, into: process)
            }
            table[index].stack = try writeStack(source, number: number, into: process)
            try Capabilities.copy(
                ManagerSlot.endpoint, to: process, ProgramSlot.manager, rights: .send, badge: table.badge(index))
            try Capabilities.copy(InitialSlot.system, to: process, ProgramSlot.system, rights: [.read, .copy])
            if source.permissions.contains(.readLog) {
                try Capabilities.copy(InitialSlot.log, to: process, ProgramSlot.log, rights: .read)
            }
            return index
        } catch {
            discard(index)
            throw ManagerError(loading: error)
        }
    }

    /// Takes back a process that could not be made whole.
    func discard(_ index: Int) {
        try? Process(slot: ManagerSlot.process(index)).destroy()
        try? Capabilities.delete(ManagerSlot.process(index))
        table.free(index)
    }

    /// Finds out where the pages of a program lie in its file: the payload's, or one that will be copied.
    private func findPages(
        of file: ELFFile, _ path: UnsafeRawBufferPointer, for index: Int
    ) throws(ManagerError) {
        table[index].pages.removeAll()
        for segment in file.segments where segment.type == .load && segment.memorySize > 0 {
            var part = ProgramPages.Segment()
            part.address = segment.virtualAddress
            part.memorySize = segment.memorySize
            part.offset = payload.offset(of: file.bytes) &+ segment.fileOffset
            part.fileSize = segment.fileSize
            part.isWritable = segment.flags.contains(.write)
            guard table[index].pages.add(part) else {
                log.print("process-manager: \(path): too many segments, or two in one page")
                throw .notExecutable
            }
        }
    }

    /// Reads a program's file, and says what is wrong with it.
    private func check(
        _ contents: UnsafeRawBufferPointer, _ path: UnsafeRawBufferPointer
    ) throws(ManagerError) -> ELFFile {
        do throws(ELFError) {
            let file = try ELFFile(contents)
            try file.checkExecutable(within: programAddresses)
            return file
        } catch {
            log.print("process-manager: \(path): \(error.message)")
            throw .notExecutable
        }
    }

    /// No program may use up more than half of the memory, its children included; but all programs together may use all
    /// of it, and they are the shell's children.
    private func frameLimit(ofDriver driver: Int?) -> UInt32 {
        guard driver != DriverTable.shell, let memory = try? system.memory() else { return 0 }
        return memory.totalFrames / 2
    }

    /// Maps a program's segments and fills them: of a file that is in nobody's memory afterwards.
    private func load(_ file: ELFFile, into process: Process) throws(KernelError) {
        for segment in file.segments where segment.type == .load && segment.memorySize > 0 {
            // The file was checked: no two segments share a page, and none of these sums overflows.
            let start = segment.virtualAddress & ~(pageSize - 1)
            let end = (segment.virtualAddress + segment.memorySize + pageSize - 1) & ~(pageSize - 1)
            try process.map(start, length: end - start, access: segment.flags.contains(.write) ? .write : .readOnly)
            let contents = file.contents(of: segment)
            if !contents.isEmpty { try process.write(contents, to: segment.virtualAddress) }
        }
    }

    /// Makes the first page of the stack and puts a `ProgramStartup`, the arguments and the environment at its top.
    ///
    /// - Returns: The address of the `ProgramStartup`, which is also the stack pointer to begin with.
    private func writeStack(
        _ source: ProgramSource, number: UInt32, into process: Process
    ) throws(KernelError) -> UInt32 {
        // Arguments and environment together fit it (`SpawnHeader`).
        try process.map(ProgramLayout.stackTop - pageSize, length: pageSize, access: .write)
        let environmentAddress = ProgramLayout.stackTop - UInt32(source.environment.count)
        let argumentsAddress = environmentAddress - UInt32(source.arguments.count)
        if !source.environment.isEmpty { try process.write(source.environment, to: environmentAddress) }
        if !source.arguments.isEmpty { try process.write(source.arguments, to: argumentsAddress) }
        var startup = ProgramStartup(
            flags: system_call_flags, process: number, argumentsAddress: argumentsAddress,
            argumentsLength: UInt32(source.arguments.count),
            environmentAddress: environmentAddress, environmentLength: UInt32(source.environment.count))
        let address = (argumentsAddress - UInt32(MemoryLayout<ProgramStartup>.size)) & ~15
        let written = withUnsafeBytes(of: &startup) { bytes -> KernelError? in
            do throws(KernelError) {
                try process.write(bytes, to: address)
                return nil
            } catch {
                return error
            }
        }
        if let written { throw written }
        return address
    }
}

extension ManagerError {
    /// Why a process could not be made.
    init(loading error: KernelError) {
        self = error == .outOfMemory || error == .quotaExceeded ? .outOfMemory : .failed
    }
}
