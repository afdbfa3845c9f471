import User

func testSpawn() {
    Check.refusal(.noSuchFile, "spawn: no such file") { () throws(ManagerError) in
        _ = try Program("bin/nothing").spawn()
    }
    Check.refusal(.notExecutable, "spawn: not a program") { () throws(ManagerError) in
        _ = try Program("etc/motd").spawn()
    }
    Check.refusal(.badRequest, "spawn: too many arguments") { () throws(ManagerError) in
        let program = Program("bin/hello")
        for _ in 0..<100 { program.add(argument: "an argument of 24 bytes") }
        _ = try program.spawn()
    }
    for status in [0, 1, 77, UInt32.max] as [UInt32] {
        let program = ManagerTest.program("exit")
        program.add(argument: "\(status)" as Text)
        let end = try? program.spawn().wait()
        Check.isTrue(end == .exited(status: status), "spawn: exit status")
    }
}

/// As many bytes as there may be, and one more.
func testLengths() {
    let text = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 4)
    defer { text.deallocate() }
    for index in 0..<text.count { text[index] = UInt8(ascii: "x") }
    func bytes(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: text[..<count]) }
    // "manager-test", "lengths" and what is added, each with its NUL.
    let most = SpawnHeader.maximumArguments - 13 - 8 - 1
    for (count, environment) in [(0, 0), (1, 2), (most, 2), (0, SpawnHeader.maximumEnvironment),
        (most, SpawnHeader.maximumEnvironment)]
    {
        let program = ManagerTest.program("lengths")
        program.add(argument: bytes(count))
        if environment > 0 {
            text[environment - 1] = 0
            program.replaceEnvironment(bytes(environment))
        } else {
            program.replaceEnvironment(.none)
        }
        let end = try? program.spawn().wait()
        Check.isTrue(end == .exited(status: UInt32(count + environment)), "lengths: what a child gets")
        if environment > 0 { text[environment - 1] = UInt8(ascii: "x") }
    }
    Check.refusal(.badRequest, "lengths: an argument that is too long") { () throws(ManagerError) in
        let program = ManagerTest.program("lengths")
        program.add(argument: bytes(most + 1))
        _ = try program.spawn()
    }
    Check.refusal(.badRequest, "lengths: too much environment") { () throws(ManagerError) in
        let program = ManagerTest.program("lengths")
        text[SpawnHeader.maximumEnvironment] = 0
        program.replaceEnvironment(bytes(SpawnHeader.maximumEnvironment + 1))
        _ = try program.spawn()
    }
    Check.refusal(.badRequest, "lengths: an environment without an end") { () throws(ManagerError) in
        let program = ManagerTest.program("lengths")
        program.replaceEnvironment(bytes(10))
        _ = try program.spawn()
    }
    Check.refusal(.badRequest, "lengths: a path that is too long") { () throws(ManagerError) in
        _ = try Program(path: bytes(SpawnHeader.maximumPath + 1)).spawn()
    }
    Check.refusal(.badRequest, "lengths: no path") { () throws(ManagerError) in _ = try Program(path: .none).spawn() }
}

/// What a child of `testLengths` has got.
func lengthsOfArguments() -> UInt32 {
    UInt32(Arguments.bytes(2).count + Environment.bytes.count)
}

func testWait() {
    Check.refusal(.noSuchProcess, "wait: no children") { () throws(ManagerError) in _ = try Child.waitForAny() }
    Check.refusal(.noSuchProcess, "wait: somebody else's child") { () throws(ManagerError) in
        _ = try Child(number: 2).wait()
    }
    Check.isTrue(Child.ended() == nil, "wait: nobody has ended")

    // Any child, and each once.
    var left: [UInt32] = []
    for _ in 0..<4 { left.append(ManagerTest.spawn("exit").number) }
    for _ in 0..<4 {
        guard let (child, end) = try? Child.waitForAny() else {
            Check.isTrue(false, "wait: any")
            continue
        }
        Check.isTrue(end == .exited(status: 0), "wait: status of any")
        Check.isTrue(left.contains(child.number), "wait: number of any")
        left.removeAll { $0 == child.number }
    }
    Check.isTrue(left.isEmpty, "wait: all of them")

    let fault = ManagerTest.spawn("fault")
    Check.isTrue((try? fault.wait()) == .faulted, "wait: a fault")
    Check.refusal(.noSuchProcess, "wait: twice") { () throws(ManagerError) in _ = try fault.wait() }

    Check.isTrue((try? ManagerTest.spawn("exit-in-thread").wait()) == .exited(status: 5), "exit: in another thread")

    // One that has ended before it is asked for.
    let early = ManagerTest.spawn("exit")
    Thread.sleep(milliseconds: 50)
    Check.isTrue(Child.ended()?.child == early, "wait: without waiting")
}

func testKill() {
    let child = ManagerTest.spawn("sleep")
    Check.isTrue(Child.ended() == nil, "wait: it still runs")
    Check.isTrue((try? child.kill()) != nil, "kill")
    Check.isTrue((try? child.wait()) == .killed, "kill: how it ended")
    Check.refusal(.noSuchProcess, "kill: twice") { () throws(ManagerError) in try child.kill() }
    Check.refusal(.notPermitted, "kill: the process manager") { () throws(ManagerError) in try Manager.kill(1) }
    Check.refusal(.notPermitted, "kill: the kernel") { () throws(ManagerError) in try Manager.kill(0) }
    Check.refusal(.notPermitted, "kill: a driver") { () throws(ManagerError) in try Manager.kill(2) }
    Check.refusal(.noSuchProcess, "kill: nobody") { () throws(ManagerError) in try Manager.kill(0xFFFF_FFFF) }

    // An orphan goes on, and is nobody's.
    guard case .exited(let orphan)? = try? ManagerTest.spawn("orphan").wait() else {
        return Check.isTrue(false, "orphan")
    }
    var name = Text()
    Check.equal((try? Manager.appendName(of: orphan, to: &name)) ?? 99, 0, "orphan: lives, without a parent")
    Check.refusal(.notPermitted, "orphan: not a grandparent's to end") { () throws(ManagerError) in
        try Manager.kill(orphan)
    }
    // It ends by itself, and has to have before whoever comes next counts page frames.
    while (try? Manager.memory(of: orphan)) != nil { Thread.sleep(milliseconds: 10) }
}

func testEnvironment() {
    let program = ManagerTest.program("environment")
    let environment: StaticString = "A=one\0B=two\0"
    program.replaceEnvironment(environment.utf8Bytes)
    Check.isTrue((try? program.spawn().wait()) == .exited(status: 0), "environment")
    program.replaceEnvironment(.none)
    Check.isTrue((try? program.spawn().wait()) == .exited(status: 1), "environment: none")
}

/// Standard streams that end in this program.
func testStreams() {
    guard let slot = Slots.allocate(), let endpoint = try? Endpoint.create(in: slot) else {
        return Check.isTrue(false, "streams")
    }
    defer { Slots.release(slot) }
    let program = ManagerTest.program("say")
    program.output = Stream(endpoint)
    guard let child = try? program.spawn() else { return Check.isTrue(false, "streams: spawn") }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: streamChunk, alignment: 4)
    defer { buffer.deallocate() }
    guard let message = try? endpoint.receive(buffer, timeout: 10_000) else {
        return Check.isTrue(false, "streams: output")
    }
    Check.equal(message.label, StreamRequest.write, "streams: output")
    let said: StaticString = "said"
    Check.isTrue(buffer.prefix(message.length).elementsEqual(said.utf8Bytes), "streams: bytes")
    try? Endpoint.reply(Message(0))
    // Standard error went where ours goes.
    Check.isTrue((try? child.wait()) == .exited(status: 0), "streams: the child went on")

    // Input: a byte, the end, and nobody at the other end any more. The child's status is how many bytes came.
    let reader = ManagerTest.program("read")
    reader.input = Stream(endpoint)
    for count in 0...1 {
        guard let child = try? reader.spawn(), let request = try? endpoint.receive(timeout: 10_000) else {
            return Check.isTrue(false, "streams: input")
        }
        Check.isTrue(request.label == StreamRequest.read && request.word0 == 1, "streams: input")
        try? Endpoint.reply(
            Message(0), bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
        Check.isTrue((try? child.wait()) == .exited(status: UInt32(count)), "streams: input")
    }
    reader.input = Stream(Endpoint(slot: 0))
    Check.isTrue((try? reader.spawn().wait()) == .exited(status: 99), "streams: no input")
}

func testLimits() {
    let program = ManagerTest.program("hoard")
    program.memoryLimit = 200
    guard case .exited(let few)? = try? program.spawn().wait() else { return Check.isTrue(false, "limit") }
    Check.isTrue(few < 50, "limit: 200 KiB")
    program.memoryLimit = 400
    guard case .exited(let more)? = try? program.spawn().wait() else { return Check.isTrue(false, "limit") }
    Check.equal(more - few, 50, "limit: 200 KiB more")
    // With a parent of the same limit, whose own frames count too.
    let family = ManagerTest.program("family")
    family.memoryLimit = 400
    guard case .exited(let shared)? = try? family.spawn().wait() else { return Check.isTrue(false, "limit") }
    Check.isTrue(0 < shared && shared <= more - 10, "limit: a child's frames count in its parent's")
    program.memoryLimit = 8
    Check.refusal(.outOfMemory, "limit: too low for the program") { () throws(ManagerError) in
        _ = try program.spawn()
    }
}

/// A program from this one's memory.
func testImage() {
    let path: StaticString = "bin/hello"
    var size: UInt32 = 0
    Manager.forEachFile { if $0.path.elementsEqual(path.utf8Bytes) { size = $0.size } }
    let image = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(size), alignment: 4)
    defer { image.deallocate() }
    var done = 0
    while done < image.count,
        let count = try? Manager.read(
            path.utf8Bytes, offset: UInt32(done), into: UnsafeMutableRawBufferPointer(rebasing: image[done...])),
        count > 0
    { done += count }
    Check.equal(UInt32(done), size, "image: read")
    let program = Program(image: UnsafeRawBufferPointer(image), name: "from-memory")
    program.output = Stream(Endpoint(slot: 0))
    Check.isTrue((try? program.spawn().wait()) == .exited(status: 0), "image: runs")
    Check.refusal(.notExecutable, "image: not a program") { () throws(ManagerError) in
        _ = try Program(image: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(image)[1...]), name: "x").spawn()
    }
    let nowhere = UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: 0x7000_0000), count: 100)
    Check.refusal(.badRequest, "image: not this program's memory") { () throws(ManagerError) in
        _ = try Program(image: nowhere, name: "x").spawn()
    }
}
