// The user library: what a program for this system is written with.
//
// Constraint: programs are Embedded Swift without `String`, and all they can do about the outside world is one
// instruction, `int 0x80`, on numbers of capability slots.
//
// Choice: two layers. This file and `Endpoint.swift` give each system call a Swift name, typed errors, and a type for
// the kind of slot that it takes; drivers and servers use them. Above them, `print`, `Arguments`, `Environment`,
// `Program`, `Stream`, `Service`, `Clock` and `Disk` are what an ordinary program uses; they are messages to the
// servers whose capabilities every program is born with (`ProgramSlot`), or finds by name.
//
// Example: a whole program.
//
//     import User
//
//     @main
//     struct Hello {
//         static func main() {
//             print("Hello, process \(Arguments.process).")
//         }
//     }

import CUser
@_exported import KernelABI
@_exported import ServiceProtocols
@_exported import UserText

/// The registers of a system call, and what the kernel answered.
struct Call {
    private var registers = system_call_registers()

    /// Makes a call; registers that are not given are 0.
    @inline(__always)
    init(
        _ call: SystemCall, label: UInt32 = 0, ebx: UInt32 = 0, ecx: UInt32 = 0, edx: UInt32 = 0, esi: UInt32 = 0,
        edi: UInt32 = 0, ebp: UInt32 = 0
    ) {
        registers.eax = SystemCallNumber(call, label: label).rawValue
        registers.ebx = ebx
        registers.ecx = ecx
        registers.edx = edx
        registers.esi = esi
        registers.edi = edi
        registers.ebp = ebp
        // Valid: the structure lives until the call is over, and the kernel checks every address inside it.
        system_call(&registers)
    }

    var ebx: UInt32 { registers.ebx }
    var esi: UInt32 { registers.esi }
    var edi: UInt32 { registers.edi }
    var ebp: UInt32 { registers.ebp }

    /// The result, or the error.
    @discardableResult
    func result() throws(KernelError) -> UInt32 {
        let value = Int32(bitPattern: registers.eax)
        if value >= 0 { return registers.eax }
        // A number that this library does not know can only come from a newer kernel.
        throw KernelError(rawValue: value) ?? .unknownCall
    }
}

/// Operations on slots of this process's capability table, whatever they hold.
public enum Capabilities {
    /// Copies a capability into another process, with fewer rights perhaps, and a badge.
    ///
    /// - Parameters:
    ///   - source: The slot to copy from.
    ///   - process: The process that gets the copy; nil means this one.
    ///   - destination: An empty slot there.
    ///   - rights: The rights to keep.
    ///   - badge: What an endpoint's receiver sees, or what a notification's signal sets; a capability that has a badge
    ///     keeps it. For I/O ports, the `PortRange` to keep.
    public static func copy(
        _ source: UInt32, to process: Process?, _ destination: UInt32, rights: CapabilityRights, badge: UInt32 = 0
    ) throws(KernelError) {
        try Call(
            .capabilityCopy, ebx: source, ecx: process?.slot ?? 0, edx: destination, esi: rights.rawValue, edi: badge
        ).result()
    }

    /// Deletes everything that was copied from a capability, directly or not; the capability itself stays.
    public static func revoke(_ slot: UInt32) throws(KernelError) {
        try Call(.capabilityRevoke, ebx: slot).result()
    }

    /// Empties a slot.
    public static func delete(_ slot: UInt32) throws(KernelError) {
        try Call(.capabilityDelete, ebx: slot).result()
    }
}

/// A process, by the slot of a capability to it.
public struct Process {
    /// The slot in this process's capability table.
    public let slot: UInt32

    public init(slot: UInt32) { self.slot = slot }

    /// This process.
    public static var current: Process { Process(slot: InitialSlot.process) }

    /// Creates a process without memory and threads.
    ///
    /// - Parameters:
    ///   - slot: An empty slot for it.
    ///   - faultEndpoint: Who is told of its faults, and of its end.
    ///   - badge: The badge of those messages.
    ///   - frameLimit: The most page frames that it, and the processes whose accounts are below its own, may use; 0
    ///     sets no limit.
    ///   - priorityLimit: The highest priority of its threads, 0...31, with which they begin.
    ///   - parent: The process whose account the new one's is below, so that what it uses counts there too; nil for this
    ///     process.
    /// - Returns: The process, and its number for people to read.
    public static func create(
        in slot: UInt32, faultEndpoint: Endpoint, badge: UInt32, frameLimit: UInt32, priorityLimit: UInt32,
        below parent: Process? = nil
    ) throws(KernelError) -> (process: Process, number: UInt32) {
        let number = try Call(
            .processCreate, ebx: slot, ecx: faultEndpoint.slot, edx: badge, esi: frameLimit, edi: priorityLimit,
            ebp: parent?.slot ?? 0
        ).result()
        return (Process(slot: slot), number)
    }

    /// Ends the process and frees everything it has.
    public func destroy() throws(KernelError) { try Call(.processDestroy, ebx: slot).result() }

    /// Adds zeroed memory. `address` is a multiple of the page size; `length` is rounded up to one.
    public func map(_ address: UInt32, length: UInt32, access: MemoryAccess) throws(KernelError) {
        try Call(.memoryMap, ebx: slot, ecx: address, edx: length, esi: access.rawValue).result()
    }

    /// Removes memory; returns how many pages that freed.
    @discardableResult
    public func unmap(_ address: UInt32, length: UInt32) throws(KernelError) -> UInt32 {
        try Call(.memoryUnmap, ebx: slot, ecx: address, edx: length).result()
    }

    /// Makes memory that is mapped copy-on-write writable, by copying its pages; returns how many those were.
    ///
    /// - Throws: `.badAddress` if a page is not there, or can be written by nobody.
    @discardableResult
    public func unshare(_ address: UInt32, length: UInt32) throws(KernelError) -> UInt32 {
        try Call(.memoryUnshare, ebx: slot, ecx: address, edx: length).result()
    }

    /// Copies bytes into the process, even into memory that it can only read.
    public func write(_ bytes: UnsafeRawBufferPointer, to address: UInt32) throws(KernelError) {
        // The kernel takes up to 16 MiB at once.
        let step = 16 << 20
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, step)
            let source = UnsafeRawBufferPointer(rebasing: bytes[done..<(done + count)])
            try Call(
                .memoryWrite, ebx: slot, ecx: address &+ UInt32(done), edx: source.address, esi: UInt32(count)
            ).result()
            done += count
        }
    }

    /// Copies bytes out of the process, filling `buffer` (up to 16 MiB).
    public func read(_ address: UInt32, into buffer: UnsafeMutableRawBufferPointer) throws(KernelError) {
        try Call(
            .memoryRead, ebx: slot, ecx: address, edx: UnsafeRawBufferPointer(buffer).address,
            esi: UInt32(buffer.count)
        ).result()
    }

    /// Creates a thread and lets it run. `slot` is used to name the thread meanwhile, and is empty again afterwards
    /// unless `keepsThread` says otherwise.
    public func start(
        at entry: UInt32, stack: UInt32, argument: UInt32, using slot: UInt32, keepsThread: Bool = false
    ) throws(KernelError) {
        try Call(.threadCreate, ebx: self.slot, ecx: slot, edx: entry, esi: stack, edi: argument).result()
        let started = Call(.threadStart, ebx: slot)
        // A running thread does not need its capability.
        if !keepsThread { try Capabilities.delete(slot) }
        try started.result()
    }
}

/// The kernel's log, by the slot of a capability to it.
public struct KernelLog {
    /// The slot in this process's capability table.
    public let slot: UInt32
    /// How important what is written is.
    public let level: LogLevel

    public init(slot: UInt32, level: LogLevel = .information) {
        self.slot = slot
        self.level = level
    }

    /// Looks at all lines that the kernel still has, from the oldest on; or at those that are not on the screen, which
    /// then is this process's (`LogRecord.unshown`).
    public func forEachLine(
        unshown: Bool = false, _ body: (LogRecord, UnsafeRawBufferPointer) -> Void
    ) throws(KernelError) {
        var buffer = InlineArray<1024, UInt8>(repeating: 0)
        var position: UInt32 = unshown ? LogRecord.unshown : 0
        var isAtEnd = false
        while !isAtEnd {
            // Valid: `InlineArray` stores its elements contiguously, and the kernel writes whole records and no more
            // than the buffer holds.
            let problem = withUnsafeMutableBytes(of: &buffer) { bytes -> KernelError? in
                let all = UnsafeRawBufferPointer(bytes)
                do throws(KernelError) {
                    let call = Call(.logRead, ebx: slot, ecx: all.address, edx: UInt32(all.count), esi: position)
                    let count = try call.result()
                    if !unshown { position = call.ebx }
                    isAtEnd = count == 0
                    var offset: UInt32 = 0
                    while offset < count {
                        let record = all.loadUnaligned(fromByteOffset: Int(offset), as: LogRecord.self)
                        let text = Int(offset) + 8
                        body(record, UnsafeRawBufferPointer(rebasing: all[text..<(text + Int(record.length))]))
                        offset += record.size
                    }
                    return nil
                } catch {
                    return error
                }
            }
            if let problem { throw problem }
        }
    }

    /// Writes bytes to the screen and the serial line. Errors have nowhere to go: what cannot be written is dropped.
    public func write(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            guard
                let count = try? Call(
                    .logWrite, label: UInt32(level.rawValue), ebx: slot, ecx: rest.address, edx: UInt32(rest.count)
                ).result(),
                count > 0
            else { return }
            done += Int(count)
        }
    }

    /// Writes a literal.
    public func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes a line.
    public func print(_ text: Text) {
        text.withLine { write($0) }
    }
}

/// Interrupt lines, by the slots of capabilities to them.
public enum Interrupt {
    /// Takes a line: its interrupts become messages to an endpoint.
    ///
    /// - Parameters:
    ///   - line: 0...15, as the 8259s count, but neither 0 nor 2.
    ///   - authority: The slot of the interrupt authority.
    ///   - endpoint: Who gets the messages.
    ///   - badge: The badge that they carry.
    ///   - slot: An empty slot for the line.
    public static func bind(
        _ line: UInt32, authority: UInt32, endpoint: Endpoint, badge: UInt32, in slot: UInt32
    ) throws(KernelError) {
        try bind(line, authority, to: endpoint.slot, badge, in: slot)
    }

    /// The same, but its interrupts set bits of a notification.
    public static func bind(
        _ line: UInt32, authority: UInt32, notification: Notification, bits: UInt32, in slot: UInt32
    ) throws(KernelError) {
        try bind(line, authority, to: notification.slot, bits, in: slot)
    }

    private static func bind(
        _ line: UInt32, _ authority: UInt32, to target: UInt32, _ badge: UInt32, in slot: UInt32
    ) throws(KernelError) {
        try Call(.interruptBind, ebx: authority, ecx: line, edx: target, esi: badge, edi: slot).result()
    }

    /// Lets the next interrupt of a line come. Does nothing if the slot holds no line.
    public static func acknowledge(_ slot: UInt32) { _ = Call(.interruptAcknowledge, ebx: slot) }
}

/// The system, by the slot of a capability to it.
public struct System {
    /// The slot in this process's capability table.
    public let slot: UInt32

    public init(slot: UInt32) { self.slot = slot }

    /// Memory figures.
    public func memory() throws(KernelError) -> MemoryInformation? {
        var record = MemoryInformation(
            ramKilobytes: 0, totalFrames: 0, freeFrames: 0, freeKernelFrames: 0, imageBytes: 0)
        return try read(.memory, into: &record) ? record : nil
    }

    /// The time since the kernel started.
    public func clock() throws(KernelError) -> ClockInformation? {
        var record = ClockInformation()
        return try read(.clock, into: &record) ? record : nil
    }

    /// The thread with the lowest number that is not below `number`; nil if there is none.
    public func thread(from number: UInt32) throws(KernelError) -> ThreadInformation? {
        var record = ThreadInformation()
        return try read(.thread, from: number, into: &record) ? record : nil
    }

    /// The process with the lowest number that is not below `number`; nil if there is none.
    public func process(from number: UInt32) throws(KernelError) -> ProcessInformation? {
        var record = ProcessInformation()
        return try read(.process, from: number, into: &record) ? record : nil
    }

    /// Looks at all threads, in the order of their numbers. Others may come and go meanwhile.
    public func forEachThread(_ body: (ThreadInformation) -> Void) {
        var next: UInt32 = 0
        while let thread = try? thread(from: next), thread.thread >= next {
            body(thread)
            next = thread.thread &+ 1
        }
    }

    /// Looks at all processes, in the order of their numbers. Others may come and go meanwhile.
    public func forEachProcess(_ body: (ProcessInformation) -> Void) {
        var next: UInt32 = 0
        while let process = try? process(from: next), process.process >= next {
            body(process)
            next = process.process &+ 1
        }
    }

    /// Reads a part of the text that describes the memory layout; returns how many bytes there were, 0 at its end.
    public func layout(
        from offset: UInt32, into buffer: UnsafeMutableRawBufferPointer
    ) throws(KernelError) -> Int {
        Int(
            try Call(
                .systemInformation, ebx: slot, ecx: InformationKind.layout.rawValue,
                edx: UnsafeRawBufferPointer(buffer).address, esi: UInt32(buffer.count), edi: offset
            ).result())
    }

    /// Maps memory of a device into a process. Needs the right to manage.
    ///
    /// - Parameters:
    ///   - physical: Its physical address, a multiple of the page size.
    ///   - address: Where it shall appear.
    public func mapDevice(
        _ physical: UInt32, length: UInt32, into process: Process, at address: UInt32
    ) throws(KernelError) {
        try Call(.deviceMap, ebx: slot, ecx: process.slot, edx: physical, esi: length, edi: address).result()
    }

    /// Stops the machine; returns only if it cannot.
    public func shutdown(_ action: ShutdownAction) throws(KernelError) {
        try Call(.shutdown, ebx: slot, ecx: action.rawValue).result()
    }

    /// Reads one record; returns whether there was one.
    private func read<Record>(
        _ kind: InformationKind, from number: UInt32 = 0, into record: inout Record
    ) throws(KernelError) -> Bool {
        // Valid: the kernel writes at most `count` bytes, and the records above are integers, so any bits are valid.
        let call = withUnsafeMutableBytes(of: &record) { bytes in
            Call(
                .systemInformation, ebx: slot, ecx: kind.rawValue, edx: UnsafeRawBufferPointer(bytes).address,
                esi: UInt32(bytes.count), edi: number)
        }
        return try call.result() > 0
    }
}

extension UnsafeRawBufferPointer {
    /// The address as the kernel takes it; 0 for an empty buffer.
    var address: UInt32 { UInt32(truncatingIfNeeded: UInt(bitPattern: baseAddress)) }
}
