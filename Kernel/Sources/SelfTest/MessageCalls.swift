import CUser
import User

/// Puts a `MessageBuffers` into a page of its own; returns its address.
func buffers(
    send: UInt32, _ sendLength: UInt32, receive: UInt32, _ capacity: UInt32, slots: UInt32 = 0,
    receiveSlots: UInt32 = 0, at index: UInt32 = 0
) -> UInt32 {
    let address = Place.stack + index * 32  // the lowest part of the second thread's stack, which it never reaches
    UnsafeMutablePointer<MessageBuffers>(bitPattern: UInt(address))?.pointee = MessageBuffers(
        sendAddress: send, sendLength: sendLength, receiveAddress: receive, receiveCapacity: capacity,
        sendSlots: slots, receiveSlots: receiveSlots)
    return address
}

func testMessageErrors() {
    _ = invoke(.endpointCreate, Place.endpoint)
    for call in [.send, .call] as [SystemCall] {
        Check.error(invoke(call, 0), .badCapability, "send: slot 0")
        Check.error(invoke(call, InitialSlot.process), .badCapability, "send: not an endpoint")
        Check.error(invoke(call, Place.endpoint, Timeout.now), .timedOut, "send: nobody receives")
        Check.error(invoke(call, Place.endpoint, 3), .timedOut, "send: nobody receives in time")
        let long = buffers(send: Place.buffer, maximumMessageLength + 1, receive: 0, 0)
        Check.error(invoke(call, Place.endpoint, 0, long), .badArgument, "send: length")
        for index in 1..<6 {  // 0 is no address: no buffers
            Check.error(invoke(call, Place.endpoint, 0, Place.bad[index]), .badAddress, "send: buffers")
        }
    }
    for index in 1..<6 {
        Check.error(invoke(.receive, Place.endpoint, 0, Place.bad[index]), .badAddress, "receive: buffers")
    }
    Check.error(invoke(.reply, 0), .noCaller, "reply: nobody called")
    Check.error(invoke(.reply, Place.endpoint), .badCapability, "reply: not a reply capability")
    Check.error(invoke(.replySave, Place.reply), .noCaller, "replySave: nobody called")
    Check.error(invoke(.replySave, Place.endpoint), .slotOccupied, "replySave: occupied")
    _ = invoke(.capabilityDelete, Place.endpoint)
}

/// A server: answers with the label plus one, the words plus the badge, and the bytes it got.
@c(self_test_echo)
func echo() {
    let half = Place.buffer + Place.bufferLength / 2
    var registers = system_call_registers()
    registers.ebx = Place.endpoint
    registers.edx = buffers(send: half, 0, receive: half, maximumMessageLength, at: 8)
    var tag = invoke(.receive, &registers).tag
    while tag.label != 99 {
        let badge = registers.ebx
        registers.ebx = Place.endpoint
        let label = tag.label + 1
        registers.edx = buffers(send: half, tag.length, receive: half, maximumMessageLength, at: 8)
        registers.esi &+= badge
        registers.edi &+= badge
        registers.ebp &+= badge
        tag = invoke(.replyReceive, label: label, &registers).tag
    }
    // The last caller gets no answer: the server ends.
    User.Thread.exit()
}

func testMessages() {
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.capabilityCopy, Place.endpoint, 0, Place.second, CapabilityRights.all.rawValue, 1000)
    Check.equal(invoke(.capabilityCopy, Place.second, 0, Place.scratch, 31, 5), 0, "capabilityCopy: of a badged one")
    start(echo)
    var registers = system_call_registers()
    for length in [0, 1, 16, 4095, 4096, 4097, 65535, 65536] as [UInt32] {
        for index in 0..<Int(length) { pointer(Place.buffer)[index] = UInt8(truncatingIfNeeded: index &* 13 &+ 1) }
        registers.ebx = Place.second
        registers.edx = buffers(send: Place.buffer, length, receive: Place.buffer, maximumMessageLength)
        registers.esi = 1
        registers.edi = 2
        registers.ebp = 0xFFFF_FFFF
        let tag = invoke(.call, label: 41, &registers).tag
        Check.equal(Int32(tag.label), 42, "call: label")
        Check.equal(Int32(tag.length), Int32(length), "call: length")
        Check.isTrue(!tag.wantsReply, "call: a reply wants none")
        Check.isTrue(
            registers.ebx == 0 && registers.esi == 1001 && registers.edi == 1002 && registers.ebp == 999, "call: words")
        var isSame = true
        for index in 0..<Int(length) where pointer(Place.buffer)[index] != UInt8(truncatingIfNeeded: index &* 13 &+ 1) {
            isSame = false
        }
        Check.isTrue(isSame, "call: bytes")
    }
    registers.ebx = Place.scratch
    registers.edx = 0
    registers.esi = 0
    _ = invoke(.call, label: 1, &registers)
    Check.equal(Int32(registers.esi), 1000, "call: a badge is kept")

    // Bad buffers on either side hurt only their owner; the server goes on.
    let tooSmall = buffers(send: Place.buffer, 100, receive: Place.buffer, 99)
    Check.error(invoke(.call, label: 1, Place.endpoint, 0, tooSmall), .bufferTooSmall, "call: reply buffer too small")
    for index in 0..<6 {
        let badSend = buffers(send: Place.bad[index], 16, receive: Place.buffer, 16)
        Check.error(invoke(.call, label: 1, Place.endpoint, 0, badSend), .badAddress, "call: send buffer")
        let badReceive = buffers(send: Place.buffer, 16, receive: Place.bad[index], 16)
        Check.error(invoke(.call, label: 1, Place.endpoint, 0, badReceive), .badAddress, "call: receive buffer")
    }
    let readOnly = buffers(send: Place.buffer, 16, receive: Place.readOnly, 16)
    Check.error(invoke(.call, label: 1, Place.endpoint, 0, readOnly), .badAddress, "call: read-only receive buffer")
    Check.equal(invoke(.send, label: 5, Place.endpoint), 0, "send")
    Check.succeeds(invoke(.call, label: 1, Place.endpoint), "call: the server lives")
    Check.error(invoke(.call, label: 99, Place.endpoint), .objectGone, "call: the server ended without an answer")
    _ = invoke(.capabilityDelete, Place.second)
    _ = invoke(.capabilityDelete, Place.scratch)
    _ = invoke(.capabilityDelete, Place.endpoint)
}

/// A client: makes a call and notes what came back.
@c(self_test_client)
func client() {
    answer = invoke(.call, label: 3, Place.endpoint)
    User.Thread.exit()
}

func testReplies() {
    _ = invoke(.endpointCreate, Place.endpoint)
    answer = nil
    start(client)
    let tag = invoke(.receive, Place.endpoint).tag
    Check.isTrue(tag.label == 3 && tag.wantsReply && tag.length == 0, "receive: tag")
    Check.equal(invoke(.replySave, Place.reply), 0, "replySave")
    Check.error(invoke(.reply, 0), .noCaller, "reply: saved already")
    Check.error(
        invoke(.capabilityCopy, Place.reply, 0, Place.otherReply, 31), .permissionDenied, "capabilityCopy: a reply")
    Check.isTrue(answer == nil, "call: waits")
    Check.equal(invoke(.reply, label: 77, Place.reply), 0, "reply: saved")
    Check.error(invoke(.reply, label: 77, Place.reply), .badCapability, "reply: used up")
    giveWay { answer != nil }
    Check.equal(Int32(answer?.tag.label ?? 0), 77, "reply: label")

    // A saved reply that is deleted, and a call that is dropped by receiving again.
    answer = nil
    start(client)
    _ = invoke(.receive, Place.endpoint)
    _ = invoke(.replySave, Place.reply)
    Check.equal(invoke(.capabilityDelete, Place.reply), 0, "capabilityDelete: a reply")
    giveWay { answer != nil }
    Check.error(answer, .objectGone, "call: reply deleted")

    // A caller that is destroyed takes its saved reply along.
    answer = nil
    start(client)
    _ = invoke(.receive, Place.endpoint)
    _ = invoke(.replySave, Place.reply)
    Check.equal(invoke(.threadDestroy, Place.thread), 0, "threadDestroy: a caller")
    Check.error(invoke(.reply, Place.reply), .badCapability, "reply: the caller is gone")
    start(client)
    _ = invoke(.receive, Place.endpoint)
    Check.equal(invoke(.threadDestroy, Place.thread), 0, "threadDestroy: a caller")
    Check.error(invoke(.reply, 0), .noCaller, "reply: the caller is gone")
    _ = invoke(.capabilityDelete, Place.endpoint)
}

/// An endpoint that ends while somebody waits.
func testEnds() {
    _ = invoke(.endpointCreate, Place.endpoint)
    answer = nil
    settle(start(client))
    Check.isTrue(answer == nil, "call: waits for a receiver")
    _ = invoke(.capabilityDelete, Place.endpoint)
    giveWay { answer != nil }
    Check.error(answer, .objectGone, "call: endpoint deleted")
    _ = invoke(.capabilityDelete, Place.thread)
}
