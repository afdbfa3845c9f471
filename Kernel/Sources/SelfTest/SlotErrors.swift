import CUser
import User

/// What calls answer when a capability is not as it must be: the same of all that act on objects of one kind.
func testSlots() {
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.notificationCreate, Place.second)
    let copyOnly = CapabilityRights.copy.rawValue

    // Processes.
    let process = Place.many
    let weak = Place.many + 1
    let processCalls: InlineArray<7, SystemCall> = [
        .memoryMap, .memoryUnmap, .memoryWrite, .memoryRead, .memoryUnshare, .threadCreate, .processDestroy,
    ]
    Check.succeeds(invoke(.processCreate, process, 0, 0, 64), "processCreate: for wrong calls")
    _ = invoke(.capabilityCopy, process, 0, weak, copyOnly)
    for index in processCalls.indices {
        testKinds(processCalls[index], wrong: Place.endpoint, weak: weak)
    }
    Check.error(
        invoke(.capabilityCopy, Place.endpoint, weak, 20, copyOnly), .permissionDenied,
        "capabilityCopy: process's right")
    testMemoryAttach(process: process, weak: weak)
    Check.error(
        invoke(.processCreate, Place.scratch, 0, 0, 64, ebp: weak), .permissionDenied, "processCreate: account's right")
    _ = invoke(.processDestroy, process)
    for index in processCalls.indices {
        Check.error(processCalls[index], process, .objectGone, "a process that is destroyed")
    }
    Check.error(
        invoke(.capabilityCopy, Place.endpoint, process, 20, copyOnly), .objectGone, "capabilityCopy: destroyed process"
    )
    Check.error(
        invoke(.processCreate, Place.scratch, 0, 0, 64, ebp: process), .objectGone,
        "processCreate: below a destroyed one")

    // Threads.
    let thread = Place.many + 2
    let threadCalls: InlineArray<4, SystemCall> = [.threadStart, .threadCancel, .threadConfigure, .threadDestroy]
    _ = invoke(.threadCreate, InitialSlot.process, thread, 0, 0)
    _ = invoke(.capabilityCopy, thread, 0, Place.many + 3, copyOnly)
    for index in threadCalls.indices {
        testKinds(threadCalls[index], wrong: InitialSlot.process, weak: Place.many + 3)
    }
    _ = invoke(.threadDestroy, thread)
    for index in threadCalls.indices { Check.error(threadCalls[index], thread, .objectGone, "a thread that has ended") }

    // Endpoints and notifications, for who may only do the other thing.
    let receiver = Place.many + 4
    let sender = Place.many + 5
    _ = invoke(.capabilityCopy, Place.endpoint, 0, receiver, CapabilityRights.receive.rawValue)
    _ = invoke(.capabilityCopy, Place.endpoint, 0, sender, CapabilityRights.send.rawValue)
    testKinds(.send, wrong: Place.second, weak: receiver)
    testKinds(.call, wrong: Place.second, weak: receiver)
    testKinds(.receive, wrong: Place.second, weak: sender)
    testKinds(.replyReceive, wrong: Place.second, weak: sender)
    for slot in [receiver, sender] { _ = invoke(.capabilityDelete, slot) }
    _ = invoke(.capabilityCopy, Place.second, 0, receiver, CapabilityRights.receive.rawValue)
    _ = invoke(.capabilityCopy, Place.second, 0, sender, CapabilityRights.send.rawValue)
    testKinds(.notificationSignal, wrong: Place.endpoint, weak: receiver)
    testKinds(.notificationWait, wrong: Place.endpoint, weak: sender)
    testKinds(.notificationBind, wrong: Place.endpoint, weak: sender)
    _ = invoke(.capabilityCopy, Place.endpoint, 0, Place.many + 6, CapabilityRights.receive.rawValue)
    Check.error(
        invoke(.notificationBind, Place.second, Place.many + 6, 1), .permissionDenied,
        "notificationBind: endpoint's right")
    Check.error(
        invoke(.processCreate, Place.scratch, Place.many + 6, 0, 64), .permissionDenied,
        "processCreate: endpoint's right")

    // Authorities.
    _ = invoke(.capabilityCopy, ProgramSlot.system, 0, Place.many + 7, copyOnly)
    testKinds(.systemInformation, wrong: Place.endpoint, weak: Place.many + 7)
    testKinds(.shutdown, wrong: Place.endpoint, weak: Place.many + 7)

    // What shall be filled.
    for call in [.processCreate, .endpointCreate, .notificationCreate, .replySave] as [SystemCall] {
        for slot in [0, 256, 0xFFFF_FFFF] as [UInt32] { Check.error(call, slot, .badSlot, "a slot that is none") }
        Check.error(call, Place.endpoint, .slotOccupied, "a slot that is occupied")
    }
    for slot in Place.many..<Place.many + 8 { _ = invoke(.capabilityDelete, slot) }
    for slot in [Place.endpoint, Place.second] { _ = invoke(.capabilityDelete, slot) }
}

extension Check {
    /// Expects an error of a call that would be right but for its slot.
    fileprivate static func error(_ call: SystemCall, _ slot: UInt32, _ expected: KernelError, _ what: StaticString) {
        let answer =
            switch call {
            case .memoryMap, .memoryUnmap, .memoryUnshare: invoke(call, slot, Place.free, pageSize, 0)
            case .memoryWrite, .memoryRead: invoke(call, slot, Place.buffer, Place.buffer, 16)
            case .threadCreate: invoke(call, slot, Place.scratch, 0, 0)
            case .threadConfigure: invoke(call, slot, ThreadSetting.priority.rawValue, 1)
            case .send, .call, .receive, .replyReceive: invoke(call, slot, Timeout.now)
            case .notificationSignal: invoke(call, slot, 1)
            case .notificationWait: invoke(call, slot, Timeout.now)
            case .notificationBind: invoke(call, slot, Place.endpoint, 1)
            case .systemInformation: invoke(call, slot, 0, Place.buffer, 4096)
            case .processCreate: invoke(call, slot, 0, 0, 64)
            default: invoke(call, slot)
            }
        error(answer, expected, what)
    }
}

/// Tries slots that are none, an empty one, one of another kind (`wrong`), and a capability without the right (`weak`).
private func testKinds(_ call: SystemCall, wrong: UInt32, weak: UInt32) {
    for slot in [0, 256, 0xFFFF_FFFF, Place.scratch, wrong] as [UInt32] {
        Check.error(call, slot, .badCapability, "a slot without what the call needs")
    }
    Check.error(call, weak, .permissionDenied, "a capability without the right")
}

/// The only call that wants a process and a memory object.
private func testMemoryAttach(process: UInt32, weak: UInt32) {
    let object = Place.many + 8
    let there = Place.free
    _ = invoke(.memoryCreate, object, pageSize)
    for slot in [0, 256, Place.scratch, Place.endpoint] as [UInt32] {
        Check.error(
            invoke(.memoryAttach, slot, there, pageSize, object, 0), .badCapability, "memoryAttach: no process")
    }
    Check.error(
        invoke(.memoryAttach, process, there, pageSize, Place.scratch, 0), .badCapability, "memoryAttach: no object")
    Check.error(invoke(.memoryAttach, weak, there, pageSize, object, 0), .permissionDenied, "memoryAttach: right")
    // What is mapped read-only is not this process's to write, not even through the kernel.
    Check.equal(invoke(.memoryAttach, process, there, pageSize, object, 0), 0, "memoryAttach: read-only")
    Check.error(
        invoke(.memoryWrite, process, there, Place.buffer, 16), .badAddress,
        "memoryWrite: to an object's read-only page")
    Check.succeeds(invoke(.processCreate, Place.many + 9, 0, 0, 64), "processCreate: to be destroyed")
    _ = invoke(.processDestroy, Place.many + 9)
    Check.error(
        invoke(.memoryAttach, Place.many + 9, there, pageSize, object, 0), .objectGone,
        "memoryAttach: destroyed process")
    for slot in [object, Place.many + 9] { _ = invoke(.capabilityDelete, slot) }
}
