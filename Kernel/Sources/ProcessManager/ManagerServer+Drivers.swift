import ManagerLogic
import User

extension ManagerServer {
    /// Makes the endpoints and takes the interrupt lines of all drivers. They belong to the process manager and outlive
    /// the drivers, so that clients notice nothing of a restart but a pause.
    mutating func createDriverServices() {
        // Without a shell nobody could even stop the machine in order.
        drivers[DriverTable.shell].policy = RestartPolicy(givesUp: false)
        for index in 0..<DriverTable.count {
            let driver = DriverTable.row(index)
            guard driver.hasService, let name = ShortName(service: driver.name.utf8Bytes) else { continue }
            do throws(ManagerError) {
                let service = try services.register(name, owner: nil, driver: index)
                drivers[index].service = service
                services[service].state = .restarting
                do throws(KernelError) {
                    let endpoint = try Endpoint.create(in: ManagerSlot.service(service))
                    let notification =
                        driver.hasNotification ? try Notification.create(in: ManagerSlot.notification(index)) : nil
                    guard let line = driver.line else { continue }
                    if let notification {
                        try Interrupt.bind(
                            line, authority: InitialSlot.interrupts, notification: notification, bits: 1,
                            in: ManagerSlot.line(index))
                    } else {
                        try Interrupt.bind(
                            line, authority: InitialSlot.interrupts, endpoint: endpoint,
                            badge: DriverSlot.interruptBadge | line, in: ManagerSlot.line(index))
                    }
                } catch {
                    throw .failed
                }
            } catch {
                log.print("process-manager: \(driver.name): \(error.message)")
            }
        }
    }

    /// Starts a driver or the shell, and says so if it cannot. For want of memory it is tried again until there is
    /// some; what else can be wrong, such as a program that is not in the payload, stays wrong.
    mutating func start(driver index: Int) {
        let driver = DriverTable.row(index)
        drivers[index].policy.noteStart(at: now)
        do throws(ManagerError) {
            let process = try load(ProgramSource(driver: driver), parent: nil, driver: index)
            do throws(KernelError) {
                try grantDevices(driver, index, to: process)
                try run(process)
            } catch {
                discard(process)
                throw ManagerError(loading: error)
            }
            drivers[index].process = process
            drivers[index].lacksMemory = false
            if let service = drivers[index].service {
                services[service].owner = process
                services[service].state = .running
            }
        } catch {
            guard error == .outOfMemory else {
                log.print("process-manager: \(driver.path): \(error.message)")
                return giveUp(driver: index)
            }
            if !drivers[index].lacksMemory {
                log.print("process-manager: no memory for \(driver.name); it is started when there is some")
            }
            drivers[index].lacksMemory = true
            drivers[index].restartTime = now &+ Self.memoryPatience
        }
    }

    /// How long after there was no memory for a driver there may be some, in milliseconds.
    private static var memoryPatience: UInt32 { 500 }

    /// Gives a driver what its row of the table names, and no more.
    private func grantDevices(_ driver: Driver, _ index: Int, to entry: Int) throws(KernelError) {
        let process = Process(slot: ManagerSlot.process(entry))
        if let service = drivers[index].service { try grantService(service, to: entry, DriverSlot.endpoint) }
        if driver.line != nil {
            // A line that could not be had leaves its slot empty; the driver lives without.
            try? Capabilities.copy(ManagerSlot.line(index), to: process, DriverSlot.line, rights: .manage)
        }
        if driver.hasNotification {
            try Capabilities.copy(
                ManagerSlot.notification(index), to: process, DriverSlot.notification, rights: .receive)
        }
        if index == DriverTable.console {
            try Capabilities.copy(InitialSlot.log, to: process, ProgramSlot.log, rights: [.read, .manage])
        }
        if let ports = driver.ports { try grant(ports, to: process, DriverSlot.ports) }
        if let ports = driver.morePorts { try grant(ports, to: process, DriverSlot.morePorts) }
        if let memory = driver.memory {
            try system.mapDevice(
                memory.address, length: memory.length, into: process, at: ProgramLayout.deviceMemory)
        }
        guard let console = drivers[DriverTable.console].service, !driver.hasService else { return }
        // The shell's standard streams are the console; its programs inherit them.
        for slot in ProgramSlot.output...ProgramSlot.error where slot != ProgramSlot.system {
            try Capabilities.copy(
                ManagerSlot.service(console), to: process, slot, rights: [.send, .copy], badge: table.badge(entry))
        }
    }

    private func grant(_ ports: ClosedRange<UInt16>, to process: Process, _ slot: UInt32) throws(KernelError) {
        let range = PortRange(ports.lowerBound, through: ports.upperBound)
        try Capabilities.copy(InitialSlot.ports, to: process, slot, rights: [], badge: range.rawValue)
    }

    /// A driver has ended: it is started again, now or later, or given up.
    mutating func driverEnded(_ index: Int) {
        let driver = DriverTable.row(index)
        drivers[index].process = nil
        switch drivers[index].policy.noteDeath(at: now) {
        case .restart(after: 0):
            log.print("process-manager: \(driver.name) has ended, and is started again")
            start(driver: index)
        case .restart(let delay):
            log.print("process-manager: \(driver.name) has ended, and is started again in \(delay) ms")
            drivers[index].restartTime = now &+ delay
        case .giveUp:
            let deaths = RestartPolicy.mostDeaths + 1
            log.print("process-manager: \(driver.name) has ended \(deaths) times in a row, and is given up")
            giveUp(driver: index)
        }
    }

    /// Closes the service of a driver that is started no more: whoever waits there gets an error.
    private func giveUp(driver index: Int) {
        guard let service = drivers[index].service else { return }
        try? Capabilities.delete(ManagerSlot.line(index))
        try? Capabilities.delete(ManagerSlot.notification(index))
        closeService(service)
        services[service].state = .givenUp
    }
}
