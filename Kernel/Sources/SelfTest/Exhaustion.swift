import CUser
import User

func memoryInformation() -> MemoryInformation {
    var memory = MemoryInformation(
        ramKilobytes: 0, totalFrames: 0, freeFrames: 0, freeKernelFrames: 0, imageBytes: 0)
    _ = withUnsafeMutablePointer(to: &memory) { pointer in
        invoke(
            .systemInformation, ProgramSlot.system, InformationKind.memory.rawValue,
            UInt32(UInt(bitPattern: pointer)), UInt32(MemoryLayout<MemoryInformation>.size))
    }
    return memory
}

/// Maps memory from `address` up, `step` bytes a call, until the kernel refuses.
///
/// - Parameter address: Where to begin; where it ended, on return.
/// - Returns: The refusal, or 0 if the address space ended first.
func take(from address: inout UInt32, step: UInt32) -> Int32 {
    while address < Place.plentyEnd {
        let result = invoke(.memoryMap, InitialSlot.process, address, step, 1)
        if result != 0 { return result }
        address += step
    }
    return 0
}

/// Maps all the memory that this process can have.
///
/// - Returns: Where it ends, and why.
func takeAll() -> (end: UInt32, reason: Int32) {
    var end = Place.plenty
    _ = take(from: &end, step: 0x10_0000)
    let reason = take(from: &end, step: pageSize)
    return (end, reason)
}

/// Unmaps what lies between `Place.plenty` and `end`; the number of pages.
func giveBack(upTo end: UInt32) -> Int32 {
    var pages: Int32 = 0
    var address = Place.plenty
    while address < end {
        let length = min(end - address, 0x100_0000)
        pages += invoke(.memoryUnmap, InitialSlot.process, address, length)
        address += length
    }
    return pages
}

/// What happens when a process has used up its account: errors, and nothing lost.
func testQuota() {
    // The page tables of the first time stay with the process.
    var taken = takeAll()
    Check.error(taken.reason, .quotaExceeded, "memoryMap: until it fails")
    Check.equal(giveBack(upTo: taken.end), Int32((taken.end - Place.plenty) >> 12), "memoryUnmap: all of it")
    let free = memoryInformation().freeFrames

    taken = takeAll()
    Check.error(taken.reason, .quotaExceeded, "memoryMap: until it fails, again")
    Check.isTrue(memoryInformation().freeFrames < free, "memoryMap: takes frames")
    let last = pointer(taken.end - 4)
    Check.equal(Int32(last[0]), 0, "memoryMap: the last page is zeros")
    last[0] = 77
    Check.equal(Int32(last[0]), 77, "memoryMap: the last page can be written")
    Check.error(
        invoke(.memoryMap, InitialSlot.process, Place.free, 0x10_0000, 1), .quotaExceeded, "memoryMap: no account")
    Check.error(
        invoke(.threadCreate, InitialSlot.process, Place.thread, 0, 0), .quotaExceeded, "threadCreate: no account")
    Check.error(invoke(.threadStart, Place.thread), .badCapability, "threadCreate: fills no slot when it fails")
    Check.equal(giveBack(upTo: taken.end), Int32((taken.end - Place.plenty) >> 12), "memoryUnmap: all of it, again")
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "memoryUnmap: frees the frames")

    // Sixteen frames left: eight kernel stacks.
    taken = takeAll()
    _ = invoke(.memoryUnmap, InitialSlot.process, taken.end - 16 * pageSize, 16 * pageSize)
    var threads: UInt32 = 0
    var result: Int32 = 0
    while result >= 0, threads < 9 {
        result = invoke(.threadCreate, InitialSlot.process, Place.many + threads, 0, 0)
        if result >= 0 { threads += 1 }
    }
    Check.error(result, .quotaExceeded, "threadCreate: until it fails")
    Check.equal(Int32(threads), 8, "threadCreate: as many as there are kernel stacks for")
    for index in 0..<threads { _ = invoke(.capabilityDelete, Place.many + index) }
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free) - Int32((taken.end - Place.plenty) >> 12) + 16, "threadCreate: all gone")

    // A memory object with more pages than there are frames: what has been mapped of it is unmapped.
    let there = taken.end - 16 * pageSize
    Check.equal(invoke(.memoryCreate, Place.scratch, 64 * pageSize), 0, "memoryCreate: more than there is")
    Check.error(
        invoke(.memoryAttach, InitialSlot.process, there, 64 * pageSize, Place.scratch | 1 << 8, 0), .quotaExceeded,
        "memoryAttach: until it fails")
    for page: UInt32 in 0..<64 {
        Check.error(
            invoke(.memoryRead, InitialSlot.process, there + page * pageSize, Place.buffer, 1), .badAddress,
            "memoryAttach: nothing left behind")
    }
    Check.equal(invoke(.capabilityDelete, Place.scratch), 0, "capabilityDelete: a part of an object")
    _ = giveBack(upTo: taken.end)
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "capabilityDelete: frees the threads' frames")
}

/// Endpoints, until there is no slot for another one.
func testManyEndpoints() {
    let free = memoryInformation().freeFrames
    var slot = Place.many
    var result: Int32 = 0
    while result == 0 {
        result = invoke(.endpointCreate, slot)
        if result == 0 { slot += 1 }
    }
    Check.error(result, .badSlot, "endpointCreate: until it fails")
    Check.equal(Int32(slot), Int32(capabilitySlotCount), "endpointCreate: one for each slot")
    Check.isTrue(memoryInformation().freeFrames < free, "endpointCreate: takes frames")
    while slot > Place.many {
        slot -= 1
        _ = invoke(.capabilityDelete, slot)
    }
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "capabilityDelete: frees the endpoints' frames")
}

/// Takes all the memory that this process can have, says how that ended, and keeps it until it is killed: two of these
/// leave the machine without a free page frame, since the process manager lets each have half.
func hold() -> Never {
    let taken = takeAll()
    var threads: Int32 = 0
    var endpoints: Int32 = 0
    if taken.reason == KernelError.outOfMemory.rawValue {
        threads = invoke(.threadCreate, InitialSlot.process, Place.thread, 0, 0)
        var slot = Place.many
        while slot < capabilitySlotCount, endpoints == 0 {
            endpoints = invoke(.endpointCreate, slot)
            slot += 1
        }
    }
    print("self-test: memory \(Int(taken.reason)), thread \(Int(threads)), endpoint \(Int(endpoints))")
    while true { _ = invoke(.sleep, 0, 1_000_000) }
}
