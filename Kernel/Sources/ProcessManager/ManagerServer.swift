import ManagerLogic
import USTAR
import User

/// The process manager's one loop.
struct ManagerServer {
    let log: ManagerLog
    let system = System(slot: InitialSlot.system)
    let endpoint = Endpoint(slot: ManagerSlot.endpoint)
    /// The programs and files.
    let payload: Payload
    let table = ProcessTable()
    let services = ServiceTable()
    let drivers = FixedTable(DriverState(), count: DriverTable.count)
    /// Page faults that were answered with a page, and for how many of them a page of the payload was copied.
    var pageFaults: UInt32 = 0
    var copiedPages: UInt32 = 0
    /// The process manager's own number.
    var ownNumber: UInt32 = 0
    /// What is going on while the machine is being stopped.
    var stop: Stop?

    /// `table` once more, where a debugger finds it: this is a variable with an address and a name in the symbol file,
    /// and the server is one of `main`'s. The kernel knows processes by numbers only; their names are in the table.
    @_used nonisolated(unsafe) static var tableForDebuggers: ProcessTable?

    init(log: ManagerLog, payload: UnsafeRawBufferPointer) {
        self.log = log
        Self.tableForDebuggers = table
        do throws(USTARError) {
            self.payload = try Payload(payload)
            if payload.isEmpty { log.print("process-manager: the kernel image has no payload") }
        } catch {
            self.payload = Payload()
            log.print("process-manager: payload: \(error.message)")
        }
    }

    mutating func run() {
        guard (try? Endpoint.create(in: ManagerSlot.endpoint)) != nil else {
            log.print("process-manager: no memory for an endpoint")
            return
        }
        try? Thread.setPriority(Priority.manager, of: InitialSlot.thread)
        findOwnNumber()
        if payload.count > 0 { log.print("process-manager: \(payload.count) files in the payload") }
        createDriverServices()
        for driver in 0..<DriverTable.count { start(driver: driver) }

        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: SpawnHeader.maximumRequest, alignment: 16)
        while true {
            // After a timeout there is something due, which `nextTimeout` does.
            guard let message = try? endpoint.receive(buffer, timeout: nextTimeout()) else { continue }
            serve(message, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<message.length]))
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
            serveFault(message, bytes, of: index)
        } else if message.label == MessageLabel.processEnded {
            end(index, .exited(status: 0))
        }
    }

    /// Answers the call received last.
    func reply(_ word0: UInt32 = 0, _ word1: UInt32 = 0, _ word2: UInt32 = 0, bytes: UnsafeRawBufferPointer = .none) {
        // A caller that cannot take the answer has itself to blame, and is told by the kernel.
        try? Endpoint.reply(Message(0, word0, word1, word2), bytes: bytes)
    }

    /// Refuses the call received last.
    func reply(_ error: ManagerError) { try? Endpoint.reply(Message(error.rawValue)) }

    // MARK: Waits

    /// Puts the call received last aside until what its process waits for happens.
    mutating func suspend(_ client: Int, _ wait: ProcessWait) {
        guard table[client].wait == .nothing else { return reply(.alreadyWaiting) }
        guard (try? Endpoint.saveReply(in: ManagerSlot.waiter(client))) != nil else { return reply(.failed) }
        table[client].wait = wait
    }

    /// Answers the call that was put aside. Returns whether its process was there to take the answer.
    @discardableResult
    mutating func resume(_ client: Int, _ message: Message) -> Bool {
        table[client].wait = .nothing
        if (try? Endpoint.reply(to: ManagerSlot.waiter(client), message)) != nil { return true }
        // The reply may still be there: the caller could not take it.
        try? Capabilities.delete(ManagerSlot.waiter(client))
        return false
    }

    // MARK: Time

    /// Does what is due, and says how long the loop may wait for a message, in milliseconds.
    private mutating func nextTimeout() -> UInt32 {
        while let current = stop, current.phase != .last {
            if let left = left(until: current.deadline) { return left }
            finishStopping()
        }
        var timeout = Timeout.never
        // Nobody starts again while the machine is being stopped.
        for driver in 0..<DriverTable.count where stop == nil && drivers[driver].restartTime != nil {
            if left(until: drivers[driver].restartTime) == nil {
                drivers[driver].restartTime = nil
                start(driver: driver)
            }
            // Also if it could not be started, and is to be again later.
            guard let left = left(until: drivers[driver].restartTime) else { continue }
            timeout = timeout == Timeout.never ? left : min(timeout, left)
        }
        return timeout
    }

    /// The milliseconds until a time, which may have wrapped; nil if it has come, or there is none.
    private func left(until time: UInt32?) -> UInt32? {
        guard let time else { return nil }
        let left = Int32(bitPattern: time &- now)
        return left > 0 ? UInt32(left) : nil
    }

    /// Milliseconds since the kernel started.
    var now: UInt32 { (try? system.clock())?.milliseconds ?? 0 }

    /// The kernel's number of this process: the only one that exists before any program does, beside the kernel's.
    private mutating func findOwnNumber() {
        ownNumber = (try? system.process(from: 1))?.process ?? 0
    }
}

/// The kernel's log, and the console that shows it.
struct ManagerLog {
    private let log = KernelLog(slot: InitialSlot.log)

    func print(_ text: Text) {
        log.print(text)
        // Before there is a console the kernel shows the line itself.
        try? Notification(slot: ManagerSlot.notification(DriverTable.console)).signal()
    }
}

extension ShortName {
    /// As a text to print.
    var text: Text {
        var text = Text()
        for index in 0..<count { text.append(self[index]) }
        return text
    }
}
