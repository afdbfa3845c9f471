import CSelfTest
import CUser
import User

// Faults whose handler changes the thread's registers.

nonisolated(unsafe) private var flags: UInt32 = 0
nonisolated(unsafe) private var value: UInt32 = 0

@c(self_test_undefined)
func undefined() {
    withUnsafeMutablePointer(to: &flags) { value = undefined_instruction(1234, $0) }
    User.Thread.exit()
}

/// Starts a second thread whose faults come to `Place.endpoint`.
func startHandled(_ entry: @convention(c) () -> Void) {
    _ = invoke(.capabilityDelete, Place.thread)
    let address = UInt32(UInt(bitPattern: unsafeBitCast(entry, to: UnsafeRawPointer.self)))
    _ = invoke(.threadCreate, InitialSlot.process, Place.thread, address, Place.stack + 0x4000, 0)
    Check.equal(
        invoke(.threadConfigure, Place.thread, ThreadSetting.handler.rawValue, Place.endpoint, 21), 0,
        "threadConfigure: a handler")
    Check.equal(invoke(.threadStart, Place.thread), 0, "threadStart: with a handler")
}

/// Answers a fault with other registers; `length` of the record's bytes.
private func reply(_ record: FaultRecord, length: UInt32 = UInt32(MemoryLayout<FaultRecord>.size)) {
    var record = record
    withUnsafeMutablePointer(to: &record) { pointer in
        let address = buffers(send: UInt32(UInt(bitPattern: pointer)), length, receive: 0, 0, at: 9)
        Check.equal(invoke(.reply, label: FaultReply.change, 0, 0, address), 0, "reply: other registers")
    }
}

/// A handler that emulates an instruction, and executes the next as a single step.
func testChangedRegisters() {
    _ = invoke(.endpointCreate, Place.endpoint)
    flags = 0
    value = 0
    startHandled(undefined)
    var fault = receiveFault(21)
    let start = fault.eip
    Check.isTrue(fault.vector == 6 && fault.eax == 1234, "a fault message: an undefined instruction")
    fault.eip += 2
    fault.eax = 77
    // All of them, of which user code may not have IOPL, NT, VM and the end of IF.
    fault.eflags = 0xFFFF_FDFF
    reply(fault)
    fault = receiveFault(21)
    Check.isTrue(fault.vector == 1 && fault.eip == start + 3, "a fault message: a single step")
    Check.isTrue(fault.eax == 77, "reply: the registers")
    fault.eflags = 0
    reply(fault)
    giveWay { value != 0 }
    Check.equal(Int32(value), 77, "reply: the thread goes on with them")
    Check.equal(Int32(flags & 0x6_7700), 0x4_0700, "reply: the flags that user code may have")

    // Without registers in it, there is nothing to go on with.
    startHandled(undefined)
    fault = receiveFault(21)
    reply(fault, length: 71)
    giveWay { invoke(.threadStart, Place.thread) == KernelError.objectGone }
    Check.error(invoke(.threadStart, Place.thread), .objectGone, "reply: not the registers")
    for slot in [Place.thread, Place.endpoint] { _ = invoke(.capabilityDelete, slot) }
}
