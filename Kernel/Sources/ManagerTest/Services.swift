import CUser
import User

func testNames() {
    Check.refusal(.noSuchName, "look up: nobody") { () throws(ManagerError) in _ = try Service.find("no.such.name") }
    Check.refusal(.badName, "look up: not a name") { () throws(ManagerError) in _ = try Service.find("a/b") }
    Check.refusal(.badName, "register: not a name") { () throws(ManagerError) in _ = try Service.register("") }
    Check.refusal(.nameTaken, "register: a driver's") { () throws(ManagerError) in _ = try Service.register("disk") }

    // Longer than any name, and longer than any request.
    let long = UnsafeMutableRawBufferPointer.allocate(byteCount: 8192, alignment: 4)
    for index in 0..<long.count { long[index] = UInt8(ascii: "n") }
    for (length, error) in [(25, ManagerError.badName), (2000, .badName), (8192, .failed)] {
        Check.refusal(error, "register: too long") { () throws(ManagerError) in
            _ = try Service.register(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(long)[..<length]))
        }
    }
    long.deallocate()

    // A server that dies over a call: its client is told at once, and the name is free again.
    let server = ManagerTest.spawn("serve")
    guard let service = try? Service.find("test.service", waits: true) else {
        return Check.isTrue(false, "look up: waits until the name is there")
    }
    let early = Clock.milliseconds
    var answer: KernelError?
    do throws(KernelError) {
        _ = try service.endpoint.call(Message(1))
    } catch {
        answer = error
    }
    Check.isTrue(answer == .objectGone || answer == .badCapability, "a server that dies fails its caller")
    Check.isTrue(Clock.milliseconds &- early < 1000, "a server that dies fails its caller at once")
    Check.isTrue((try? server.wait()) == .exited(status: 7), "a server that dies")
    Check.isTrue((try? service.endpoint.call(Message(1), timeout: 1000)) == nil, "a dead server's capability")
    service.close()
    Check.refusal(.noSuchName, "look up: a dead server") { () throws(ManagerError) in
        _ = try Service.find("test.service")
    }

    guard let own = try? Service.register("test.service") else { return Check.isTrue(false, "register: free again") }
    Check.refusal(.nameTaken, "register: twice") { () throws(ManagerError) in
        _ = try Service.register("test.service")
    }
    // Its child takes all names that are left; they are free again when it ends.
    for _ in 0..<2 {
        guard case .exited(let names)? = try? ManagerTest.spawn("names").wait() else {
            return Check.isTrue(false, "register: many")
        }
        Check.isTrue(16..<32 ~= names, "register: until there is no room")
    }
    own.close()
}

/// Registers names until it fails; returns how many there were, or more than there can be if it failed for another
/// reason.
func registerMany() -> UInt32 {
    for number in 0..<100 as Range<UInt32> {
        let name: Text = "n\(number)"
        let refusal = name.withBytes { bytes -> ManagerError? in
            do throws(ManagerError) {
                _ = try Service.register(bytes: bytes)
                return nil
            } catch { return error }
        }
        if let refusal { return refusal == .tooManyNames ? number : 1000 }
    }
    return 2000
}

func testPermissions() {
    Check.refusal(.notPermitted, "shutdown: not permitted") { () throws(ManagerError) in
        try Manager.shutdown(.reboot)
    }
    // What this program does not have, its child does not get.
    let program = ManagerTest.program("write-disk")
    program.permissions = .all
    let end = try? program.spawn().wait()
    let status = end?.status
    Check.isTrue(
        status == DiskError.notPermitted.rawValue || status == DiskError.noSuchDrive.rawValue,
        "permissions: not more than the parent's")
}

/// Requests that no library makes.
func testMalformed() {
    let badRequest = ManagerError.badRequest.rawValue
    Check.equal(label(Message(0)), badRequest, "label 0")
    Check.equal(label(Message(900)), badRequest, "unknown label")
    Check.equal(label(Message(ManagerRequest.spawn, 90)), badRequest, "spawn: no bytes")
    var header = SpawnHeader()
    header.pathLength = 0xFFFF_FFFF
    header.argumentsLength = 2
    let answer = withUnsafeBytes(of: &header) { label(Message(ManagerRequest.spawn, 90), $0) }
    Check.equal(answer, badRequest, "spawn: lengths that overflow")
    Check.equal(label(Message(ManagerRequest.start, 2)), ManagerError.noSuchProcess.rawValue, "start: not a child")
    let notPermitted = ManagerError.notPermitted.rawValue
    Check.equal(label(Message(ManagerRequest.interruptKey)), notPermitted, "interrupt key: not the console")
    Check.equal(label(Message(ManagerRequest.shutdown, 99)), notPermitted, "shutdown")
    let (taken, free): (StaticString, StaticString) = ("disk", "test.slot")
    let badSlot = ManagerError.badSlot.rawValue
    for slot in [0, 256, ProgramSlot.manager, 0xFFFF_FFFF] as [UInt32] {
        Check.equal(label(Message(ManagerRequest.lookUp, slot), taken.utf8Bytes), badSlot, "look up: slot")
        Check.equal(label(Message(ManagerRequest.register, slot), free.utf8Bytes), badSlot, "register: slot")
    }
    Check.refusal(.noSuchName, "register: a bad slot registers nothing") { () throws(ManagerError) in
        _ = try Service.find("test.slot")
    }
    let bad: [(UInt32, UInt32)] = [
        (0, 4096), (0x5000_0001, 4096), (0x5000_0000, 0), (0xAFFF_F000, 8192), (0x6000_0000, 0xFFFF_F000),
    ]
    for (address, length) in bad {
        Check.equal(label(Message(ManagerRequest.reserve, address, length)), badRequest, "reserve")
    }
    Check.isTrue((try? Manager.reserve(0x6000_0000, length: 0x10_0000)) != nil, "reserve")
    let page = UnsafeMutablePointer<UInt32>(bitPattern: 0x6008_0000)
    Check.equal(page?.pointee ?? 1, 0, "reserve: zeros")
    page?.pointee = 5
    Check.equal(page?.pointee ?? 1, 5, "reserve: memory")
    // Another range, and the first is still there.
    Check.isTrue((try? Manager.reserve(0x6800_0000, length: pageSize)) != nil, "reserve: another")
    for address in [0x6800_0000, 0x6000_0000] as [UInt32] {
        Check.equal(memory_read32(address), 0, "reserve: both")
    }
    for number in 0..<6 as Range<UInt32> {
        let address = 0x7000_0000 + number * 2 * pageSize
        Check.isTrue((try? Manager.reserve(address, length: pageSize)) != nil, "reserve: eight")
    }
    Check.refusal(.tooManyRanges, "reserve: nine") { () throws(ManagerError) in
        try Manager.reserve(0x7800_0000, length: pageSize)
    }
}

func testDisk() {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * diskSectorSize, alignment: 4)
    defer { buffer.deallocate() }
    let sector = UnsafeMutableRawBufferPointer(rebasing: buffer[..<diskSectorSize])
    guard let disk = try? Disk(0), let sectors = try? disk.sectors() else {
        // A machine without one has nothing to test but this.
        return Check.refusal(.noSuchDrive, "disk: none") { () throws(DiskError) in
            try Disk(0).read(0, into: sector)
        }
    }
    defer { disk.close() }
    Check.isTrue((try? disk.read(sectors - 1, into: sector)) != nil, "disk: the last sector")
    Check.refusal(.outOfRange, "disk: behind the last sector") { () throws(DiskError) in
        try disk.read(sectors, into: sector)
    }
    Check.refusal(.outOfRange, "disk: far behind") { () throws(DiskError) in try disk.read(.max, into: sector) }
    Check.refusal(.outOfRange, "disk: 2^48") { () throws(DiskError) in try disk.read(1 << 48, into: sector) }
    Check.refusal(.notPermitted, "disk: write") { () throws(DiskError) in
        try disk.write(0, UnsafeRawBufferPointer(sector))
    }
    Check.refusal(.badRequest, "disk: half a sector") { () throws(DiskError) in
        try disk.read(0, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<256]))
    }
    Check.refusal(.badRequest, "disk: too many sectors") { () throws(DiskError) in try disk.read(0, into: buffer) }
    Check.refusal(.noSuchDrive, "disk: drive 7") { () throws(DiskError) in try Disk(7).read(0, into: sector) }
    // Many sectors are the same as each by itself.
    let many = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(32 * diskSectorSize)])
    let one = UnsafeMutableRawBufferPointer(rebasing: buffer[(32 * diskSectorSize)..<(33 * diskSectorSize)])
    Check.isTrue((try? disk.read(0, into: many)) != nil, "disk: 32 sectors")
    for index in 0..<32 {
        let part = many[(index * diskSectorSize)..<((index + 1) * diskSectorSize)]
        Check.isTrue((try? disk.read(UInt64(index), into: one)) != nil && one.elementsEqual(part), "disk: the same")
    }
    Check.isTrue((try? disk.flush()) != nil, "disk: flush")
}

/// The label of the process manager's reply to a request that the library would not make.
func label(_ message: Message, _ bytes: UnsafeRawBufferPointer = .none) -> UInt32 {
    (try? Endpoint(slot: ProgramSlot.manager).call(message, bytes: bytes))?.label ?? 0xFFFF
}
