import CUser
import ELF
import USTAR
import User

/// Priorities of the process manager's making: who answers keys comes first, and programs come last.
enum Priority {
    static var driver: UInt32 { 24 }
    static var manager: UInt32 { 20 }
    static var program: UInt32 { 16 }
}

extension ManagerServer {
    /// Where a program's file may ask to be loaded.
    private var programAddresses: ClosedRange<UInt32> { klimit...(ProgramLayout.heap.lowerBound - 1) }

    /// Starts a program from the payload.
    ///
    /// - Parameters:
    ///   - path: Its path in the payload.
    ///   - arguments: Its arguments, each ended by a NUL.
    ///   - parent: The index of the process that asks, if one does.
    ///   - role: What it is for.
    /// - Returns: Its index in the table.
    mutating func spawn(
        path: UnsafeRawBufferPointer, arguments: UnsafeRawBufferPointer, parent: Int?, role: ProcessEntry.Role
    ) throws(ManagerError) -> Int {
        guard let entry = payload?.file(at: path) else { throw .noSuchFile }
        guard arguments.count <= 512 else { throw .badRequest }
        let file = try check(entry.contents, path)
        guard let index = table.freeIndex else { throw .tooManyProcesses }
        do throws(KernelError) {
            let slot = ManagerSlot.process(index)
            let (process, number) = try Process.create(
                in: slot, faultEndpoint: endpoint, badge: table.badge(index) | ProcessTable.faultBadge,
                frameLimit: frameLimit, priorityLimit: role == .console ? Priority.driver : Priority.program)
            table[index].state = .running
            table[index].role = role
            table[index].number = number
            table[index].name = ProcessName(path: path)
            table[index].parent = parent
            table[index].image = entry.contents
            try load(file, into: process)
            let stack = try writeStack(arguments, number: number, into: process)
            try grantCapabilities(to: process, index, role)
            try process.start(at: file.header.entry, stack: stack, argument: stack, using: ManagerSlot.thread)
            return index
        } catch {
            try? Process(slot: ManagerSlot.process(index)).destroy()
            try? Capabilities.delete(ManagerSlot.process(index))
            table.free(index)
            throw error == .outOfMemory || error == .quotaExceeded ? .outOfMemory : .failed
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

    /// No program may use up more than half of the memory.
    private var frameLimit: UInt32 {
        guard let memory = try? system.memory() else { return 0 }
        return memory.totalFrames / 2
    }

    /// Maps a program's segments and fills them.
    private func load(_ file: ELFFile, into process: Process) throws(KernelError) {
        var mappedEnd: UInt32 = 0
        for segment in file.segments where segment.type == .load && segment.memorySize > 0 {
            // The file was checked: a segment's end lies below the heap, so none of these sums overflows.
            let start = segment.virtualAddress & ~(pageSize - 1)
            let end = (segment.virtualAddress + segment.memorySize + pageSize - 1) & ~(pageSize - 1)
            // Segments whose pages overlap would have to share the access rights; `program.ld` makes none.
            guard start >= mappedEnd else { throw .alreadyMapped }
            try process.map(start, length: end - start, access: segment.flags.contains(.write) ? .write : .readOnly)
            mappedEnd = end
            let contents = file.contents(of: segment)
            if !contents.isEmpty { try process.write(contents, to: segment.virtualAddress) }
        }
    }

    /// Makes the first pages of the stack and puts a `ProgramStartup` and the arguments at its top.
    ///
    /// - Returns: The address of the `ProgramStartup`, which is also the stack pointer to begin with.
    private func writeStack(
        _ arguments: UnsafeRawBufferPointer, number: UInt32, into process: Process
    ) throws(KernelError) -> UInt32 {
        let initialSize = 2 * pageSize
        try process.map(ProgramLayout.stackTop - initialSize, length: initialSize, access: .write)
        // At most 512 bytes: they fit the first page.
        let argumentsAddress = ProgramLayout.stackTop - UInt32(arguments.count)
        if !arguments.isEmpty { try process.write(arguments, to: argumentsAddress) }
        var startup = ProgramStartup(
            flags: system_call_flags, process: number, argumentsAddress: argumentsAddress, argumentsLength: UInt32(arguments.count))
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

    /// Gives a process what a process of its role needs, and no more.
    private func grantCapabilities(
        to process: Process, _ index: Int, _ role: ProcessEntry.Role
    ) throws(KernelError) {
        let badge = table.badge(index)
        try Capabilities.copy(
            ManagerSlot.endpoint, to: process, ProgramSlot.manager, rights: .send, badge: badge)
        try Capabilities.copy(InitialSlot.system, to: process, ProgramSlot.system, rights: [.read, .copy])
        guard role == .console else {
            try Capabilities.copy(
                ManagerSlot.console, to: process, ProgramSlot.console, rights: .send, badge: badge)
            return
        }
        try Capabilities.copy(ManagerSlot.console, to: process, DriverSlot.endpoint, rights: .receive)
        try Capabilities.copy(InitialSlot.log, to: process, DriverSlot.log, rights: .send)
        // A line that could not be had leaves its slot empty; the driver lives with the other.
        try? Capabilities.copy(ManagerSlot.keyboardLine, to: process, DriverSlot.keyboardLine, rights: .manage)
        try? Capabilities.copy(ManagerSlot.serialLine, to: process, DriverSlot.serialLine, rights: .manage)
        try grantPorts(PortRange(0x60, through: 0x60), to: process, DriverSlot.keyboardDataPort)
        try grantPorts(PortRange(0x64, through: 0x64), to: process, DriverSlot.keyboardStatusPort)
        try grantPorts(PortRange(0x3F8, through: 0x3FF), to: process, DriverSlot.serialPorts)
    }

    private func grantPorts(_ range: PortRange, to process: Process, _ slot: UInt32) throws(KernelError) {
        try Capabilities.copy(InitialSlot.ports, to: process, slot, rights: [], badge: range.rawValue)
    }
}
