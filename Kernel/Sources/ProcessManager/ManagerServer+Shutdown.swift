import ManagerLogic
import User

// How the machine stops.
//
// Constraint: a driver may keep what was written in a cache, and a program may have something to put in order; but none
// of them may keep the machine from stopping. Choice: whoever wants to be told makes a call
// (`ManagerRequest.awaitShutdown`) that is answered now. They have `shutdownPatience` to end, or to ask again, which
// means that they are done. Programs go first and drivers last, so that a program can still write to a disk, and the
// disk's driver flushes what it wrote.

/// What is going on while the machine is being stopped.
struct Stop {
    enum Phase {
        /// Programs put themselves in order.
        case programs
        /// What is left of them is ended.
        case ending
        /// Drivers do.
        case drivers
        /// A program tries to switch the machine off.
        case powerOff
        /// The machine stops now.
        case last
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
        // The caller is not answered: it ends with the machine. Without its call being saved it would be told that it
        // failed.
        guard table[client].wait == .nothing else { return reply(.alreadyWaiting) }
        suspend(client, .end)
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
        case .drivers:
            stop?.phase = current.action.switchesOff ? .powerOff : .last
            if !current.action.switchesOff || !startPowerOff() { finishStopping() }
        case .powerOff: finishStopping()
        case .ending, .last: break
        }
    }

    /// Starts the program that switches the machine off; returns whether it runs.
    private mutating func startPowerOff() -> Bool {
        let path: StaticString = "bin/power-off"
        let deadline = now &+ shutdownPatience
        guard let index = try? load(ProgramSource(path: path), parent: nil, driver: nil) else { return false }
        let process = Process(slot: ManagerSlot.process(index))
        do throws(KernelError) {
            try Capabilities.copy(
                InitialSlot.ports, to: process, DriverSlot.ports, rights: [], badge: PortRange.all.rawValue)
            try Capabilities.copy(InitialSlot.system, to: process, DriverSlot.system, rights: [.read, .manage])
            try run(index)
        } catch {
            return false
        }
        stop?.deadline = deadline
        stop?.awaited = 1 << UInt64(index)
        return true
    }

    /// Whether a process is none that drives a device for others.
    private func isProgram(_ index: Int) -> Bool {
        guard let driver = table[index].driver else { return true }
        return !DriverTable.row(driver).hasService
    }

    /// The patience with a phase is over, or the last one is done.
    mutating func finishStopping() {
        guard let current = stop else { return }
        if current.phase == .programs || current.phase == .drivers {
            for index in 0..<ProcessTable.capacity where current.awaited & 1 << UInt64(index) != 0 {
                log.print("process-manager: \(table[index].name.text) is not ready for the end; going on without it")
            }
            stop?.awaited = 0
            return continueStopping()
        }
        stop?.phase = .last
        log.print(current.action.restarts ? "Restarting." : "The machine has stopped; it may be switched off.")
        try? system.shutdown(current.action.restarts ? .reboot : .halt)
    }
}
