import USTAR
import User

extension ManagerServer {
    /// Does what a program asks for.
    mutating func serveRequest(_ message: ReceivedMessage, _ bytes: UnsafeRawBufferPointer, from client: Int) {
        guard message.label != ManagerRequest.exit else { return end(client, .exited(status: message.word0)) }
        guard message.wantsReply else { return }
        switch message.label {
        case ManagerRequest.spawn: serveSpawn(bytes, parent: message.word0 == 0 ? client : nil)
        case ManagerRequest.wait: serveWait(message.word0, from: client)
        case ManagerRequest.kill:
            serveKill(message.word0, from: client)
        case ManagerRequest.processName: serveName(message.word0)
        case ManagerRequest.fileInformation: serveFileInformation(message.word0)
        case ManagerRequest.fileRead: serveFileRead(bytes, offset: message.word0, limit: message.word1)
        case ManagerRequest.shutdown:
            guard table[client].role == .shell else { return reply(.notPermitted) }
            guard let action = ShutdownAction(rawValue: message.word0) else { return reply(.badRequest) }
            log.print(action == .halt ? "The machine has stopped; it may be switched off." : "Restarting.")
            try? system.shutdown(action)
            reply(.failed)
        case ManagerRequest.interruptKey:
            guard table[client].role == .console else { return reply(.notPermitted) }
            if interruptForeground() { reply() } else { reply(.noSuchProcess) }
        case ManagerRequest.reserve: serveReserve(message.word0, length: message.word1, for: client)
        default: reply(.badRequest)
        }
    }

    /// The process with a number, if `parent` started it.
    private func child(_ number: UInt32, of parent: Int) -> Int? {
        guard let index = table.index(number: number), table[index].parent == parent else { return nil }
        return index
    }

    private mutating func serveSpawn(_ bytes: UnsafeRawBufferPointer, parent: Int?) {
        guard let end = bytes.firstIndex(of: 0), bytes.last == 0 else { return reply(.badRequest) }
        do throws(ManagerError) {
            let index = try spawn(
                path: UnsafeRawBufferPointer(rebasing: bytes[..<end]),
                arguments: UnsafeRawBufferPointer(rebasing: bytes[(end + 1)...]), parent: parent, role: .program)
            reply(table[index].number)
        } catch {
            reply(error)
        }
    }

    private mutating func serveWait(_ number: UInt32, from client: Int) {
        guard let index = child(number, of: client) else { return reply(.noSuchProcess) }
        guard table[index].state == .running else {
            let message = table[index].end.message
            table.free(index)
            return reply(message.word0, message.word1)
        }
        guard !table[index].isAwaited else { return reply(.alreadyWaiting) }
        guard (try? Endpoint.saveReply(in: ManagerSlot.waiter(index))) != nil else { return reply(.failed) }
        table[index].isAwaited = true
    }

    private mutating func serveKill(_ number: UInt32, from client: Int) {
        if number == ownNumber || number == 0 { return reply(.notPermitted) }
        let target = table[client].role == .shell ? table.index(number: number) : child(number, of: client)
        guard let target, table[target].state == .running else { return reply(.noSuchProcess) }
        // A process that ends itself does not wait for an answer any more.
        if target != client { reply() }
        end(target, .killed)
    }

    private func serveName(_ number: UInt32) {
        let name: Text
        if number == 0 {
            name = "kernel"
        } else if number == ownNumber {
            name = "process-manager"
        } else if let index = table.index(number: number) {
            name = table[index].name.text
        } else {
            return reply(.noSuchProcess)
        }
        name.withBytes { reply(bytes: $0) }
    }

    private func serveFileInformation(_ index: UInt32) {
        guard let payload else { return reply(.noSuchFile) }
        var left = index
        for entry in payload where entry.type == .file {
            if left == 0 {
                var path = Text()
                path.append(entry.path)
                return path.withBytes {
                    reply(UInt32(entry.contents.count), entry.mode & 0o111 != 0 ? 1 : 0, bytes: $0)
                }
            }
            left -= 1
        }
        reply(.noSuchFile)
    }

    private func serveFileRead(_ path: UnsafeRawBufferPointer, offset: UInt32, limit: UInt32) {
        guard let entry = payload?.file(at: path) else { return reply(.noSuchFile) }
        let start = min(Int(clamping: offset), entry.contents.count)
        let count = min(Int(clamping: limit), entry.contents.count - start, Int(maximumMessageLength))
        reply(bytes: UnsafeRawBufferPointer(rebasing: entry.contents[start..<(start + count)]))
    }

    private mutating func serveReserve(_ address: UInt32, length: UInt32, for client: Int) {
        let (end, overflow) = address.addingReportingOverflow(length)
        guard !overflow, length > 0, address % pageSize == 0, length % pageSize == 0,
            ProgramLayout.free.lowerBound <= address, end <= ProgramLayout.free.upperBound
        else { return reply(.badRequest) }
        table[client].reserved = address..<end
        reply()
    }

    /// Control-C: ends what the shell waits for. Returns whether there was such a program.
    private mutating func interruptForeground() -> Bool {
        for index in 0..<ProcessTable.capacity where table[index].state == .running && table[index].isAwaited {
            guard let parent = table[index].parent, table[parent].role == .shell else { continue }
            log.print("^C")
            end(index, .killed)
            return true
        }
        return false
    }
}
