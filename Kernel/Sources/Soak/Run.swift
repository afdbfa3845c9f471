import User

/// One run: what it has done, and what lives.
struct Run {
    private(set) var spawned: UInt32 = 0
    private(set) var killed: UInt32 = 0
    private(set) var messages: UInt32 = 0
    private(set) var reads: UInt32 = 0
    private(set) var driversKilled: UInt32 = 0
    private(set) var failures: UInt32 = 0

    private var generator: Generator
    /// Those who were started and not yet waited for, with the status that they will end with if nobody kills them.
    private var children: [(child: Child, status: UInt32)] = []
    private var server: Child?
    private var service: Service?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    private let answer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    /// Of the disk's first sectors, once they have been read.
    private var checksum: UInt32?
    /// How long a driver is left alone after the last death, in milliseconds.
    private let driverPause: UInt32 = 11_000
    private var lastDriverDeath: UInt32 = 0

    init(seed: UInt32) {
        generator = Generator(seed: seed)
        children.reserveCapacity(16)
        lastDriverDeath = Clock.milliseconds
    }

    // MARK: The loop

    /// Does everything once, so that what grows and stays has grown.
    mutating func warmUp() {
        for action in 0..<8 as Range<UInt32> { act(action) }
        while children.count < 8 { spawn() }
        cool()
    }

    mutating func go(milliseconds: UInt32) {
        let start = Clock.milliseconds
        while Clock.milliseconds &- start < milliseconds { act(generator.next(below: 16)) }
    }

    /// Ends whatever this run has started.
    mutating func cool() {
        for entry in children {
            try? entry.child.kill()
            _ = try? entry.child.wait()
        }
        children.removeAll(keepingCapacity: true)
        stopServer()
        // Orphans that the children left end by themselves, and drivers that died are started again.
        Thread.sleep(milliseconds: 1000)
    }

    private mutating func act(_ action: UInt32) {
        switch action {
        case 0, 8: spawn()
        case 1, 9: reap()
        case 2, 10, 11, 12: talk()
        case 3, 13: readDisk()
        case 4: kill()
        case 5: Thread.sleep(milliseconds: generator.next(below: 20))
        case 6: killServer()
        case 7: killDriver()
        default: if children.count > 6 { reap() } else { spawn() }
        }
    }

    private mutating func fail(_ what: StaticString, _ detail: UInt32 = 0) {
        failures += 1
        if failures <= 10 { print("soak: FAILED: \(what) (\(detail)) at \(Clock.milliseconds) ms") }
    }

    // MARK: Processes

    private mutating func spawn() {
        guard children.count < 12 else { return reap() }
        let program = Program("bin/soak")
        program.add(argument: "child")
        var status = generator.next(below: 60)
        switch generator.next(below: 8) {
        case 0, 1: program.add(argument: "exit")
        case 2, 3: program.add(argument: "sleep")
        case 4:
            program.add(argument: "hoard")
            program.memoryLimit = 2000
        case 5:
            program.add(argument: "spawn")
        case 6:
            program.add(argument: "exit")
            program.memoryLimit = 300
        default:
            // Not even enough for what every process needs.
            program.add(argument: "exit")
            program.memoryLimit = generator.next(below: 24) + 1
            if (try? program.spawn()) != nil { fail("a program lives in no memory") }
            return
        }
        program.add(argument: "\(status)" as Text)
        program.output = Stream(Endpoint(slot: 0))
        do throws(ManagerError) {
            children.append((try program.spawn(), status))
            spawned += 1
        } catch {
            status = error.rawValue
            fail("spawn", status)
        }
    }

    private mutating func reap() {
        guard !children.isEmpty else { return }
        let index = Int(generator.next(below: UInt32(children.count)))
        let (child, status) = children.remove(at: index)
        do throws(ManagerError) {
            let end = try child.wait()
            if end != .exited(status: status) { fail("exit status", end.status) }
        } catch {
            fail("wait", error.rawValue)
        }
    }

    private mutating func kill() {
        guard !children.isEmpty else { return }
        let (child, status) = children.remove(at: Int(generator.next(below: UInt32(children.count))))
        // It may have ended by itself.
        if (try? child.kill()) != nil { killed += 1 }
        let end = try? child.wait()
        if end != .killed, end != .exited(status: status) { fail("the end of one who was killed") }
    }

    // MARK: Messages

    private mutating func startServer() {
        let program = Program("bin/soak")
        program.add(argument: "child")
        program.add(argument: "serve")
        guard let child = try? program.spawn() else { return fail("spawn a server") }
        server = child
        spawned += 1
        do throws(ManagerError) { service = try Service.find("soak", waits: true) } catch {
            fail("find the server", error.rawValue)
        }
    }

    private mutating func stopServer() {
        service?.close()
        service = nil
        guard let server else { return }
        try? server.kill()
        if (try? server.wait()) != .killed { fail("the server's end") }
        self.server = nil
    }

    /// Kills the server, and finds out that its capability is good for nothing any more.
    private mutating func killServer() {
        guard let server, let service else { return }
        try? server.kill()
        killed += 1
        if (try? service.endpoint.call(Message(1), timeout: 1000)) != nil { fail("a dead server answers") }
        if (try? server.wait()) != .killed { fail("the server's end") }
        service.close()
        self.service = nil
        self.server = nil
    }

    private mutating func talk() {
        if service == nil { startServer() }
        guard let service else { return }
        let length = Int(generator.next(below: 4096))
        let word = generator.next(below: 1000)
        for index in 0..<min(length, 64) { buffer[index] = UInt8(truncatingIfNeeded: UInt32(index) &* word) }
        let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length])
        guard let reply = try? service.endpoint.call(Message(1, word), bytes: bytes, buffer: answer) else {
            return fail("the server does not answer")
        }
        messages += 1
        let isSame = answer.prefix(min(length, 64)).elementsEqual(bytes.prefix(64))
        if reply.word0 != word + 1 || reply.length != length || !isSame { fail("the server answers something else") }
    }

    // MARK: Drivers

    private mutating func readDisk() {
        do throws(DiskError) {
            let disk = try Disk(0)
            defer { disk.close() }
            let count = try disk.sectors()
            try disk.read(UInt64(generator.next(below: UInt32(clamping: count - 8))), into: buffer)
            try disk.read(0, into: buffer)
            reads += 2
            var sum: UInt32 = 0
            for byte in buffer { sum = sum &* 31 &+ UInt32(byte) }
            if let checksum, checksum != sum { fail("the disk has changed") }
            checksum = sum
        } catch {
            // A machine without a disk is as good.
            if error != .noSuchDrive { fail("the disk", error.rawValue) }
        }
    }

    /// Kills a driver that can be done without, seldom enough that it counts as an accident.
    private mutating func killDriver() {
        guard Clock.milliseconds &- lastDriverDeath > driverPause else { return }
        lastDriverDeath = Clock.milliseconds
        let victim: StaticString = generator.next(below: 2) == 0 ? "disk" : "clock"
        var number: UInt32 = 0
        Manager.forEachService { name, owner, _ in if name.elementsEqual(victim.utf8Bytes) { number = owner } }
        do throws(ManagerError) {
            try Manager.kill(number)
            driversKilled += 1
        } catch {
            if error != .notPermitted { fail("kill a driver", error.rawValue) }
        }
    }
}
