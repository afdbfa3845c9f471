import CUser
import User

/// Starts a thread of a certain priority with a stack of its own; `index` (0...3) says which slot and which stack. Its
/// number.
@discardableResult
func start(_ entry: @convention(c) () -> Void, priority: UInt32, _ index: UInt32) -> UInt32 {
    let slot = Place.many + index
    let stack = Place.free + index * 0x4000
    _ = invoke(.capabilityDelete, slot)
    _ = invoke(.memoryMap, InitialSlot.process, stack, 0x4000, 1)
    let address = UInt32(UInt(bitPattern: unsafeBitCast(entry, to: UnsafeRawPointer.self)))
    let thread = invoke(.threadCreate, InitialSlot.process, slot, address, stack + 0x4000, 0)
    Check.succeeds(thread, "threadCreate: a priority")
    Check.equal(
        invoke(.threadConfigure, slot, ThreadSetting.priority.rawValue, priority), 0, "threadConfigure: a priority")
    Check.equal(invoke(.threadStart, slot), 0, "threadStart: a priority")
    return UInt32(bitPattern: thread.value)
}

/// Gives way until the threads in the first slots have ended.
func awaitEnds(_ count: UInt32) {
    for index in 0..<count {
        giveWay { invoke(.threadStart, Place.many + index) == KernelError.objectGone }
    }
}

nonisolated(unsafe) var isSpinning = false
nonisolated(unsafe) var shallStop = false

/// Keeps the processor busy.
@c(self_test_spin)
func spin() {
    isSpinning = true
    while !shallStop { _ = invoke(.yield) }
    User.Thread.exit()
}

/// Answers calls; those with the label 50 after a while.
@c(self_test_slow_server)
func slowServer() {
    var tag = invoke(.receive, Place.endpoint).tag
    while tag.label != 99 {
        if tag.label == 50 { _ = invoke(.sleep, 0, 20) }
        tag = invoke(.replyReceive, label: tag.label + 1, Place.endpoint).tag
    }
    _ = invoke(.reply, 0)
    User.Thread.exit()
}

@c(self_test_low_client)
func lowClient() {
    answer = invoke(.call, label: 50, Place.endpoint)
    User.Thread.exit()
}

/// Sends one message, which tells its stack.
@c(self_test_one_sender)
func oneSender() {
    var here: UInt32 = 0
    withUnsafeMutablePointer(to: &here) { here in
        let stack = (UInt32(UInt(bitPattern: here)) - Place.free) / 0x4000
        _ = invoke(.send, label: 60 + stack, Place.endpoint)
    }
    User.Thread.exit()
}

/// Who is more important is received first, and of equals who came first.
func testOrderOfSenders() {
    _ = invoke(.endpointCreate, Place.endpoint)
    for (index, priority) in ([4, 12, 8, 12] as [UInt32]).enumerated() {
        settle(start(oneSender, priority: priority, UInt32(index)))
    }
    // A sender whose priority changes while it waits takes another place.
    Check.equal(
        invoke(.threadConfigure, Place.many, ThreadSetting.priority.rawValue, 10), 0, "threadConfigure: a sender")
    for expected in [61, 63, 60, 62] as [UInt32] {
        let tag = invoke(.receive, Place.endpoint, 10_000).tag
        Check.equal(Int32(tag.label), Int32(expected), "receive: the order of senders")
    }
    awaitEnds(4)
    for index: UInt32 in 0..<4 { _ = invoke(.capabilityDelete, Place.many + index) }
    // An endpoint that ends while several wait tells all of them; one whose wait is limited too.
    for index: UInt32 in 0..<4 { settle(start(oneSender, priority: 10, index)) }
    Check.equal(invoke(.capabilityDelete, Place.endpoint), 0, "capabilityDelete: an endpoint with senders")
    awaitEnds(4)
    for index: UInt32 in 0..<4 {
        Check.error(invoke(.threadStart, Place.many + index), .objectGone, "send: the endpoint has ended")
        _ = invoke(.capabilityDelete, Place.many + index)
    }
    _ = invoke(.memoryUnmap, InitialSlot.process, Place.free, 0x1_0000)
}

/// Receives a call and never answers.
@c(self_test_silent_server)
func silentServer() {
    _ = invoke(.receive, Place.endpoint)
    spin()
}

/// A server that is ready to run, with the priority of its caller, when it is destroyed.
func testEndOfAServer() {
    _ = invoke(.endpointCreate, Place.endpoint)
    shallStop = false
    isSpinning = false
    answer = nil
    start(silentServer, priority: 4, 0)
    start(lowClient, priority: 12, 1)
    giveWay { isSpinning }
    Check.equal(invoke(.threadDestroy, Place.many), 0, "threadDestroy: a server that runs with a lent priority")
    _ = invoke(.capabilityDelete, Place.many)
    // What it leaves is used by others.
    let other = start(lowClient, priority: 3, 0)
    Check.error(awaitAnswer(), .objectGone, "call: the server was destroyed")
    settle(other)
    _ = invoke(.capabilityDelete, Place.endpoint)
    awaitEnds(2)
    for index: UInt32 in 0..<2 {
        Check.error(invoke(.threadStart, Place.many + index), .objectGone, "threadDestroy: the others have ended")
        _ = invoke(.capabilityDelete, Place.many + index)
    }
    _ = invoke(.memoryUnmap, InitialSlot.process, Place.free, 0x1_0000)
}

func testPriorities() {
    let setting = ThreadSetting.priority.rawValue
    _ = invoke(.threadCreate, InitialSlot.process, Place.scratch, 0, 0)
    Check.error(invoke(.threadConfigure, Place.scratch, 99, 1), .badArgument, "threadConfigure: setting")
    Check.error(invoke(.threadConfigure, Place.scratch, setting, 32), .badArgument, "threadConfigure: no priority")
    Check.error(invoke(.threadConfigure, Place.scratch, setting, 17), .permissionDenied, "threadConfigure: limit")
    Check.error(invoke(.threadConfigure, InitialSlot.process, setting, 1), .badCapability, "threadConfigure: kind")
    Check.error(
        invoke(.processCreate, Place.second, 0, 0, 64, 17), .permissionDenied, "processCreate: too high a priority")
    Check.error(invoke(.processCreate, Place.second, 0, 0, 64, 32), .badArgument, "processCreate: no priority")
    _ = invoke(.capabilityDelete, Place.scratch)

    // A lower thread runs only when no higher one can.
    shallStop = false
    isSpinning = false
    start(spin, priority: 8, 0)
    for _ in 0..<50 { _ = invoke(.yield) }
    Check.isTrue(!isSpinning, "yield: not to a lower priority")
    giveWay { isSpinning }
    Check.isTrue(isSpinning, "sleep: lower priorities run")
    Check.equal(invoke(.threadConfigure, Place.many, setting, 2), 0, "threadConfigure: a running thread")

    // A server of low priority answers although a thread of middling priority never stops: it has the caller's.
    _ = invoke(.endpointCreate, Place.endpoint)
    settle(start(slowServer, priority: 4, 1))
    Check.equal(invoke(.threadConfigure, Place.many, setting, 10), 0, "threadConfigure: higher")
    var tag = invoke(.call, label: 1, Place.endpoint, 10_000).tag
    Check.equal(Int32(tag.label), 2, "call: lends the priority")
    // Here it is busy with somebody else's call when a more important one comes.
    answer = nil
    settle(start(lowClient, priority: 12, 2))
    tag = invoke(.call, label: 2, Place.endpoint, 10_000).tag
    Check.equal(Int32(tag.label), 3, "call: lends the priority to a server that is busy")
    Check.equal(Int32(awaitAnswer()?.tag.label ?? 0), 51, "call: the other is answered too")
    _ = invoke(.call, label: 99, Place.endpoint, 10_000)
    shallStop = true
    awaitEnds(3)
    for index: UInt32 in 0..<3 {
        Check.error(invoke(.threadStart, Place.many + index), .objectGone, "threadExit: a priority")
        _ = invoke(.capabilityDelete, Place.many + index)
    }
    _ = invoke(.capabilityDelete, Place.endpoint)
    _ = invoke(.memoryUnmap, InitialSlot.process, Place.free, 0x1_0000)
}
