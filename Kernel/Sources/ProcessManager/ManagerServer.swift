import USTAR
import User

/// The process manager's one loop.
struct ManagerServer {
    let log: KernelLog
    let system = System(slot: InitialSlot.system)
    let endpoint = Endpoint(slot: ManagerSlot.endpoint)
    /// The programs and files; nil if there are none, or they cannot be read.
    let payload: USTARArchive?
    var table = ProcessTable()
    /// The process manager's own number.
    var ownNumber: UInt32 = 0
    /// How often a driver or shell may still be started again, so that one that cannot live does not keep the machine
    /// busy for ever.
    var restartsLeft = 100

    init(log: KernelLog, payload: UnsafeRawBufferPointer) {
        self.log = log
        do throws(USTARError) {
            self.payload = payload.isEmpty ? nil : try USTARArchive(payload)
            if payload.isEmpty { log.print("process-manager: the kernel image has no payload") }
        } catch {
            self.payload = nil
            log.print("process-manager: payload: \(error.message)")
        }
    }

    mutating func run() {
        guard (try? Endpoint.create(in: ManagerSlot.endpoint)) != nil,
            (try? Endpoint.create(in: ManagerSlot.console)) != nil
        else {
            log.print("process-manager: no memory for endpoints")
            return
        }
        try? Thread.setPriority(Priority.manager, of: InitialSlot.thread)
        findOwnNumber()
        bindConsoleInterrupts()
        if let payload {
            var files = 0
            for entry in payload where entry.type == .file { files += 1 }
            log.print("process-manager: \(files) files in the payload")
        }
        startServer(.console)
        startServer(.shell)

        var buffer = InlineArray<1024, UInt8>(repeating: 0)
        while true {
            // Valid: `InlineArray` stores its elements contiguously, and the kernel writes no more than the buffer
            // holds.
            withUnsafeMutableBytes(of: &buffer) { bytes in
                guard let message = try? endpoint.receive(bytes) else { return }
                serve(message, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<message.length]))
            }
        }
    }

    private mutating func serve(_ message: ReceivedMessage, _ bytes: UnsafeRawBufferPointer) {
        guard let index = table.index(badge: message.badge) else {
            // A process that is gone; its thread, if it waits, is gone too.
            if message.wantsReply { reply(.noSuchProcess) }
            return
        }
        if message.badge & ProcessTable.faultBadge == 0 {
            serveRequest(message, bytes, from: index)
        } else if message.label == MessageLabel.fault {
            serveFault(bytes, of: index)
        } else if message.label == MessageLabel.processEnded {
            end(index, .exited(status: 0))
        }
    }

    /// Answers the call received last.
    func reply(_ word0: UInt32 = 0, _ word1: UInt32 = 0, bytes: UnsafeRawBufferPointer = .none) {
        // A caller that cannot take the answer has itself to blame, and is told by the kernel.
        try? Endpoint.reply(Message(0, word0, word1), bytes: bytes)
    }

    /// Refuses the call received last.
    func reply(_ error: ManagerError) { try? Endpoint.reply(Message(error.rawValue)) }

    /// The kernel's number of this process: the only one that exists before any program does, beside the kernel's.
    private mutating func findOwnNumber() {
        var index: UInt32 = 0
        while let process = try? system.process(index) {
            ownNumber = max(ownNumber, process.process)
            index += 1
        }
    }

    private func bindConsoleInterrupts() {
        let lines: InlineArray<2, (line: UInt32, slot: UInt32)> = [
            (1, ManagerSlot.keyboardLine), (4, ManagerSlot.serialLine),
        ]
        for index in 0..<2 {
            let (line, slot) = lines[index]
            do throws(KernelError) {
                try Interrupt.bind(
                    line, authority: InitialSlot.interrupts, endpoint: Endpoint(slot: ManagerSlot.console),
                    badge: DriverSlot.interruptBadge | line, in: slot)
            } catch {
                log.print("process-manager: interrupt line \(line) is not to be had")
            }
        }
    }

    /// Starts the console driver or the shell, and says so if it cannot.
    mutating func startServer(_ role: ProcessEntry.Role) {
        let path: StaticString = role == .console ? "bin/console" : "bin/shell"
        // The arguments are the name alone.
        let name: StaticString = role == .console ? "console\0" : "shell\0"
        do throws(ManagerError) {
            _ = try spawn(
                path: UnsafeRawBufferPointer(start: path.utf8Start, count: path.utf8CodeUnitCount),
                arguments: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
                parent: nil, role: role)
        } catch {
            log.print("process-manager: \(path): \(error.message)")
        }
    }

    /// Takes a process that has ended, or is to end, out of the system, and tells whoever waits.
    mutating func end(_ index: Int, _ end: ProcessEnd) {
        let role = table[index].role
        // Its memory and threads go first: its parent, once told, may want the memory.
        try? Process(slot: ManagerSlot.process(index)).destroy()
        try? Capabilities.delete(ManagerSlot.process(index))
        for child in 0..<ProcessTable.capacity where table[child].parent == index {
            table[child].parent = nil
            if table[child].isAwaited {
                table[child].isAwaited = false
                try? Capabilities.delete(ManagerSlot.waiter(child))
            }
            if table[child].state == .ended { table.free(child) }
        }
        if table[index].isAwaited {
            if (try? Endpoint.reply(to: ManagerSlot.waiter(index), end.message)) == nil {
                try? Capabilities.delete(ManagerSlot.waiter(index))
            }
            table.free(index)
        } else if table[index].parent != nil {
            table[index].state = .ended
            table[index].end = end
        } else {
            table.free(index)
        }
        guard role != .program else { return }
        let name: StaticString = role == .console ? "the console driver" : "the shell"
        guard restartsLeft > 0 else {
            log.print("process-manager: \(name) has ended too often, and is not started again")
            return
        }
        restartsLeft -= 1
        log.print("process-manager: \(name) has ended, and is started again")
        startServer(role)
    }
}

extension ProcessEnd {
    /// As the answer to `ManagerRequest.wait`.
    var message: Message {
        switch self {
        case .exited(let status): Message(0, 0, status)
        case .faulted: Message(0, 1)
        case .killed: Message(0, 2)
        }
    }
}
