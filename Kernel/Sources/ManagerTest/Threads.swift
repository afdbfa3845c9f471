import CUser
import User

private nonisolated(unsafe) var sum: UInt32 = 0

/// Threads of a program, its heap and its locks.
func testThreads() {
    // More than there are places for at once, so they are given back.
    for round in 0..<200 as Range<UInt32> {
        guard let thread = try? Thread.start({ sum &+= round }) else {
            return Check.isTrue(false, "threads: start")
        }
        thread.join()
    }
    Check.equal(sum, 19_900, "threads: what they did")
    let before = frames()
    let lock = Lock()
    sum = 0
    var threads: [Thread] = []
    for _ in 0..<4 {
        guard let thread = try? Thread.start({ work(lock) }) else { return Check.isTrue(false, "threads: start") }
        threads.append(thread)
    }
    for thread in threads { thread.join() }
    Check.equal(sum, 4 * 200 * 4950, "threads: heap and lock")
    // Arrays have come and gone; stacks, capabilities and kernel objects are given back.
    let after = frames()
    Check.isTrue(after <= before + 12, "threads: nothing is left behind")

    // Two threads that talk.
    guard let channel = try? Endpoint.create(), let answerer = try? Thread.start({ answer(channel) }) else {
        return Check.isTrue(false, "threads: channel")
    }
    Check.equal((try? channel.call(Message(1, 41)))?.word0 ?? 0, 42, "threads: a channel")
    answerer.join()
    let waiter = try? Thread.start { _ = try? channel.receive() }
    Thread.sleep(milliseconds: 20)
    Check.isTrue((try? waiter?.cancel()) != nil, "threads: cancel")
    waiter?.join()
    Slots.release(channel.slot)

    testSharedMemory()

    // A stack has its end.
    Check.isTrue((try? ManagerTest.spawn("deep-thread").wait()) == .faulted, "threads: a stack that overflows")
    // There is an end to threads, too, and an error.
    var many: [Thread] = []
    var problem: KernelError?
    while problem == nil {
        do throws(KernelError) { many.append(try Thread.start { Thread.sleep(milliseconds: 1) }) } catch {
            problem = error
        }
    }
    Check.isTrue(problem == .badSlot && many.count > 30, "threads: too many")
    for thread in many { thread.join() }
    Check.isTrue((try? Thread.start(stackSize: 5000) {}) == nil, "threads: a stack of half pages")
}

/// Memory that is sent through a channel, and is the same on both sides.
private func testSharedMemory() {
    let (here, there): (UInt32, UInt32) = (0x7A00_0000, 0x7A10_0000)
    guard let channel = try? Endpoint.create(), let memory = try? MemoryObject.create(length: pageSize),
        let slot = Slots.allocate(),
        let receiver = try? Thread.start({
            var place = Pieces()
            place.expect(capabilities: 1, in: slot)
            guard let message = try? channel.receive(scatter: place), message.capabilities == 1,
                (try? MemoryObject(slot: slot).attach(to: .current, at: there, length: pageSize, access: .write)) != nil
            else { return }
            memory_write32(there + 4, memory_read32(there) + 1)
            try? Endpoint.reply(Message(0))
        }), (try? memory.attach(to: .current, at: here, length: pageSize, access: .write)) != nil
    else { return Check.isTrue(false, "shared memory") }
    memory_write32(here, 41)
    var gift = Pieces()
    gift.append(capability: memory.slot)
    Check.isTrue((try? channel.call(Message(1), gather: gift, scatter: .none)) != nil, "shared memory: sent")
    Check.equal(memory_read32(here + 4), 42, "shared memory: what the other side wrote")
    receiver.join()
    for slot in [slot, memory.slot, channel.slot] { Slots.release(slot) }
}

/// Allocates and frees arrays, and adds their sums up.
private func work(_ lock: Lock) {
    for round in 0..<200 {
        var numbers: [UInt32] = []
        for number in 0..<100 as Range<UInt32> { numbers.append(number) }
        if round % 16 == 0 { Thread.yield() }
        var part: UInt32 = 0
        for number in numbers { part += number }
        lock.withLock { sum &+= part }
    }
}

/// Answers one call.
private func answer(_ channel: Endpoint) {
    guard let message = try? channel.receive() else { return }
    try? Endpoint.reply(Message(0, message.word0 + 1))
}

/// Page frames of this process.
private func frames() -> UInt32 {
    (try? System(slot: ProgramSlot.system).process(from: Arguments.process))?.frames ?? 0
}

/// Recurses without end, in a thread.
func recurseInThread() -> Never {
    (try? Thread.start { Manager.exit(status: depth(1)) })?.join()
    Manager.exit(status: 0)
}

@inline(never)
private func depth(_ level: UInt32) -> UInt32 {
    // The sum after the call keeps the call from being the last thing to do.
    level == 0xFFFF_FFFF ? level : depth(level + 1) &+ Clock.milliseconds
}
