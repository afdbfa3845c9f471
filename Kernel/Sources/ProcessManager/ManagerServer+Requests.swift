import ManagerLogic
import USTAR
import User

extension ManagerServer {
    /// Does what a program asks for.
    mutating func serveRequest(_ message: ReceivedMessage, _ bytes: UnsafeRawBufferPointer, from client: Int) {
        guard message.label != ManagerRequest.exit else { return end(client, .exited(status: message.word0)) }
        guard message.wantsReply else { return }
        do throws(ManagerError) {
            try answerRequest(message, bytes, from: client)
        } catch {
            reply(error)
        }
    }

    private mutating func answerRequest(
        _ message: ReceivedMessage, _ bytes: UnsafeRawBufferPointer, from client: Int
    ) throws(ManagerError) {
        switch message.label {
        case ManagerRequest.spawn: reply(try spawnChild(bytes, slot: message.word0, of: client))
        case ManagerRequest.start:
            try startChild(message.word0, of: client)
            reply()
        case ManagerRequest.wait: serveWait(message.word0, isPatient: message.word1 == 0, from: client)
        case ManagerRequest.kill: serveKill(message.word0, from: client)
        case ManagerRequest.processInformation: serveProcessInformation(message.word0)
        case ManagerRequest.fileInformation: serveFileInformation(message.word0)
        case ManagerRequest.fileRead: serveFileRead(bytes, offset: message.word0, limit: message.word1)
        case ManagerRequest.shutdown: serveShutdown(message.word0, from: client)
        case ManagerRequest.awaitShutdown: serveAwaitShutdown(from: client)
        case ManagerRequest.interruptKey:
            guard table[client].driver == DriverTable.console else { return reply(.notPermitted) }
            if interruptForeground() { reply() } else { reply(.noSuchProcess) }
        case ManagerRequest.reserve:
            try reserve(message.word0, length: message.word1, for: client)
            reply()
        case ManagerRequest.extendHeap:
            try extendHeap(to: message.word0, of: client)
            reply()
        case ManagerRequest.memoryInformation: serveMemoryInformation(message.word0)
        case ManagerRequest.register:
            try register(bytes, slot: message.word0, for: client)
            reply()
        case ManagerRequest.lookUp:
            if try lookUp(bytes, slot: message.word0, waits: message.word1 == 1, for: client) { reply() }
        case ManagerRequest.serviceInformation: serveServiceInformation(message.word0)
        default: reply(.badRequest)
        }
    }

    private mutating func serveWait(_ number: UInt32, isPatient: Bool, from client: Int) {
        if number == 0 {
            guard table.hasChildren(client) else { return reply(.noSuchProcess) }
        } else if table.child(number, of: client) == nil {
            return reply(.noSuchProcess)
        }
        let ended = number == 0 ? table.endedChild(of: client) : table.child(number, of: client)
        guard let ended, table[ended].state == .ended else {
            return isPatient ? suspend(client, .child(number)) : reply(.stillRunning)
        }
        let (end, endedNumber) = (table[ended].end, table[ended].number)
        table.free(ended)
        reply(end.kind, end.status, endedNumber)
    }

    private mutating func serveKill(_ number: UInt32, from client: Int) {
        if number == ownNumber || number == 0 { return reply(.notPermitted) }
        guard let target = table.index(number: number), table[target].isAlive else { return reply(.noSuchProcess) }
        guard target == client || table.descends(target, from: client) || table[client].permissions.contains(.killAny)
        else { return reply(.notPermitted) }
        // A process that ends itself does not wait for an answer any more.
        if target != client { reply() }
        end(target, .killed)
    }

    private func serveProcessInformation(_ number: UInt32) {
        var parent: UInt32 = 0
        var permissions = Permissions.none
        let name: Text
        if number == 0 {
            name = "kernel"
        } else if number == ownNumber {
            name = "process-manager"
        } else if let index = table.index(number: number) {
            name = table[index].name.text
            permissions = table[index].permissions
            if let parentIndex = table[index].parent { parent = table[parentIndex].number }
        } else {
            return reply(.noSuchProcess)
        }
        name.withBytes { reply(parent, permissions.rawValue, bytes: $0) }
    }

    private func serveFileInformation(_ index: UInt32) {
        guard let file = payload[index] else { return reply(.noSuchFile) }
        var path = Text()
        path.append(file.path)
        path.withBytes { reply(UInt32(file.contents.count), file.mode & 0o111 != 0 ? 1 : 0, bytes: $0) }
    }

    private func serveFileRead(_ path: UnsafeRawBufferPointer, offset: UInt32, limit: UInt32) {
        guard let contents = payload.file(at: path) else { return reply(.noSuchFile) }
        let start = min(Int(clamping: offset), contents.count)
        let count = min(Int(clamping: limit), contents.count - start, Int(maximumMessageLength))
        reply(bytes: UnsafeRawBufferPointer(rebasing: contents[start..<(start + count)]))
    }

    /// Control-C: ends what the shell waits for. Returns whether there was such a program.
    private mutating func interruptForeground() -> Bool {
        guard let shell = drivers[DriverTable.shell].process, case .child(let number) = table[shell].wait,
            let index = table.child(number, of: shell), table[index].isAlive
        else { return false }
        log.print("^C")
        end(index, .killed)
        return true
    }

    // MARK: The end of a process

    /// Takes a process that has ended, or is to end, out of the system, and tells whoever waits.
    mutating func end(_ index: Int, _ end: ProcessEnd) {
        let (driver, number, parent) = (table[index].driver, table[index].number, table[index].parent)
        // Its memory and threads go first: its parent, once told, may want the memory.
        try? Process(slot: ManagerSlot.process(index)).destroy()
        try? Capabilities.delete(ManagerSlot.process(index))
        if table[index].wait != .nothing { try? Capabilities.delete(ManagerSlot.waiter(index)) }
        // What was made and never let run nobody can let run any more.
        for child in 0..<ProcessTable.capacity where table[child].parent == index && table[child].state == .created {
            self.end(child, .killed)
        }
        table.orphanChildren(of: index)
        releaseServices(of: index)
        if let parent, table[parent].wait == .child(number) || table[parent].wait == .child(0) {
            table.free(index)
            resume(parent, Message(0, end.kind, end.status, number))
        } else if parent != nil {
            table[index].state = .ended
            table[index].end = end
            table[index].wait = .nothing
        } else {
            table.free(index)
        }
        if stop != nil { return continueStopping() }
        if let driver { driverEnded(driver) }
    }
}
