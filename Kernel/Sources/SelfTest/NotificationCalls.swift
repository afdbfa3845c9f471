import CUser
import User

/// Waits for a notification; the bits, or the error.
private func wait(_ slot: UInt32, _ timeout: UInt32 = Timeout.never) -> (result: Answer, bits: UInt32) {
    var registers = system_call_registers()
    registers.ebx = slot
    registers.ecx = timeout
    let result = invoke(.notificationWait, &registers)
    return (result, registers.ebx)
}

/// What the second thread was woken with.
nonisolated(unsafe) private var received: (result: Answer, bits: UInt32)?

@c(self_test_waiter)
func waiter() {
    received = wait(Place.second)
    User.Thread.exit()
}

func testNotifications() {
    Check.equal(invoke(.notificationCreate, Place.second), 0, "notificationCreate")
    Check.error(invoke(.notificationCreate, Place.second), .slotOccupied, "notificationCreate: occupied")
    Check.error(invoke(.notificationCreate, 0), .badSlot, "notificationCreate: slot")
    Check.error(wait(Place.second, Timeout.now).result, .timedOut, "notificationWait: nothing there")
    Check.error(wait(Place.second, 3).result, .timedOut, "notificationWait: nothing in time")
    Check.error(invoke(.notificationSignal, Place.second, 0), .badArgument, "notificationSignal: no bits")
    Check.error(invoke(.notificationSignal, InitialSlot.process, 1), .badCapability, "notificationSignal: kind")
    Check.error(wait(InitialSlot.process).result, .badCapability, "notificationWait: kind")

    // Bits add up until somebody takes them.
    Check.equal(invoke(.notificationSignal, Place.second, 5), 0, "notificationSignal")
    Check.equal(invoke(.notificationSignal, Place.second, 0x8000_0000), 0, "notificationSignal: again")
    let taken = wait(Place.second)
    Check.isTrue(taken.result.value == 0 && taken.bits == 0x8000_0005, "notificationWait: bits")
    Check.error(wait(Place.second, Timeout.now).result, .timedOut, "notificationWait: takes them")

    // A badge decides about the bits, and rights about who may signal and who may wait.
    let send = CapabilityRights.send.rawValue
    Check.equal(invoke(.capabilityCopy, Place.second, 0, Place.scratch, send, 0x30), 0, "capabilityCopy: a badge")
    Check.equal(invoke(.notificationSignal, Place.scratch, 1), 0, "notificationSignal: with a badge")
    Check.isTrue(wait(Place.second).bits == 0x30, "notificationWait: the badge")
    Check.error(wait(Place.scratch).result, .permissionDenied, "notificationWait: right")
    Check.error(invoke(.notificationBind, Place.scratch, 0), .permissionDenied, "notificationBind: right")

    // A thread that waits already.
    settle(start(waiter))
    Check.isTrue(received == nil, "notificationWait: waits")
    _ = invoke(.notificationSignal, Place.second, 2)
    giveWay { received != nil }
    Check.isTrue(received?.bits == 2, "notificationWait: woken")
    received = nil
    settle(start(waiter))
    Check.equal(invoke(.threadCancel, Place.thread), 0, "threadCancel")
    giveWay { received != nil }
    Check.error(received?.result, .cancelled, "notificationWait: cancelled")
    Check.error(invoke(.threadCancel, Place.thread), .objectGone, "threadCancel: ended")
    _ = invoke(.threadCreate, InitialSlot.process, Place.reply, 0, 0)
    Check.error(invoke(.threadCancel, Place.reply), .badState, "threadCancel: waits for nothing")
    _ = invoke(.capabilityDelete, Place.reply)

    testBoundNotification()

    received = nil
    settle(start(waiter))
    _ = invoke(.capabilityDelete, Place.scratch)
    _ = invoke(.capabilityDelete, Place.second)
    giveWay { received != nil }
    Check.error(received?.result, .objectGone, "notificationWait: deleted")
}

/// A notification whose signals are messages.
private func testBoundNotification() {
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.notificationSignal, Place.second, 1)
    Check.equal(invoke(.notificationBind, Place.second, Place.endpoint, 77), 0, "notificationBind")
    Check.error(wait(Place.second).result, .badState, "notificationWait: bound")
    _ = invoke(.notificationSignal, Place.second, 4)
    var registers = system_call_registers()
    registers.ebx = Place.endpoint
    let tag = invoke(.receive, &registers).tag
    Check.isTrue(
        tag.label == MessageLabel.notification && !tag.wantsReply && registers.ebx == 77 && registers.esi == 5,
        "receive: a notification")
    Check.error(invoke(.receive, Place.endpoint, Timeout.now), .timedOut, "receive: one message for all bits")
    startCall(.send, label: 9, Place.endpoint)
    _ = invoke(.notificationSignal, Place.second, 2)
    Check.isTrue(
        invoke(.receive, Place.endpoint).tag.label == MessageLabel.notification, "receive: the kernel's messages first")
    Check.isTrue(invoke(.receive, Place.endpoint).tag.label == 9, "receive: then those of threads")
    _ = invoke(.notificationSignal, Place.second, 8)
    Check.equal(invoke(.notificationBind, Place.second, 0), 0, "notificationBind: no more")
    Check.isTrue(wait(Place.second).bits == 8, "notificationWait: bits that were not received")
    Check.error(invoke(.notificationBind, Place.second, InitialSlot.process), .badCapability, "notificationBind: kind")
    _ = invoke(.capabilityDelete, Place.endpoint)
}

func testTimeouts() {
    _ = invoke(.endpointCreate, Place.endpoint)
    Check.error(invoke(.receive, Place.endpoint, Timeout.now), .timedOut, "receive: nothing there")
    let before = milliseconds()
    Check.error(invoke(.receive, Place.endpoint, 20), .timedOut, "receive: nothing in time")
    Check.isTrue(milliseconds() &- before >= 20, "receive: waits as long")
    Check.error(invoke(.replyReceive, Place.endpoint, 3), .timedOut, "replyReceive: nothing in time")

    // A call that is received but not answered in time: whoever answers late finds nobody.
    startCall(.call, label: 6, Place.endpoint, 1000)
    let tag = invoke(.receive, Place.endpoint).tag
    Check.isTrue(tag.label == 6 && tag.wantsReply, "call: with a timeout")
    Check.error(awaitAnswer(), .timedOut, "call: not answered in time")
    Check.error(invoke(.reply, 0), .noCaller, "reply: too late")
    startCall(.call, label: 6, Place.endpoint)
    _ = invoke(.receive, Place.endpoint)
    _ = invoke(.replySave, Place.reply)
    Check.equal(invoke(.threadCancel, Place.thread), 0, "threadCancel: a caller")
    Check.error(awaitAnswer(), .cancelled, "call: cancelled")
    Check.error(invoke(.reply, Place.reply), .badCapability, "reply: cancelled")
    startCall(.call, label: 6, Place.endpoint)
    _ = invoke(.receive, Place.endpoint)
    Check.equal(invoke(.threadCancel, Place.thread), 0, "threadCancel: a caller that was received")
    Check.error(invoke(.reply, 0), .noCaller, "reply: to a call that was cancelled")
    Check.error(awaitAnswer(), .cancelled, "call: cancelled after it was received")
    _ = invoke(.capabilityDelete, Place.thread)
    _ = invoke(.capabilityDelete, Place.endpoint)
}
