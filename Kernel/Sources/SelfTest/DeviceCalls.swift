import CSelfTest
import CUser
import User

// What only the first process can try: it has the authorities that the process manager has.

private var copyOnly: UInt32 { CapabilityRights.copy.rawValue }

/// The MC146818's registers, by its ports 70h and 71h.
private enum RealTimeClock {
    static func read(_ register: UInt8) -> UInt8 {
        port_write8(0x70, register)
        return port_read8(0x71)
    }

    static func write(_ register: UInt8, _ value: UInt8) {
        port_write8(0x70, register)
        port_write8(0x71, value)
    }

    /// Its interrupt line.
    static var line: UInt32 { 8 }

    /// Periodic interrupts, 1024 a second. Motorola MC146818A data sheet, "Register A", "Register B".
    static func setPeriodic(_ isOn: Bool) {
        write(0x0A, read(0x0A) & 0xF0 | 6)
        write(0x0B, isOn ? read(0x0B) | 0x40 : read(0x0B) & 0xBF)
        acknowledge()
    }

    /// Reading register C lets the next interrupt come.
    static func acknowledge() { _ = read(0x0C) }
}

private func bind(
    _ number: UInt32, _ target: UInt32, _ badge: UInt32 = 0x100, authority: UInt32 = InitialSlot.interrupts,
    in slot: UInt32 = Place.scratch
) -> Answer {
    invoke(.interruptBind, authority, number, target, badge, slot)
}

/// Waits for the notification; the bits, or the error.
private func wait(_ milliseconds: UInt32) -> (result: Answer, bits: UInt32) {
    var registers = system_call_registers()
    registers.ebx = Place.second
    registers.ecx = milliseconds
    let result = invoke(.notificationWait, &registers)
    return (result, registers.ebx)
}

/// An interrupt line whose device really interrupts: as bits of a notification, and as messages.
func testInterrupts() {
    let authority = InitialSlot.interrupts
    let line = Place.scratch
    let clock = RealTimeClock.line
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.notificationCreate, Place.second)
    for slot in [0, 256, InitialSlot.system] as [UInt32] {
        Check.error(bind(clock, Place.second, authority: slot), .badCapability, "interruptBind: no authority")
        Check.error(bind(clock, slot), .badCapability, "interruptBind: no target")
        Check.error(invoke(.interruptAcknowledge, slot), .badCapability, "interruptAcknowledge: no line")
    }
    _ = invoke(.capabilityCopy, authority, 0, Place.many, copyOnly)
    Check.error(bind(clock, Place.second, authority: Place.many), .permissionDenied, "interruptBind: authority's right")
    for (index, target) in [Place.endpoint, Place.second].enumerated() {
        let slot = Place.many + 1 + UInt32(index)
        _ = invoke(.capabilityCopy, target, 0, slot, CapabilityRights.receive.rawValue)
        Check.error(bind(clock, slot), .permissionDenied, "interruptBind: target's right")
    }
    for number in [0, 2, 16, 0xFFFF_FFFF] as [UInt32] {
        Check.error(bind(number, Place.second), .badArgument, "interruptBind: a line that is nobody's")
    }
    Check.error(bind(clock, Place.second, 0), .badArgument, "interruptBind: no bits")
    Check.error(bind(clock, Place.second, in: 0), .badSlot, "interruptBind: slot")
    Check.error(bind(clock, Place.second, in: Place.second), .slotOccupied, "interruptBind: occupied")

    // As a notification.
    Check.equal(bind(clock, Place.second), 0, "interruptBind: a notification")
    Check.error(bind(clock, Place.endpoint, in: Place.reply), .inUse, "interruptBind: taken")
    Check.error(wait(20).result, .timedOut, "interruptBind: a device that is silent")
    RealTimeClock.setPeriodic(true)
    var taken = wait(10_000)
    Check.isTrue(taken.result.value == 0 && taken.bits == 0x100, "interruptBind: its bits")
    RealTimeClock.acknowledge()
    Check.error(wait(20).result, .timedOut, "interruptBind: the line is masked")
    Check.equal(invoke(.interruptAcknowledge, line), 0, "interruptAcknowledge")
    taken = wait(10_000)
    Check.isTrue(taken.result.value == 0 && taken.bits == 0x100, "interruptAcknowledge: the next interrupt")
    _ = invoke(.capabilityCopy, line, 0, Place.many + 3, copyOnly)
    Check.error(invoke(.interruptAcknowledge, Place.many + 3), .permissionDenied, "interruptAcknowledge: right")
    _ = invoke(.capabilityDelete, Place.many + 3)
    Check.equal(invoke(.capabilityDelete, line), 0, "capabilityDelete: a line")
    RealTimeClock.acknowledge()
    Check.error(wait(20).result, .timedOut, "capabilityDelete: no more interrupts")

    // As messages.
    Check.equal(bind(clock, Place.endpoint, 77), 0, "interruptBind: an endpoint")
    for _ in 0..<3 {
        RealTimeClock.acknowledge()
        _ = invoke(.interruptAcknowledge, line)
        var registers = system_call_registers()
        registers.ebx = Place.endpoint
        registers.ecx = 10_000
        let tag = invoke(.receive, &registers).tag
        Check.isTrue(
            tag.label == MessageLabel.interrupt && !tag.wantsReply && registers.ebx == 77 && registers.esi == clock,
            "receive: an interrupt")
    }
    RealTimeClock.acknowledge()
    Check.error(invoke(.receive, Place.endpoint, 20), .timedOut, "receive: the line is masked")
    RealTimeClock.setPeriodic(false)
    for slot in [line, Place.many, Place.many + 1, Place.many + 2, Place.endpoint, Place.second] {
        Check.equal(invoke(.capabilityDelete, slot), 0, "capabilityDelete: after interrupts")
    }
}

private func map(
    _ physical: UInt32, _ length: UInt32 = 0x8000, at address: UInt32 = Place.free,
    system: UInt32 = InitialSlot.system, process: UInt32 = InitialSlot.process, progress: UInt32 = 0
) -> Answer {
    invoke(.deviceMap, system, process, physical, length, address, ebp: progress)
}

/// The text screen's memory, and what the kernel's log has to do with it.
func testDeviceMemory() {
    let (system, process, here) = (InitialSlot.system, InitialSlot.process, Place.free)
    let screenMemory: UInt32 = 0xB_8000
    let length: UInt32 = 0x8000
    for slot in [0, 256, InitialSlot.log] as [UInt32] {
        Check.error(map(screenMemory, system: slot), .badCapability, "deviceMap: no system")
        Check.error(map(screenMemory, process: slot), .badCapability, "deviceMap: no process")
    }
    _ = invoke(.capabilityCopy, system, 0, Place.many, copyOnly)
    _ = invoke(.capabilityCopy, process, 0, Place.many + 1, copyOnly)
    Check.error(map(screenMemory, system: Place.many), .permissionDenied, "deviceMap: system's right")
    Check.error(map(screenMemory, process: Place.many + 1), .permissionDenied, "deviceMap: process's right")
    Check.error(map(screenMemory + 16), .badArgument, "deviceMap: alignment")
    Check.error(map(screenMemory, at: here + 16), .badArgument, "deviceMap: alignment there")
    Check.error(map(screenMemory, 0), .badArgument, "deviceMap: nothing")
    Check.error(map(screenMemory, at: klimit - pageSize), .badArgument, "deviceMap: the kernel's addresses")
    Check.error(map(0), .badArgument, "deviceMap: the BIOS's RAM")
    Check.error(map(0x9_F000, 0x2000), .badArgument, "deviceMap: RAM in part")
    Check.error(map(0xF_F000, 0x2000), .badArgument, "deviceMap: the kernel in part")
    Check.error(map(0x10_0000), .badArgument, "deviceMap: the kernel")
    Check.error(map(0x30_0000), .badArgument, "deviceMap: RAM")
    Check.error(map(0xFFFF_F000, 0x2000), .badArgument, "deviceMap: past the end")
    Check.error(map(0xE000_0000, 0x100_1000), .badArgument, "deviceMap: too much")
    Check.error(map(screenMemory, progress: 3 << 30), .badArgument, "deviceMap: pretending what there is not")

    Check.equal(map(screenMemory), 0, "deviceMap")
    Check.error(map(screenMemory), .alreadyMapped, "deviceMap: twice")
    Check.equal(map(screenMemory, pageSize, at: here + 0x1_0000), 0, "deviceMap: the same at another address")
    let last = Int(length) - 2  // far below what is shown
    pointer(here)[last] = 0x41
    pointer(here)[last + 1] = 0x5A
    Check.isTrue(pointer(here)[last] == 0x41 && pointer(here)[last + 1] == 0x5A, "deviceMap: it is memory")
    pointer(here)[0xFFC] = 0x42
    Check.equal(Int32(pointer(here + 0x1_0FFC)[0]), 0x42, "deviceMap: the same memory")
    Check.equal(invoke(.memoryRead, process, here + UInt32(last), Place.buffer, 2), 0, "memoryRead: a device")
    Check.equal(Int32(pointer(Place.buffer)[0]), 0x41, "memoryRead: a device's contents")
    testLog(screen: here)
    Check.equal(invoke(.memoryUnmap, process, here, length), 8, "memoryUnmap: a device")
    Check.error(invoke(.memoryRead, process, here, Place.buffer, 2), .badAddress, "memoryUnmap: it is gone")
    Check.equal(invoke(.memoryUnmap, process, here + 0x1_0000, pageSize), 1, "memoryUnmap: the other")

    // Into others.
    _ = invoke(.processCreate, Place.second, 0, 0, 32)
    Check.equal(map(screenMemory, process: Place.second), 0, "deviceMap: to another")
    var next = here + 0x1_0000
    while invoke(.memoryMap, Place.second, next, pageSize, 1).value == 0 { next += pageSize }
    Check.error(
        map(screenMemory, at: here + 0x40_0000, process: Place.second), .quotaExceeded, "deviceMap: no page table")
    _ = invoke(.processDestroy, Place.second)
    Check.error(map(screenMemory, process: Place.second), .objectGone, "deviceMap: destroyed process")
    for slot in [Place.many, Place.many + 1, Place.second] { _ = invoke(.capabilityDelete, slot) }
}

/// Ranges of ports: a process reaches those of its capabilities, and no others.
func testPorts() {
    let range = PortRange(0x70, through: 0x71)
    let badge: UInt32 = 44
    Check.equal(
        invoke(.capabilityCopy, InitialSlot.ports, 0, Place.many, copyOnly, range.rawValue), 0, "capabilityCopy: ports")
    for other in [PortRange(0x70, through: 0x72), PortRange(0x6F, through: 0x71), PortRange(0x71, through: 0x70)] {
        Check.error(
            invoke(.capabilityCopy, Place.many, 0, Place.many + 1, copyOnly, other.rawValue), .badArgument,
            "capabilityCopy: ports that it has not")
    }
    _ = invoke(.endpointCreate, Place.endpoint)
    _ = invoke(.processCreate, Place.second, Place.endpoint, badge, 64, 8)
    let code = Place.free
    _ = invoke(.memoryMap, Place.second, code, pageSize, 0)
    _ = invoke(.memoryWrite, Place.second, code, port_code_address(), port_code_length())
    _ = invoke(.threadCreate, Place.second, Place.thread, code, 0, 0)
    Check.equal(invoke(.capabilityCopy, Place.many, Place.second, 20, 0), 0, "capabilityCopy: ports to another")
    _ = invoke(.threadStart, Place.thread)
    let fault = receiveFault(badge)
    Check.isTrue(fault.vector == 13 && fault.eip == code + 2, "capabilityCopy: its ports, and no others")
    // Taken back, they are out of reach; the thread tries the first again.
    Check.equal(invoke(.capabilityRevoke, Place.many), 0, "capabilityRevoke: ports")
    _ = invoke(.threadDestroy, Place.thread)
    _ = invoke(.capabilityDelete, Place.thread)
    _ = invoke(.threadCreate, Place.second, Place.thread, code, 0, 0)
    _ = invoke(.threadStart, Place.thread)
    // The first thread's end may have been reported before.
    let second = receiveFault(badge, afterEnd: true)
    Check.isTrue(second.vector == 13 && second.eip == code, "capabilityRevoke: no ports")
    _ = invoke(.processDestroy, Place.second)
    for slot in [Place.many, Place.thread, Place.second, Place.endpoint] { _ = invoke(.capabilityDelete, slot) }
}

/// The machine's end, which succeeds only once: `SelfTest.main` makes that call.
func testShutdownErrors() {
    Check.error(invoke(.shutdown, InitialSlot.system, 2), .badArgument, "shutdown: action")
    Check.error(invoke(.shutdown, InitialSlot.log, 0), .badCapability, "shutdown: kind")
    _ = invoke(.capabilityCopy, InitialSlot.system, 0, Place.many, copyOnly)
    Check.error(invoke(.shutdown, Place.many, 0), .permissionDenied, "shutdown: right")
    _ = invoke(.capabilityDelete, Place.many)
}
