import CSelfTest
import CUser
import User

/// Memory that is not there yet when a system call is given its address: the process manager supplies it.
func testMissingPages() {
    let address = Place.free + 0x10_0000
    Check.isTrue((try? Manager.reserve(address, length: 0x2_0000)) != nil, "Manager.reserve")
    let size = UInt32(MemoryLayout<MemoryInformation>.size)
    Check.equal(
        invoke(.systemInformation, ProgramSlot.system, 0, address + 0x1000 - 8, size), Int32(size),
        "systemInformation: into pages that are not there yet")
    let free = memoryInformation().freeFrames
    Check.equal(
        invoke(.memoryRead, InitialSlot.process, Place.buffer, address + 0x8000, 0x8000), 0,
        "memoryRead: into pages that are not there yet")
    Check.isTrue(memoryInformation().freeFrames < free, "memoryRead: the pages are there")
    // The structure, the bytes to send and the receive buffer of a message.
    _ = invoke(.endpointCreate, Place.endpoint)
    Check.error(
        invoke(.send, Place.endpoint, Timeout.now, address + 0x1_0000), .timedOut, "send: buffers not there yet")
    let pair = buffers(send: address + 0x1_1000, 100, receive: address + 0x1_2F00, 0x200)
    Check.error(invoke(.call, Place.endpoint, Timeout.now, pair), .timedOut, "call: bytes not there yet")
    Check.equal(
        invoke(.memoryUnmap, InitialSlot.process, address + 0x1_0000, 0x1_0000), 4, "call: the pages are there")
    _ = invoke(.capabilityDelete, Place.endpoint)
    _ = invoke(.memoryUnmap, InitialSlot.process, address, 0x2_0000)
}

/// A process whose faults come to this one.
func testFaultMessages() {
    let free = memoryInformation().freeFrames
    let code = Place.free
    let data: UInt32 = 0x3000_0000
    let badge: UInt32 = 55
    _ = invoke(.endpointCreate, Place.endpoint)
    Check.succeeds(
        invoke(.processCreate, Place.second, Place.endpoint, badge, 64, 8), "processCreate: with a handler")
    _ = invoke(.memoryMap, Place.second, code, 4096, 0)
    Check.equal(
        invoke(.memoryWrite, Place.second, code, child_code_address(), child_code_length()), 0, "memoryWrite: code")
    // The first page can only be read: the write is answered with a copy that can be written.
    _ = invoke(.memoryMap, Place.second, data, 4096, 0)
    pointer(Place.buffer)[99] = 0x5A
    _ = invoke(.memoryWrite, Place.second, data, Place.buffer, 4096)
    Check.succeeds(invoke(.threadCreate, Place.second, Place.thread, code, 0, data), "threadCreate: a child's")
    Check.equal(invoke(.threadStart, Place.thread), 0, "threadStart: a child's")

    var fault = receiveFault(badge)
    Check.isTrue(
        fault.vector == 14 && fault.errorCode == 7 && fault.address == data && fault.eip == code && fault.eax == data,
        "a fault message: a write to a read-only page")
    _ = invoke(.memoryUnmap, Place.second, data, 4096)
    _ = invoke(.memoryMap, Place.second, data, 4096, 1)
    _ = invoke(.memoryWrite, Place.second, data, Place.buffer, 4096)
    Check.equal(invoke(.reply, label: FaultReply.resume, 0), 0, "reply: to a fault")

    fault = receiveFault(badge)
    Check.isTrue(
        fault.vector == 14 && fault.errorCode == FaultRecord.systemCallFlag | 4 && fault.address == data + 0x1000,
        "a fault message: a system call's missing page")
    Check.equal(Int32(fault.eax), 17, "a fault message: the call is to be made again")
    _ = invoke(.memoryMap, Place.second, data + 0x1000, 4096, 1)
    _ = invoke(.reply, label: FaultReply.resume, 0)

    fault = receiveFault(badge)
    Check.isTrue(fault.address == data + 0x2000, "a fault message: another one")
    _ = invoke(.reply, label: FaultReply.fail, 0)
    var registers = system_call_registers()
    registers.ebx = Place.endpoint
    let tag = invoke(.receive, &registers).tag
    Check.isTrue(tag.label == MessageLabel.processEnded && registers.ebx == badge, "a process has ended")
    Check.equal(invoke(.memoryRead, Place.second, data, Place.buffer, 100), 0, "memoryRead: results")
    let results = UnsafePointer<UInt32>(bitPattern: UInt(Place.buffer))!
    Check.isTrue(results[0] == data, "a fault: the write was made again")
    Check.equal(Int32(bitPattern: results[1]), 0, "a fault: the call was made again")
    Check.error(Int32(bitPattern: results[2]), .badAddress, "a fault: the call failed")
    Check.equal(Int32(pointer(Place.buffer)[99]), 0x5A, "a fault: the copy is one")
    _ = invoke(.processDestroy, Place.second)
    for slot in [Place.thread, Place.second, Place.endpoint] { _ = invoke(.capabilityDelete, slot) }
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "processDestroy: frees what faults have brought")
}

/// A wait that ends on the same way out of the kernel on which it began: a handler ends the last thread of a process by
/// its reply, waits for the next message in the same call, and is told at once that the process has ended. Then it runs
/// on like any other; once it stood in the queue of those that are ready as well, and did not wait when it wanted to.
func testEndWhileReceiving() {
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.processCreate, Place.second, Place.endpoint, 56, 64, 8)
    _ = invoke(.threadCreate, Place.second, Place.thread, Place.free, 0, 0)
    _ = invoke(.threadStart, Place.thread)
    _ = receiveFault(56)
    let tag = invoke(.replyReceive, label: FaultReply.end, Place.endpoint).tag
    Check.isTrue(tag.label == MessageLabel.processEnded, "replyReceive: the process that it has ended")
    Check.error(invoke(.receive, Place.endpoint, 5), .timedOut, "receive: waits, after it was told at once")
    Check.error(invoke(.receive, Place.endpoint, 5), .timedOut, "receive: waits again")
    _ = invoke(.processDestroy, Place.second)
    for slot in [Place.thread, Place.second, Place.endpoint] { _ = invoke(.capabilityDelete, slot) }
}

/// Receives a fault message with the badge; with `afterEnd`, passes over the message that the process had no thread.
func receiveFault(_ badge: UInt32, afterEnd: Bool = false) -> FaultRecord {
    var record = FaultRecord()
    var registers = system_call_registers()
    registers.ebx = Place.endpoint
    registers.edx = withUnsafeMutablePointer(to: &record) { pointer in
        buffers(send: 0, 0, receive: UInt32(UInt(bitPattern: pointer)), UInt32(MemoryLayout<FaultRecord>.size), at: 8)
    }
    var tag = invoke(.receive, &registers).tag
    if afterEnd, tag.label == MessageLabel.processEnded {
        registers.ebx = Place.endpoint
        tag = invoke(.receive, &registers).tag
    }
    Check.isTrue(tag.label == MessageLabel.fault && tag.wantsReply && registers.ebx == badge, "a fault message")
    Check.equal(Int32(tag.length), Int32(MemoryLayout<FaultRecord>.size), "a fault message: its record")
    return record
}

nonisolated(unsafe) private var wasResumed = false

@c(self_test_faulting)
func faulting() {
    memory_write32(Place.free + 0x40_0000, 7)
    wasResumed = true
    User.Thread.exit()
}

/// A thread whose faults go to a handler of its own instead of the process manager.
func testThreadHandler() {
    let setting = ThreadSetting.handler.rawValue
    _ = invoke(.endpointCreate, Place.endpoint)
    let entry = UInt32(
        UInt(bitPattern: unsafeBitCast(faulting as @convention(c) () -> Void, to: UnsafeRawPointer.self)))
    _ = invoke(.capabilityDelete, Place.thread)
    _ = invoke(.threadCreate, InitialSlot.process, Place.thread, entry, Place.stack + 0x4000, 0)
    Check.error(
        invoke(.threadConfigure, Place.thread, setting, InitialSlot.process, 1), .badCapability,
        "threadConfigure: not an endpoint")
    Check.equal(invoke(.threadConfigure, Place.thread, setting, Place.endpoint, 99), 0, "threadConfigure: a handler")
    wasResumed = false
    _ = invoke(.threadStart, Place.thread)
    let fault = receiveFault(99)
    Check.isTrue(
        fault.vector == 14 && fault.errorCode == 6 && fault.address == Place.free + 0x40_0000,
        "threadConfigure: faults go to the handler")
    Check.error(invoke(.threadCancel, Place.thread), .badState, "threadCancel: a fault is no wait of the thread's")
    _ = invoke(.memoryMap, InitialSlot.process, Place.free + 0x40_0000, 4096, 1)
    _ = invoke(.reply, label: FaultReply.resume, 0)
    while !wasResumed { _ = invoke(.sleep, 0, 1) }
    Check.equal(Int32(pointer(Place.free + 0x40_0000)[0]), 7, "reply: the thread goes on")
    _ = invoke(.memoryUnmap, InitialSlot.process, Place.free + 0x40_0000, 4096)

    // The handler's other answer.
    _ = invoke(.capabilityDelete, Place.thread)
    _ = invoke(.threadCreate, InitialSlot.process, Place.thread, entry, Place.stack + 0x4000, 0)
    Check.equal(invoke(.threadConfigure, Place.thread, setting, Place.endpoint, 98), 0, "threadConfigure: a handler")
    wasResumed = false
    _ = invoke(.threadStart, Place.thread)
    _ = receiveFault(98)
    Check.equal(invoke(.reply, label: FaultReply.end, 0), 0, "reply: to a fault, the end")
    Check.error(invoke(.threadStart, Place.thread), .objectGone, "reply: ends the thread")
    Check.isTrue(!wasResumed, "reply: it did not go on")
    _ = invoke(.capabilityDelete, Place.endpoint)
}
