import CFuzz
import CUser
import User

/// Starts the children, and does for them what a process manager does.
struct FuzzManager {
    struct Result {
        var processes: UInt32 = 0
        var faults: UInt32 = 0
        var problem: StaticString?
    }

    private let seed: UInt32
    private let calls: UInt32
    private let faults: Endpoint
    private var result = Result()
    private var random: Xorshift
    private let bystander: Bystander

    init(seed: UInt32, calls: UInt32) throws(KernelError) {
        self.seed = seed
        self.calls = calls
        random = Xorshift(seed: seed ^ 0x5555)
        faults = try Endpoint.create(in: FuzzPlace.faults)
        _ = try Endpoint.create(in: FuzzPlace.endpoint)
        _ = try Notification.create(in: FuzzPlace.notification)
        _ = try MemoryObject.create(in: FuzzPlace.memory, length: FuzzPlace.allData)
        let counters = try MemoryObject.create(in: FuzzPlace.counters, length: pageSize)
        try counters.attach(to: .current, at: FuzzPlace.counterPage, length: pageSize, access: .write)
        bystander = try Bystander(faults: faults)
    }

    /// Calls made so far.
    private var count: UInt32 {
        var sum: UInt32 = 0
        for child in 0..<FuzzPlace.children { sum &+= memory_read32(FuzzPlace.counterPage + child * 4) }
        return sum
    }

    /// Runs children until they have made enough calls.
    mutating func run() -> Result {
        for child in 0..<FuzzPlace.children { start(child) }
        var record = FaultRecord()
        while count < calls, result.problem == nil {
            // Valid: any bits are a record.
            let message = withUnsafeMutableBytes(of: &record) { bytes in
                try? faults.receive(bytes, timeout: 2)
            }
            guard let message else {
                cancelWaits()
                continue
            }
            guard message.badge < FuzzPlace.children else { continue }
            if message.label == MessageLabel.fault {
                result.faults += 1
                answer(record, message.badge)
            } else if message.label == MessageLabel.processEnded {
                start(message.badge)
            }
        }
        if !bystander.isIntact { result.problem = "the bystander's memory has changed, or it has stopped" }
        return result
    }

    /// Ends everything that the manager has made.
    func end() {
        for child in 0..<FuzzPlace.children { stop(child) }
        try? Process(slot: FuzzPlace.bystander).destroy()
        for slot in FuzzPlace.faults...FuzzPlace.scratch { try? Capabilities.delete(slot) }
    }

    private func stop(_ child: UInt32) {
        try? Process(slot: FuzzPlace.process(child)).destroy()
        try? Capabilities.delete(FuzzPlace.process(child))
        try? Capabilities.delete(FuzzPlace.thread(child))
    }

    /// Starts a child anew. What ended children have made lives on while others hold it, and so do their accounts: if
    /// no memory is left, all children end and begin anew.
    private mutating func start(_ child: UInt32) {
        stop(child)
        if begins(child) { return }
        for child in 0..<FuzzPlace.children { stop(child) }
        for child in 0..<FuzzPlace.children where !begins(child) { result.problem = "no memory for a child" }
    }

    /// Makes a child's process and lets it run; false if there is no memory.
    private mutating func begins(_ child: UInt32) -> Bool {
        result.processes += 1
        do throws(KernelError) {
            let (process, _) = try Process.create(
                in: FuzzPlace.process(child), faultEndpoint: faults, badge: child, frameLimit: 96,
                priorityLimit: 8)
            try process.mapCopyOfThisProgram()
            try process.map(FuzzPlace.stack, length: pageSize, access: .write)
            try process.map(FuzzPlace.data, length: FuzzPlace.mappedData, access: .write)
            let counters = MemoryObject(slot: FuzzPlace.counters)
            try counters.attach(to: process, at: FuzzPlace.counterPage, length: pageSize, access: .write)
            try Capabilities.copy(FuzzPlace.endpoint, to: process, 2, rights: .all, badge: child)
            try Capabilities.copy(FuzzPlace.notification, to: process, 3, rights: .all)
            try Capabilities.copy(FuzzPlace.memory, to: process, 4, rights: .all)
            try Capabilities.copy(ProgramSlot.system, to: process, 5, rights: .read)
            // Each knows its neighbour, and can do to it what it likes.
            try? Capabilities.copy(
                FuzzPlace.process((child + 1) % FuzzPlace.children), to: process, 6, rights: .all)
            try process.start(
                at: address_of_child_entry(), stack: FuzzPlace.stack + pageSize, argument: random.next() << 8 | child,
                using: FuzzPlace.thread(child), keepsThread: true)
            return true
        } catch {
            return false
        }
    }

    /// Supplies a page of a child's data, or else does what comes to mind.
    private mutating func answer(_ fault: FaultRecord, _ child: UInt32) {
        let process = Process(slot: FuzzPlace.process(child))
        let data = FuzzPlace.data..<(FuzzPlace.data + FuzzPlace.allData)
        if fault.vector == 14, data.contains(fault.address),
            (try? process.map(fault.address & ~(pageSize - 1), length: pageSize, access: .write)) != nil
        {
            try? Endpoint.reply(Message(FaultReply.resume))
        } else {
            let isCall = fault.errorCode & FaultRecord.systemCallFlag != 0
            let label = isCall && random.next(below: 8) != 0 ? FaultReply.fail : FaultReply.end
            try? Endpoint.reply(Message(label))
        }
    }

    /// Ends the waits of children that nobody else ends.
    private mutating func cancelWaits() {
        for child in 0..<FuzzPlace.children {
            do throws(KernelError) {
                try Thread.cancel(FuzzPlace.thread(child))
            } catch {
                // It is not waiting; or it is gone, and its neighbour has the process only in part destroyed.
                if error == .objectGone || error == .badCapability { start(child) }
            }
        }
    }
}

/// A process that nobody is to notice: it counts in memory of its own.
struct Bystander {
    private static var page: UInt32 { 0x7800_0000 }
    private var process: Process { Process(slot: FuzzPlace.bystander) }

    init(faults: Endpoint) throws(KernelError) {
        let (process, _) = try Process.create(
            in: FuzzPlace.bystander, faultEndpoint: faults, badge: 99, frameLimit: 64, priorityLimit: 8)
        try process.mapCopyOfThisProgram()
        try process.map(Self.page, length: pageSize, access: .write)
        var word: UInt32 = 0
        for offset in stride(from: UInt32(4), to: pageSize, by: 4) {
            word = offset &* 0x9E37_79B9
            try withUnsafeBytes(of: &word) { bytes throws(KernelError) in
                try process.write(bytes, to: Self.page + offset)
            }
        }
        try process.start(
            at: address_of_bystander_entry(), stack: 0, argument: Self.page, using: FuzzPlace.scratch)
    }

    /// Whether its memory is as it was, and its thread counts.
    var isIntact: Bool {
        guard let before = word(0) else { return false }
        Thread.sleep(milliseconds: 50)
        guard let after = word(0), after != before else { return false }
        for offset in stride(from: UInt32(4), to: pageSize, by: 4) where word(offset) != offset &* 0x9E37_79B9 {
            return false
        }
        return true
    }

    private func word(_ offset: UInt32) -> UInt32? {
        var word: UInt32 = 0
        let isRead = withUnsafeMutableBytes(of: &word) { bytes in
            (try? process.read(Self.page + offset, into: bytes)) != nil
        }
        return isRead ? word : nil
    }
}
