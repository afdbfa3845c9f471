import CUser
import User

// Priorities that are lent along a chain of threads, and taken back along it; and turns of threads of the same
// priority.

/// Takes a call, and makes one itself before it answers.
@c(self_test_middle)
func middle() {
    _ = invoke(.receive, Place.second)
    _ = invoke(.call, Place.endpoint)
    User.Thread.exit()
}

@c(self_test_end_of_chain)
func endOfChain() {
    answer = invoke(.call, Place.second)
    User.Thread.exit()
}

/// Receives two messages with a signal between, and is busy then.
@c(self_test_second_receiver)
func secondReceiver() {
    _ = invoke(.receive, Place.endpoint)
    _ = invoke(.notificationWait, Place.second)
    _ = invoke(.receive, Place.endpoint)
    spin()
}

private func priority(_ thread: UInt32) -> Int32 { threadInformation(thread).map { Int32($0.priority) } ?? -1 }

/// Lets the threads of a test end, and forgets them.
private func finish(_ threads: UInt32) {
    shallStop = true
    for index in 0..<threads {
        _ = invoke(.threadDestroy, Place.many + index)
        _ = invoke(.capabilityDelete, Place.many + index)
    }
    _ = invoke(.memoryUnmap, InitialSlot.process, Place.free, 0x1_0000)
    for slot in [Place.endpoint, Place.second] { _ = invoke(.capabilityDelete, slot) }
}

/// first (12) -> middle (4) -> server (2), whose priorities follow whatever happens to those before them.
func testChains() {
    let setting = ThreadSetting.priority.rawValue
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.endpointCreate, Place.second)
    shallStop = false
    isSpinning = false
    answer = nil
    let server = start(silentServer, priority: 2, 0)
    let between = start(middle, priority: 4, 1)
    start(endOfChain, priority: 12, 2)
    giveWay { isSpinning }
    Check.equal(priority(between), 12, "call: lends the priority")
    Check.equal(priority(server), 12, "call: lends the priority along the chain")
    Check.equal(invoke(.threadConfigure, Place.many + 2, setting, 13), 0, "threadConfigure: a caller")
    Check.equal(priority(server), 13, "threadConfigure: what a caller lends follows")
    Check.equal(invoke(.threadCancel, Place.many + 2), 0, "threadCancel: the first of a chain")
    Check.equal(priority(between), 4, "threadCancel: takes the priority back")
    Check.equal(priority(server), 4, "threadCancel: takes the priority back along the chain")
    _ = invoke(.threadConfigure, Place.many + 1, setting, 10)
    Check.equal(priority(server), 10, "threadConfigure: in the middle of a chain, up")
    _ = invoke(.threadConfigure, Place.many + 1, setting, 3)
    Check.equal(priority(server), 3, "threadConfigure: in the middle of a chain, down")
    Check.equal(invoke(.threadDestroy, Place.many + 1), 0, "threadDestroy: in the middle of a chain")
    Check.equal(priority(server), 2, "threadDestroy: takes the priority back")
    Check.error(awaitAnswer(), .cancelled, "threadCancel: the first of a chain")

    // One that waits to send lends too, to whom received last there; with a limit to its wait.
    settle(start(oneSender, priority: 9, 3))
    Check.equal(priority(server), 9, "send: lends the priority")
    Check.equal(invoke(.threadCancel, Place.many + 3), 0, "threadCancel: a sender")
    Check.equal(priority(server), 2, "threadCancel: a sender takes the priority back")
    finish(4)

    // A message that wants no answer lends nothing once it is received.
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.notificationCreate, Place.second)
    shallStop = false
    isSpinning = false
    let receiver = start(secondReceiver, priority: 2, 0)
    _ = invoke(.send, Place.endpoint)
    settle(start(oneSender, priority: 12, 1))
    Check.equal(priority(receiver), 12, "send: lends the priority to who received last")
    _ = invoke(.notificationSignal, Place.second, 1)
    giveWay { isSpinning }
    Check.equal(priority(receiver), 2, "receive: nobody waits any more")
    finish(2)

    // Who comes to receive where several wait already is lent their priority as well, as long as one of them waits.
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.notificationCreate, Place.second)
    for index: UInt32 in 1..<3 { settle(start(oneSender, priority: 12, index)) }
    let late = start(secondReceiver, priority: 2, 0)
    settle(late)
    Check.equal(priority(late), 12, "receive: others wait still")
    finish(3)
}

/// Calls with a limit to their wait go the long way.
@c(self_test_ping)
func ping() {
    while !shallStop { _ = invoke(.call, Place.endpoint, 1000) }
    User.Thread.exit()
}

@c(self_test_pong)
func pong() {
    _ = invoke(.receive, Place.endpoint, 1000)
    while !shallStop { _ = invoke(.replyReceive, Place.endpoint, 1000) }
    User.Thread.exit()
}

/// Counts in the first word of `Place.buffer`.
@c(self_test_counter)
func counter() {
    while !shallStop { memory_write32(Place.buffer, memory_read32(Place.buffer) &+ 1) }
    User.Thread.exit()
}

/// Two threads that never stop talking, and a third of the same priority, which has its turns too.
func testTurns() {
    _ = invoke(.endpointCreate, Place.endpoint)
    shallStop = false
    memory_write32(Place.buffer, 0)
    start(pong, priority: 8, 0)
    start(ping, priority: 8, 1)
    start(counter, priority: 8, 2)
    // As many turns as it takes the others to have had some: with each of them a third gets one.
    giveWay { memory_read32(Place.buffer) > 1000 }
    Check.isTrue(memory_read32(Place.buffer) > 1000, "call: others of the same priority have their turns")
    finish(3)
}
