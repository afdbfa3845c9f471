import CSelfTest
import CUser
import User

/// Copies of copies, and what revoking one of them leaves.
func testRevocation() {
    let all = CapabilityRights.all.rawValue
    _ = invoke(.endpointCreate, Place.endpoint)
    // endpoint - 110 - 111 - 112, and endpoint - 113
    Check.equal(invoke(.capabilityCopy, Place.endpoint, 0, Place.many, all), 0, "capabilityCopy: a child")
    for index: UInt32 in 0..<2 {
        let copied = invoke(.capabilityCopy, Place.many + index, 0, Place.many + index + 1, all)
        Check.equal(copied, 0, "capabilityCopy: a grandchild")
    }
    Check.equal(invoke(.capabilityCopy, Place.endpoint, 0, Place.many + 3, all), 0, "capabilityCopy: another child")
    Check.error(invoke(.capabilityRevoke, 0), .badCapability, "capabilityRevoke: slot 0")
    Check.error(invoke(.capabilityRevoke, Place.scratch), .badCapability, "capabilityRevoke: empty")
    // 112 becomes a child of 110 when 111 is gone, and goes with 110's.
    _ = invoke(.capabilityDelete, Place.many + 1)
    Check.equal(invoke(.capabilityRevoke, Place.many), 0, "capabilityRevoke")
    Check.error(invoke(.capabilityDelete, Place.many + 2), .badCapability, "capabilityRevoke: what was derived is gone")
    Check.error(invoke(.receive, Place.many, Timeout.now), .timedOut, "capabilityRevoke: the capability stays")
    Check.error(invoke(.receive, Place.many + 3, Timeout.now), .timedOut, "capabilityRevoke: a sibling stays")
    _ = invoke(.capabilityCopy, Place.many, 0, Place.many + 1, all)
    Check.equal(invoke(.capabilityRevoke, Place.endpoint), 0, "capabilityRevoke: the root")
    for index: UInt32 in [0, 1, 3] {
        Check.error(invoke(.receive, Place.many + index), .badCapability, "capabilityRevoke: all of them")
    }

    // More copies than are deleted at once.
    var slot = Place.many
    while slot < capabilitySlotCount {
        _ = invoke(.capabilityCopy, slot == Place.many ? Place.endpoint : slot - 1, 0, slot, all)
        slot += 1
    }
    Check.equal(invoke(.capabilityRevoke, Place.endpoint), 0, "capabilityRevoke: many")
    var left: UInt32 = 0
    for slot in Place.many..<capabilitySlotCount where invoke(.capabilityDelete, slot).value == 0 { left += 1 }
    Check.equal(Int32(left), 0, "capabilityRevoke: many, all of them")
    _ = invoke(.capabilityDelete, Place.endpoint)
}

/// Receives capabilities into slots from `Place.many` on, and answers with the label of how many there were.
@c(self_test_collector)
func collector() {
    var registers = system_call_registers()
    registers.ebx = Place.endpoint
    registers.edx = buffers(send: 0, 0, receive: 0, 0, receiveSlots: Place.many | 3 << 8, at: 8)
    var tag = invoke(.receive, &registers).tag
    while tag.label != 99 {
        registers.ebx = Place.endpoint
        // The answer gives the first one back.
        let back = tag.capabilities > 0 ? Place.many : 0
        registers.edx = buffers(send: 0, 0, receive: 0, 0, slots: back, receiveSlots: Place.many | 3 << 8, at: 8)
        let label = 10 + tag.capabilities
        tag = invoke(.replyReceive, label: label, &registers).tag
        if Int32(bitPattern: tag.rawValue) < 0 { tag = MessageTag(label: 99, length: 0, wantsReply: false) }
    }
    User.Thread.exit()
}

func testCapabilitiesInMessages() {
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.notificationCreate, Place.second)
    _ = invoke(.capabilityCopy, Place.second, 0, Place.scratch, CapabilityRights.send.rawValue, 6)
    start(collector)
    func call(_ slots: UInt32, receive: UInt32 = 0, timeout: UInt32 = 0) -> Answer {
        let address = buffers(send: 0, 0, receive: 0, 0, slots: slots, receiveSlots: receive)
        return invoke(.call, label: 1, Place.endpoint, timeout, address)
    }
    Check.error(call(Place.scratch), .permissionDenied, "call: a capability that may not be copied")
    Check.error(call(Place.reply), .badCapability, "call: an empty slot")
    let four = Place.second | Place.second << 8 | Place.second << 16 | Place.second << 24
    Check.error(call(four), .bufferTooSmall, "call: more capabilities than the receiver takes")
    let tag = call(Place.second, receive: Place.otherReply | 1 << 8).tag
    Check.isTrue(tag.label == 11 && tag.capabilities == 1, "call: a capability there and back")
    Check.equal(invoke(.notificationSignal, Place.many, 1), 0, "receive: the capability is there")
    Check.equal(invoke(.notificationSignal, Place.otherReply, 2), 0, "call: the answer's capability is there")
    Check.equal(invoke(.notificationWait, Place.second, Timeout.now), 0, "receive: it is the same object")

    // The receiver's slots are full now; that is the receiver's fault, which it learns, and nobody hears the caller.
    Check.error(call(Place.second, timeout: 20), .timedOut, "call: the receiver has no room")
    Check.equal(invoke(.capabilityRevoke, Place.second), 0, "capabilityRevoke: what went by message")
    Check.error(invoke(.notificationSignal, Place.many, 1), .badCapability, "capabilityRevoke: in the receiver")
    Check.error(invoke(.notificationSignal, Place.otherReply, 1), .badCapability, "capabilityRevoke: and back")
    for slot in [Place.scratch, Place.second, Place.endpoint, Place.thread] { _ = invoke(.capabilityDelete, slot) }
}

/// Processes of a process that has a limit itself.
func testChildren() {
    let free = memoryInformation().freeFrames
    Check.error(invoke(.processCreate, Place.second, 0, 0, 2), .quotaExceeded, "processCreate: too little")
    Check.error(invoke(.processCreate, Place.second, Place.scratch, 0, 64), .badCapability, "processCreate: endpoint")
    Check.succeeds(invoke(.processCreate, Place.second, 0, 0, 64), "processCreate")
    Check.equal(invoke(.memoryMap, Place.second, Place.buffer, 0x1_0000, 1), 0, "memoryMap: in another process")
    Check.error(
        invoke(.memoryMap, Place.second, Place.buffer + 0x10_0000, 0x10_0000, 1), .quotaExceeded,
        "memoryMap: beyond the other's limit")
    Check.equal(invoke(.memoryWrite, Place.second, Place.buffer + 5, Place.buffer, 100), 0, "memoryWrite: to another")
    pointer(Place.buffer + 0x2000)[7] = 0xAA
    Check.equal(
        invoke(.memoryRead, Place.second, Place.buffer + 5, Place.buffer + 0x2000, 100), 0, "memoryRead: from another")
    Check.isTrue(pointer(Place.buffer + 0x2000)[7] == pointer(Place.buffer)[7], "memoryRead: contents")
    Check.succeeds(
        invoke(.threadCreate, Place.second, Place.scratch, Place.buffer, Place.buffer), "threadCreate: in another")
    // An endpoint in the child's table that is charged to this process; the child's own end takes it out.
    _ = invoke(.endpointCreate, Place.endpoint)
    Check.equal(invoke(.capabilityCopy, Place.endpoint, Place.second, 9, 31, 3), 0, "capabilityCopy: to another")
    Check.error(
        invoke(.capabilityCopy, Place.endpoint, Place.second, 9, 31, 3), .slotOccupied, "capabilityCopy: to another")
    Check.equal(invoke(.processDestroy, Place.second), 0, "processDestroy")
    Check.error(invoke(.processDestroy, Place.second), .objectGone, "processDestroy: twice")
    Check.error(invoke(.threadStart, Place.scratch), .objectGone, "threadStart: its process is gone")
    Check.error(invoke(.memoryMap, Place.second, Place.buffer, 4096, 1), .objectGone, "memoryMap: gone")
    for slot in [Place.second, Place.scratch, Place.endpoint] { _ = invoke(.capabilityDelete, slot) }
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "processDestroy: frees all its frames")
}

/// A process goes with the one that created it, and its own capability to itself with its creator's.
func testCreators() {
    let free = memoryInformation().freeFrames
    let system = System(slot: ProgramSlot.system)
    let code = Place.free
    _ = invoke(.endpointCreate, Place.endpoint)
    let child = invoke(.processCreate, Place.second, Place.endpoint, 66, 64, 8)
    _ = invoke(.memoryMap, Place.second, code, pageSize, 0)
    _ = invoke(.memoryWrite, Place.second, code, creating_code_address(), creating_code_length())
    _ = invoke(.threadCreate, Place.second, Place.thread, code, 0, 0)
    _ = invoke(.threadStart, Place.thread)
    Check.isTrue(invoke(.receive, Place.endpoint).tag.label == MessageLabel.processEnded, "processCreate: by a child")
    let grandchild = (try? system.process(from: UInt32(bitPattern: child.value) + 1))?.process
    Check.isTrue(grandchild != nil, "processCreate: the child's child is there")
    Check.equal(invoke(.processDestroy, Place.second), 0, "processDestroy: who has created another")
    Check.isTrue((try? system.process(from: grandchild ?? 0)) == nil, "processDestroy: with those that it has created")
    for slot in [Place.thread, Place.second] { _ = invoke(.capabilityDelete, slot) }
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free) - 1, "processDestroy: all but the endpoint's frame")

    // Its own slot is derived from this one: the child, whose first call is for it, cannot do anything without.
    _ = invoke(.processCreate, Place.second, Place.endpoint, 67, 64, 8)
    _ = invoke(.memoryMap, Place.second, code, pageSize, 0)
    _ = invoke(.memoryMap, Place.second, Place.buffer, pageSize, 1)
    _ = invoke(.memoryWrite, Place.second, code, own_slot_code_address(), own_slot_code_length())
    Check.equal(invoke(.capabilityRevoke, Place.second), 0, "capabilityRevoke: a process")
    _ = invoke(.threadCreate, Place.second, Place.thread, code, 0, Place.buffer)
    _ = invoke(.threadStart, Place.thread)
    Check.isTrue(
        invoke(.receive, Place.endpoint).tag.label == MessageLabel.processEnded, "capabilityRevoke: it runs on")
    Check.equal(invoke(.memoryRead, Place.second, Place.buffer, Place.buffer, 4), 0, "memoryRead: a child's result")
    let result = UnsafePointer<Int32>(bitPattern: UInt(Place.buffer))!.pointee
    Check.error(result, .badCapability, "capabilityRevoke: the process's own slot too")
    _ = invoke(.processDestroy, Place.second)
    for slot in [Place.thread, Place.second, Place.endpoint] { _ = invoke(.capabilityDelete, slot) }
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "processDestroy: frees all of it")
}

/// A limit is one for a process and all that are below it, whatever limits those have.
func testLimitsOfMany() {
    let free = memoryInformation().freeFrames
    Check.succeeds(invoke(.processCreate, Place.second, 0, 0, 0), "processCreate: without a limit of its own")
    Check.succeeds(invoke(.processCreate, Place.scratch, 0, 0, 0x10_0000), "processCreate: with a higher one")
    var address = Place.plenty
    var result = Answer(call: .memoryMap, value: 0)
    while result.value == 0, address < Place.plentyEnd {
        // By turns, so that neither uses up the limit alone.
        let slot = address & 0x10_0000 == 0 ? Place.second : Place.scratch
        result = invoke(.memoryMap, slot, address, 0x10_0000, 1)
        address += 0x10_0000
    }
    Check.error(result, .quotaExceeded, "memoryMap: in children, until it fails")
    // Where there is a page table.
    Check.error(
        invoke(.memoryMap, InitialSlot.process, Place.free, 0x10_0000, 1), .quotaExceeded,
        "memoryMap: children have used it up")
    Check.equal(invoke(.processDestroy, Place.second), 0, "processDestroy: a large one")
    Check.equal(invoke(.processDestroy, Place.scratch), 0, "processDestroy: another")
    for slot in [Place.second, Place.scratch] { _ = invoke(.capabilityDelete, slot) }
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "processDestroy: gives the account back")

    // Below one another: a frame counts in each.
    var registers = system_call_registers()
    var depth: UInt32 = 0
    repeat {
        registers = system_call_registers()
        registers.ebx = Place.many + depth
        registers.esi = 0x1000
        registers.ebp = depth == 0 ? 0 : Place.many + depth - 1
        result = invoke(.processCreate, &registers)
        if result.value > 0 { depth += 1 }
    } while result.value > 0 && depth < 40
    Check.error(result, .quotaExceeded, "processCreate: too many limits below one another")
    Check.equal(Int32(depth), 15, "processCreate: below one another")
    registers.ebp = Place.stack
    Check.error(invoke(.processCreate, &registers), .badCapability, "processCreate: below nobody")
    // From the top: what is below outlives it, and still counts.
    for index in 0..<depth {
        Check.equal(invoke(.processDestroy, Place.many + index), 0, "processDestroy: with others below")
        _ = invoke(.capabilityDelete, Place.many + index)
    }
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "processDestroy: the accounts end too")
}
