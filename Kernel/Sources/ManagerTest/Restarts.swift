import User

// What clients of a driver notice when it dies: those who wait for its answer get an error at once, those whose request
// it has not received are served by its successor, and the library's calls do both without being asked.
//
//     martlet> allow kill manager-test restarts

/// Kills every driver, and is its client meanwhile.
func testRestarts() -> Never {
    let gone = UInt32(bitPattern: KernelError.objectGone.rawValue)
    for name in ["keyboard", "serial", "console"] as [StaticString] {
        // Reads, which nobody answers.
        let child = start("blocked", name)
        // The library asks the successor instead.
        let reader: Child? = name.utf8Bytes.elementsEqual(("console" as StaticString).utf8Bytes) ? start("read") : nil
        Thread.sleep(milliseconds: 50)
        kill(name)
        Check.isTrue((try? child.wait()) == .exited(status: gone), "a reader learns that its driver died")
        guard let reader else { continue }
        Thread.sleep(milliseconds: 100)
        Check.isTrue((try? reader.kill()) != nil, "the library reads on")
        _ = try? reader.wait()
    }
    // The second death within ten seconds: the successor comes later, and what is asked meanwhile waits for it.
    for name in ["clock", "disk", "screen", "serial", "keyboard", "console"] as [StaticString] {
        if number(of: name) == 0 { Thread.sleep(milliseconds: 300) }
        kill(name)
        if number(of: name) != 0 { kill(name) }
        Check.isTrue(number(of: name) == 0, "a driver is not started again at once for the second time")
        print("manager-test: \(name) is away")
        Check.isTrue(Clock.dateTime() != nil, "the time of day")
        do throws(DiskError) {
            _ = try Disk(0).sectors()
        } catch {
            Check.isTrue(error == .noSuchDrive, "the disk's size")
        }
    }
    testDiskDeath()
    testFullTable()
    Check.report()
}

/// Reads the disk without end while its driver is killed over it.
private func testDiskDeath() {
    Thread.sleep(milliseconds: 1000)
    let reader = start("read-disk")
    for pause in [100, 300, 500] as [UInt32] {
        Thread.sleep(milliseconds: pause)
        if number(of: "disk") != 0 { kill("disk") }
    }
    Check.isTrue((try? reader.wait()) == .exited(status: 0), "reading goes on while the disk's driver dies")
}

/// Starts programs until there is no room for another; a driver comes back all the same.
private func testFullTable() {
    var children: [Child] = []
    var refusal: ManagerError?
    while refusal == nil {
        do throws(ManagerError) { children.append(try ManagerTest.program("sleep").spawn()) } catch { refusal = error }
    }
    Check.isTrue(
        refusal == .tooManyProcesses || refusal == .outOfMemory, "programs until there is no room, or no memory")
    kill("clock")
    Check.isTrue(Clock.dateTime() != nil, "a driver comes back when there is no room for programs")
    for child in children {
        try? child.kill()
        _ = try? child.wait()
    }
}

private func start(_ role: StaticString, _ argument: StaticString? = nil) -> Child {
    let program = ManagerTest.program(role)
    if let argument { program.add(argument: argument) }
    guard let child = try? program.spawn() else {
        Check.isTrue(false, "spawn")
        return Child(number: 0)
    }
    return child
}

/// The number of the process behind a service; 0 if there is none at present.
private func number(of service: StaticString) -> UInt32 {
    var number: UInt32 = 0
    Manager.forEachService { name, owner, _ in if name.elementsEqual(service.utf8Bytes) { number = owner } }
    return number
}

private func kill(_ service: StaticString) {
    Check.isTrue((try? Manager.kill(number(of: service))) != nil, "kill a driver")
}

/// What clients of drivers do, as children of the test.
enum ClientRole {
    /// Reads from a service as the library would not, and ends with the kernel's error.
    static func read(_ name: UnsafeRawBufferPointer) -> Never {
        guard let service = try? Service.find(bytes: name) else { Manager.exit(status: 1) }
        do throws(KernelError) {
            _ = try service.endpoint.call(Message(StreamRequest.read, 1))
            Manager.exit(status: 0)
        } catch {
            Manager.exit(status: UInt32(bitPattern: error.rawValue))
        }
    }

    /// Waits for a byte, as the library does.
    static func readInput() -> Never {
        var byte: UInt8 = 0
        let count = withUnsafeMutableBytes(of: &byte) { try? Stream.input.read(into: $0) }
        Manager.exit(status: UInt32(count ?? 99))
    }

    /// Reads the disk for two seconds. The status is the first error, or 0.
    static func readDisk() -> Never {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(maximumDiskSectors) * diskSectorSize, alignment: 4)
        let start = Clock.milliseconds
        while Clock.milliseconds &- start < 2000 {
            do throws(DiskError) {
                let disk = try Disk(0)
                defer { disk.close() }
                try disk.read(0, into: buffer)
            } catch {
                // A machine without a disk is as good.
                Manager.exit(status: error == .noSuchDrive ? 0 : error.rawValue)
            }
        }
        Manager.exit(status: 0)
    }

    /// Takes every page that becomes free, for ever.
    static func hog() -> Never {
        var address = ProgramLayout.free.lowerBound
        var hasSaid = false
        while true {
            if (try? Process.current.map(address, length: pageSize, access: .write)) != nil {
                address += pageSize
            } else {
                if !hasSaid { print("manager-test: no memory left") }
                hasSaid = true
                Thread.sleep(milliseconds: 10)
            }
        }
    }
}
