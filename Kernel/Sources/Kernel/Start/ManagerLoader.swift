import ELF
import KernelABI
import KernelAssembly
import KernelLogic

/// Makes the first process, the process manager, of the ELF file in the image, and gives it capabilities to everything.
/// It is the only program that the kernel loads: it loads all others.
enum ManagerLoader {
    private static var stackEnd: UInt32 { 0xBFFF_F000 }
    private static var stackSize: UInt32 { 0x1_0000 }
    /// A page for `ManagerStartup` and the command line.
    private static var startupAddress: UInt32 { 0xC000_0000 }
    private static var payloadAddress: UInt32 { 0xC010_0000 }

    /// Creates the process and its first thread, and makes it ready.
    static func load() throws(KernelError) {
        let process = try Processes.create(
            by: nil, account: Accounts.kernel, frameLimit: 0, priorityLimit: ReadyQueue<Thread>.levels - 1)
        Processes.manager = process
        process.pointee.references += 2  // one of them for its own capability to itself
        Capabilities.put(
            process.pointee.capabilities[InitialSlot.process], UnsafeMutableRawPointer(process), .process)
        let entry = try loadSegments(process)
        var address = stackEnd - stackSize
        while address < stackEnd {
            try process.pointee.space.mapZeroed(address, writable: true, account: process.pointee.account)
            address += pageSize
        }
        try mapPayload(process)
        try mapStartup(process)
        let thread = try Threads.create(process, entry: entry, stack: stackEnd, argument: startupAddress)
        thread.pointee.references = 1
        let table = process.pointee.capabilities
        Capabilities.put(table[InitialSlot.thread], UnsafeMutableRawPointer(thread), .thread)
        grant(table, InitialSlot.log, .log)
        grant(table, InitialSlot.system, .system)
        grant(table, InitialSlot.interrupts, .interruptAuthority)
        table[InitialSlot.ports].pointee = Capability(
            object: UInt(PortRange.all.rawValue), kind: .ports, rights: .all)
        Scheduler.makeReady(thread)
    }

    private static func grant(_ table: CapabilityTable, _ slot: UInt32, _ kind: ObjectKind) {
        table[slot].pointee = Capability(object: 0, kind: kind, rights: .all)
    }

    /// Loads the segments; returns the entry point.
    private static func loadSegments(_ process: ProcessReference) throws(KernelError) -> UInt32 {
        let file: ELFFile
        do {
            file = try ELFFile(BootImage.manager)
            try file.checkExecutable(within: klimit...stackEnd - stackSize - pageSize - 1)
        } catch {
            Log.line("process manager: ").text(error.message).end()
            Power.stop("the process manager cannot be loaded")
        }
        let space = process.pointee.space
        for segment in file.segments where segment.type == .load && segment.memorySize > 0 {
            // In range: `checkExecutable` has seen that the segment lies in user space.
            var page = segment.virtualAddress & ~4095
            let last = segment.virtualAddress + (segment.memorySize - 1)
            while page <= last {
                if !space.isMapped(page) {
                    try space.mapZeroed(
                        page, writable: segment.flags.contains(.write), account: process.pointee.account)
                }
                page += pageSize
            }
            do {
                try UserMemory.copy(
                    from: file.contents(of: segment), to: space, segment.virtualAddress, force: true)
            } catch {
                throw .badAddress
            }
        }
        return file.header.entry
    }

    /// Maps the payload, which stays where it was loaded, read-only, and makes a memory object of it, so that programs
    /// can have its pages too.
    private static func mapPayload(_ process: ProcessReference) throws(KernelError) {
        let count = UInt32(BootImage.payload.count)
        var offset: UInt32 = 0
        while offset < count {
            try process.pointee.space.map(
                payloadAddress + offset, to: KernelStart.payloadStart + offset, flags: 0,
                account: process.pointee.account)
            offset += pageSize
        }
        guard count > 0 else { return }
        let memory = try MemoryObjects.create(
            image: KernelStart.payloadStart, pages: (count + pageSize - 1) >> 12, process.pointee.account)
        process.pointee.capabilities[InitialSlot.payload].pointee = Capability(
            object: UInt(bitPattern: memory), kind: .memory, rights: [.read, .copy])
    }

    private static func mapStartup(_ process: ProcessReference) throws(KernelError) {
        let space = process.pointee.space
        try space.mapZeroed(startupAddress, writable: false, account: process.pointee.account)
        let size = UInt32(MemoryLayout<ManagerStartup>.size)
        let startup = ManagerStartup(
            flags: (CPU.hasFastSystemCalls ? ManagerStartup.hasSysenter : 0)
                | (FloatingPoint.isPresent ? ManagerStartup.hasFloatingPoint : 0)
                | (FloatingPoint.isPresent && CPU.hasSSE ? ManagerStartup.hasSSE : 0)
                | (CPU.hasTimestamp ? ManagerStartup.hasTimestamp : 0), payloadAddress: payloadAddress,
            payloadLength: UInt32(BootImage.payload.count), commandLineAddress: startupAddress + size,
            commandLineLength: UInt32(CommandLine.start.count))
        do {
            try withUnsafeBytes(of: startup) { bytes throws(UserMemory.CopyError) in
                try UserMemory.copy(from: bytes, to: space, startupAddress, force: true)
            }
            try UserMemory.copy(from: CommandLine.start, to: space, startupAddress + size, force: true)
        } catch {
            throw .badAddress
        }
    }
}
