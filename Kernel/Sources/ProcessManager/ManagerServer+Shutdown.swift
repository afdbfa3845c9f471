import ManagerLogic
import User

// How the machine stops.
//
// Constraint: a driver may keep what was written in a cache, and a program may have something to put in order; but none of
// them may keep the machine from stopping. Choice: whoever wants to be told makes a call (`ManagerRequest.awaitShutdown`)
// that is answered now. They have `shutdownPatience` to end, or to ask again, which means that they are done. Programs go
// first and drivers last, so that a program can still write to a disk, and the disk's driver flushes what it wrote.

/// What is going on while the machine is being stopped.
struct Stop {
    enum Phase {
        /// Programs put themselves in order.
        case programs
        /// What is left of them is ended.
        case ending
        /// Drivers do.
        case drivers
    }

    let action: StopAction
    var phase = Phase.programs
    /// When the patience with this phase ends, in milliseconds of the kernel's clock.
    var deadline: UInt32
    /// Whom the machine waits for: bits, by index in the table of processes.
    var awaited: UInt64 = 0
}

extension ManagerServer {
    mutating func serveShutdown(_ word: UInt32, from client: Int) {
        guard table[client].permissions.contains(.shutdown) else { return reply(.notPermitted) }
        guard let action = StopAction(rawValue: word) else { return reply(.badRequest) }
        guard stop == nil else { return reply(.stopping) }
        // The caller is not answered: it ends with the machine.
        stop = Stop(action: action, deadline: now &+ shutdownPatience)
        beginPhase()
    }

    mutating func serveAwaitShutdown(from client: Int) {
        suspend(client, .shutdown)
        guard stop != nil else { return }
        // It has been told before: it is done.
        stop?.awaited &= ~(1 << UInt64(client))
        continueStopping()
    }

    /// Tells those whose turn it is.
    private mutating func beginPhase() {
        guard let phase = stop?.phase else { return }
        let deadline = now &+ shutdownPatience
        stop?.deadline = deadline
        for index in 0..<ProcessTable.capacity where table[index].wait == .shutdown && table[index].isAlive {
            guard isProgram(index) == (phase == .programs) else { continue }
            if resume(index, Message(0)) { stop?.awaited |= 1 << UInt64(index) }
        }
        continueStopping()
    }

    /// Goes on with stopping if nobody is waited for any more.
    mutating func continueStopping() {
        guard let current = stop else { return }
        // Those who have ended are not waited for.
        for index in 0..<ProcessTable.capacity where !table[index].isAlive { stop?.awaited &= ~(1 << UInt64(index)) }
        guard stop?.awaited == 0 else { return }
        switch current.phase {
        case .programs:
            stop?.phase = .ending
            for index in 0..<ProcessTable.capacity where table[index].isAlive && isProgram(index) {
                end(index, .killed)
            }
            stop?.phase = .drivers
            beginPhase()
        case .ending: break
        case .drivers: finishStopping()
        }
    }

    /// Whether a process is none that drives a device for others.
    private func isProgram(_ index: Int) -> Bool {
        guard let driver = table[index].driver else { return true }
        return !DriverTable.row(driver).hasService
    }

    /// The end: with whoever was waited for, or without.
    mutating func finishStopping() {
        guard let current = stop else { return }
        for index in 0..<ProcessTable.capacity where current.awaited & 1 << UInt64(index) != 0 {
            log.print("process-manager: \(table[index].name.text) is not ready for the end; going on without it")
        }
        if current.phase == .programs {
            stop?.awaited = 0
            return continueStopping()
        }
        if current.action == .powerOff { powerOff() }
        log.print(current.action == .reboot ? "Restarting." : "The machine has stopped; it may be switched off.")
        try? system.shutdown(current.action == .reboot ? .reboot : .halt)
    }

    /// Switches the machine off, if it knows how.
    private func powerOff() {
    }
}
