import CUser
import User

func pointer(_ address: UInt32) -> UnsafeMutablePointer<UInt8> { UnsafeMutablePointer(bitPattern: UInt(address))! }

func testMemory() {
    let process = InitialSlot.process
    Check.equal(invoke(.memoryMap, process, Place.buffer, Place.bufferLength, 1), 0, "memoryMap")
    var sum = 0
    for offset in stride(from: 0, to: Int(Place.bufferLength), by: 97) { sum += Int(pointer(Place.buffer)[offset]) }
    Check.equal(Int32(sum), 0, "memoryMap: zeros")
    Check.equal(invoke(.memoryMap, process, Place.readOnly, 1, 0), 0, "memoryMap: read-only, one byte")

    Check.error(invoke(.memoryMap, process, Place.buffer, 4096, 1), .alreadyMapped, "memoryMap: twice")
    Check.error(invoke(.memoryMap, process, Place.buffer - 4096, 8192, 1), .alreadyMapped, "memoryMap: overlap")
    Check.error(invoke(.memoryMap, process, Place.free + 1, 4096, 1), .badArgument, "memoryMap: alignment")
    Check.error(invoke(.memoryMap, process, Place.free, 0, 1), .badArgument, "memoryMap: nothing")
    Check.error(invoke(.memoryMap, process, klimit - 4096, 4096, 1), .badArgument, "memoryMap: below KLIMIT")
    Check.error(invoke(.memoryMap, process, klimit - 4096, 8192, 1), .badArgument, "memoryMap: across KLIMIT")
    Check.error(invoke(.memoryMap, process, 0xFFFF_F000, 8192, 1), .badArgument, "memoryMap: past the end")
    Check.error(invoke(.memoryMap, process, 0x7000_0000, 0x8000_0000, 1), .badArgument, "memoryMap: too much")
    Check.error(invoke(.memoryMap, ProgramSlot.output, Place.free, 4096, 1), .badCapability, "memoryMap: kind")

    Check.equal(invoke(.memoryMap, process, Place.free, 0x5000, 1), 0, "memoryMap: five pages")
    Check.equal(invoke(.memoryUnmap, process, Place.free + 0x1000, 0x2000), 2, "memoryUnmap: two of them")
    Check.equal(invoke(.memoryUnmap, process, Place.free, 0x8000), 3, "memoryUnmap: the rest, over holes")
    Check.error(invoke(.memoryUnmap, process, 0x10_0000, 4096), .badArgument, "memoryUnmap: the kernel's")

    // Copies: across a page boundary, into a read-only page, and with either side wrong.
    for index in 0..<5000 { pointer(Place.buffer)[index] = UInt8(truncatingIfNeeded: index &* 7) }
    Check.equal(invoke(.memoryWrite, process, Place.buffer + 0x1_0FF0, Place.buffer + 3, 4500), 0, "memoryWrite")
    var isSame = true
    for index in 0..<4500 where pointer(Place.buffer + 0x1_0FF0)[index] != UInt8(truncatingIfNeeded: (index + 3) &* 7) {
        isSame = false
    }
    Check.isTrue(isSame, "memoryWrite: contents")
    Check.equal(invoke(.memoryWrite, process, Place.readOnly, Place.buffer + 1, 16), 0, "memoryWrite: read-only page")
    Check.equal(Int32(pointer(Place.readOnly)[0]), 7, "memoryWrite: read-only page's contents")
    Check.equal(invoke(.memoryRead, process, Place.readOnly, Place.buffer, 16), 0, "memoryRead")
    Check.equal(Int32(pointer(Place.buffer)[0]), 7, "memoryRead: contents")
    Check.error(
        invoke(.memoryRead, process, Place.buffer, Place.readOnly, 16), .badAddress, "memoryRead: to a read-only page")
    // Registers that a page does not speak of keep their values.
    var registers = system_call_registers(
        eax: 0, ebx: process, ecx: Place.buffer, edx: Place.buffer + 64, esi: 16, edi: 0x1234_5678, ebp: 0x8765_4321)
    Check.equal(invoke(.memoryWrite, &registers), 0, "memoryWrite: registers")
    Check.isTrue(
        registers.ebx == process && registers.esi == 0 && registers.edi == 0x1234_5678 && registers.ebp == 0x8765_4321,
        "memoryWrite: what comes back in registers")
    registers = system_call_registers(eax: 0, ebx: 11, ecx: 12, edx: 13, esi: 14, edi: 15, ebp: 16)
    Check.equal(invoke(.yield, &registers), 0, "yield: registers")
    Check.isTrue(
        registers.ebx == 11 && registers.esi == 14 && registers.edi == 15 && registers.ebp == 16,
        "yield: registers are ignored and preserved")
    for call in [.memoryWrite, .memoryRead] as [SystemCall] {
        Check.error(invoke(call, process, Place.buffer, Place.buffer, 0x100_0001), .badArgument, "copying: too much")
    }
    for index in 0..<6 {
        let bad = Place.bad[index]
        Check.error(invoke(.memoryWrite, process, bad, Place.buffer, 16), .badAddress, "memoryWrite: destination")
        Check.error(invoke(.memoryWrite, process, Place.buffer, bad, 16), .badAddress, "memoryWrite: source")
        Check.error(invoke(.memoryRead, process, bad, Place.buffer, 16), .badAddress, "memoryRead: source")
        Check.error(invoke(.memoryRead, process, Place.buffer, bad, 16), .badAddress, "memoryRead: destination")
    }
}

/// Threads and processes by number: all of them in their order, while others come and go.
private func testNumbers() {
    let system = System(slot: ProgramSlot.system)
    var threads = 0
    var isAscending = true
    var last: UInt32 = 0
    system.forEachThread { thread in
        if threads > 0, thread.thread <= last { isAscending = false }
        last = thread.thread
        threads += 1
    }
    var sum = 0
    var processes = 0
    system.forEachProcess { process in
        if processes > 0, process.process <= last { isAscending = false }
        last = process.process
        sum += Int(process.threads)
        processes += 1
    }
    Check.isTrue(isAscending && processes > 2, "systemInformation: in the order of numbers")
    Check.equal(Int32(sum), Int32(threads), "systemInformation: the threads of all processes are all threads")
    Check.isTrue((try? system.thread(from: 0))?.process == 0, "systemInformation: the kernel's own thread is the first")

    let created = invoke(.processCreate, Place.second, 0, 0, 64)
    let process = UInt32(bitPattern: created.value)
    let thread = UInt32(bitPattern: invoke(.threadCreate, Place.second, Place.scratch, 0, 0).value)
    Check.isTrue((try? system.process(from: process))?.threads == 1, "systemInformation: a new process")
    Check.isTrue((try? system.thread(from: thread))?.process == process, "systemInformation: its thread")
    Check.isTrue((try? system.process(from: process + 1)) == nil, "systemInformation: it is the last")
    Check.equal(invoke(.threadDestroy, Place.scratch), 0, "threadDestroy: a thread with a number")
    Check.isTrue((try? system.thread(from: thread)) == nil, "systemInformation: an ended thread is not there")
    Check.isTrue((try? system.process(from: process))?.threads == 0, "systemInformation: a process without threads")
    Check.equal(invoke(.processDestroy, Place.second), 0, "processDestroy: a process with a number")
    Check.isTrue((try? system.process(from: process)) == nil, "systemInformation: a destroyed process is not there")
    for slot in [Place.second, Place.scratch] { _ = invoke(.capabilityDelete, slot) }
}

func testSystem() {
    let system = ProgramSlot.system
    for kind: UInt32 in 0...4 {
        Check.succeeds(invoke(.systemInformation, system, kind, Place.buffer, 4096, 0), "systemInformation")
        if kind != InformationKind.layout.rawValue {
            Check.error(
                invoke(.systemInformation, system, kind, Place.buffer, 7, 0), .bufferTooSmall, "systemInformation: size"
            )
        }
        for index in 0..<6 {
            Check.error(
                invoke(.systemInformation, system, kind, Place.bad[index], 4096, 0), .badAddress,
                "systemInformation: buffer")
        }
        Check.error(
            invoke(.systemInformation, system, kind, Place.readOnly, 4096, 0), .badAddress,
            "systemInformation: read-only buffer")
    }
    for kind in [InformationKind.thread, .process] {
        Check.equal(
            invoke(.systemInformation, system, kind.rawValue, Place.buffer, 64, 0xFFFF_FFFF), 0,
            "systemInformation: past the end")
    }
    testNumbers()
    Check.equal(invoke(.systemInformation, system, 3, Place.buffer, 64, 60000), 0, "systemInformation: past the text")
    Check.error(invoke(.systemInformation, system, 99, Place.buffer, 64), .badArgument, "systemInformation: kind")
    Check.error(
        invoke(.systemInformation, InitialSlot.process, 0, Place.buffer, 64), .badCapability, "systemInformation: slot")
}
