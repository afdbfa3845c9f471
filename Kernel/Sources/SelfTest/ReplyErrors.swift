import CUser
import User

/// Capabilities for which the receiver has no place: its mistake, of which the sender hears nothing.
func testReceivingCapabilities() {
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.notificationCreate, Place.second)
    let two = Place.second | Place.second << 8
    for call in [.receive, .replyReceive] as [SystemCall] {
        startCall(.send, label: 5, Place.endpoint, 0, buffers(send: 0, 0, receive: 0, 0, slots: two, at: 8))
        func receive(into slots: UInt32) -> Answer {
            invoke(call, Place.endpoint, Timeout.now, buffers(send: 0, 0, receive: 0, 0, receiveSlots: slots | 2 << 8))
        }
        Check.error(receive(into: Place.second), .slotOccupied, "receive: the slot is not empty")
        Check.error(receive(into: Place.second - 1), .slotOccupied, "receive: the second slot is not empty")
        Check.error(receive(into: 255), .badSlot, "receive: the second slot is beyond the table")
        Check.error(receive(into: 0), .badSlot, "receive: slot 0")
        Check.isTrue(answer == nil, "send: still waits")
        let received = receive(into: Place.many)
        Check.succeeds(received, "receive: two capabilities")
        Check.isTrue(received.tag.label == 5 && received.tag.capabilities == 2, "receive: their number")
        Check.equal(awaitAnswer()?.value ?? -1, 0, "send: received after all")
        for slot in [Place.many, Place.many + 1] {
            Check.equal(invoke(.notificationSignal, slot, 1), 0, "receive: they are there")
            _ = invoke(.capabilityDelete, slot)
        }
    }
    // The other way round: the sender offers more than the receiver takes, which goes on waiting.
    startCall(.receive, Place.endpoint)
    let pair = buffers(send: 0, 0, receive: 0, 0, slots: two)
    Check.error(invoke(.send, Place.endpoint, 0, pair), .bufferTooSmall, "send: more capabilities than taken")
    let bytes = buffers(send: Place.buffer, 8, receive: 0, 0)
    Check.error(invoke(.send, Place.endpoint, 0, bytes), .bufferTooSmall, "send: more bytes than taken")
    let none = buffers(send: 0, 0, receive: 0, 0, slots: Place.scratch)
    let taking = buffers(send: 0, 0, receive: 0, 0, receiveSlots: Place.many | 1 << 8, at: 8)
    Check.isTrue(answer == nil, "receive: still waits")
    Check.equal(invoke(.send, label: 9, Place.endpoint), 0, "send: to who still waits")
    Check.isTrue(awaitAnswer()?.tag.label == 9, "receive: the message that fits")
    startCall(.receive, Place.endpoint, 0, taking)
    Check.error(invoke(.send, Place.endpoint, 0, none), .badCapability, "send: an empty slot")
    _ = invoke(.capabilityCopy, Place.second, 0, Place.scratch, CapabilityRights.send.rawValue)
    Check.error(invoke(.send, Place.endpoint, 0, none), .permissionDenied, "send: what may not be copied")
    _ = invoke(.threadDestroy, Place.thread)
    for slot in [Place.scratch, Place.second, Place.thread, Place.endpoint] { _ = invoke(.capabilityDelete, slot) }
}

/// Replies that are not as they must be, to a caller that says where the answer may go.
func testReplyErrors() {
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.notificationCreate, Place.second)
    /// A second thread's call, received here.
    func receiveCall(_ buffers: UInt32) {
        startCall(.call, label: 3, Place.endpoint, 0, buffers)
        let received = invoke(.receive, Place.endpoint)
        Check.succeeds(received, "receive: a call")
        Check.isTrue(received.tag.label == 3 && received.tag.wantsReply, "receive: a call's tag")
    }
    func replies(_ buffers: UInt32) -> Answer { invoke(.reply, label: 8, 0, 0, buffers) }

    // Wrong before anything is done: the caller waits on.
    receiveCall(0)
    for index in 1..<6 {
        Check.error(replies(Place.bad[index]), .badAddress, "reply: buffers")
        Check.error(replies(buffers(send: Place.bad[index], 16, receive: 0, 0)), .badAddress, "reply: bytes")
    }
    let long = buffers(send: Place.buffer, maximumMessageLength + 1, receive: 0, 0)
    Check.error(replies(long), .badArgument, "reply: length")
    Check.error(
        invoke(.replyReceive, label: 8, Place.endpoint, Timeout.now, long), .badArgument, "replyReceive: length")
    for index in 1..<6 {
        Check.error(
            invoke(.replyReceive, label: 8, Place.endpoint, Timeout.now, Place.bad[index]), .badAddress,
            "replyReceive: buffers")
    }
    Check.isTrue(answer == nil, "call: waits for a proper reply")
    // The answer goes out although nobody sends anything.
    Check.error(invoke(.replyReceive, label: 8, Place.endpoint, Timeout.now), .timedOut, "replyReceive: nobody sends")
    Check.isTrue(awaitAnswer()?.tag.label == 8, "replyReceive: answers all the same")

    // No room: both are told.
    receiveCall(0)
    Check.error(replies(buffers(send: Place.buffer, 1, receive: 0, 0)), .bufferTooSmall, "reply: no room")
    Check.error(awaitAnswer(), .bufferTooSmall, "call: no room for the reply")
    receiveCall(0)
    let one = buffers(send: 0, 0, receive: 0, 0, slots: Place.second)
    Check.error(replies(one), .bufferTooSmall, "reply: no room for a capability")
    Check.error(awaitAnswer(), .bufferTooSmall, "call: no room for the reply's capability")
    func calls(receiving slots: UInt32) -> UInt32 { buffers(send: 0, 0, receive: 0, 0, receiveSlots: slots, at: 8) }
    receiveCall(calls(receiving: Place.second | 1 << 8))
    Check.error(replies(one), .slotOccupied, "reply: the caller's slot is not empty")
    Check.error(awaitAnswer(), .slotOccupied, "call: the slot for the reply is not empty")
    receiveCall(calls(receiving: 1 << 8))
    Check.error(replies(one), .badSlot, "reply: the caller's slot is none")
    Check.error(awaitAnswer(), .badSlot, "call: the slot for the reply is none")

    // The answerer's own mistake: for the caller, there is no answer.
    receiveCall(calls(receiving: Place.many | 1 << 8))
    Check.error(
        replies(buffers(send: 0, 0, receive: 0, 0, slots: Place.scratch)), .badCapability, "reply: an empty slot")
    Check.error(awaitAnswer(), .objectGone, "call: a reply that was none")
    _ = invoke(.capabilityCopy, Place.second, 0, Place.scratch, CapabilityRights.send.rawValue)
    receiveCall(calls(receiving: Place.many | 1 << 8))
    Check.error(
        replies(buffers(send: 0, 0, receive: 0, 0, slots: Place.scratch)), .permissionDenied,
        "reply: what may not be copied")
    Check.error(awaitAnswer(), .objectGone, "call: a reply that was none")
    Check.error(invoke(.reply, 0), .noCaller, "reply: after a failed one")

    // The caller's buffer goes while it waits: it has nobody left to ask for the page.
    let page = Place.free
    _ = invoke(.memoryMap, InitialSlot.process, page, pageSize, 1)
    receiveCall(buffers(send: 0, 0, receive: page, 16, at: 8))
    _ = invoke(.memoryUnmap, InitialSlot.process, page, pageSize)
    Check.error(
        replies(buffers(send: Place.buffer, 16, receive: 0, 0)), .badAddress, "reply: the caller's page is gone")
    Check.error(awaitAnswer(), .badAddress, "call: the page for the reply is gone")

    // Who receives again without having answered gives the call up; a saved one stays, and another thread can answer
    // it.
    receiveCall(0)
    Check.error(invoke(.receive, Place.endpoint, Timeout.now), .timedOut, "receive: instead of a reply")
    Check.error(awaitAnswer(), .objectGone, "call: given up by its receiver")
    startCall(.call, label: 3, Place.endpoint, 0)
    _ = invoke(.receive, Place.endpoint)
    _ = invoke(.replySave, Place.reply)
    Check.error(invoke(.receive, Place.endpoint, Timeout.now), .timedOut, "receive: after a call that is saved")
    Check.isTrue(answer == nil, "replySave: the call waits on")
    Check.equal(invoke(.reply, label: 6, Place.reply), 0, "reply: to the saved call")
    Check.isTrue(awaitAnswer()?.tag.label == 6, "call: its saved reply")

    // A call by the one way to answer and receive at once.
    startCall(.call, label: 4, Place.endpoint)
    let received = invoke(.replyReceive, Place.endpoint)
    Check.succeeds(received, "replyReceive: nobody to answer")
    Check.isTrue(received.tag.label == 4 && received.tag.wantsReply, "replyReceive: a call's tag")
    Check.equal(invoke(.reply, label: 5, 0), 0, "reply")
    Check.isTrue(awaitAnswer()?.tag.label == 5, "call: its reply")
    for slot in [Place.scratch, Place.second, Place.thread, Place.endpoint] { _ = invoke(.capabilityDelete, slot) }
}
