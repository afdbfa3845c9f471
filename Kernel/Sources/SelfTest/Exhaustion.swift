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
/// - Returns: The refusal, or the last success if the address space ended first.
func take(from address: inout UInt32, step: UInt32) -> Answer {
    var result = Answer(call: .memoryMap, value: 0)
    while address < Place.plentyEnd {
        result = invoke(.memoryMap, InitialSlot.process, address, step, 1)
        if result.value != 0 { break }
        address += step
    }
    return result
}

/// Maps all the memory that this process can have.
///
/// - Returns: Where it ends, and why.
func takeAll() -> (end: UInt32, reason: Answer) {
    var end = Place.plenty
    _ = take(from: &end, step: 0x10_0000)
    let reason = take(from: &end, step: pageSize)
    return (end, reason)
}

/// Whether this process has addresses for all the memory that it can have: on a machine with more than 2 GB of RAM, not
/// for the half of it that the process manager lets it have.
func canTakeAll() -> Bool {
    guard memoryInformation().totalFrames / 2 >= (Place.plentyEnd - Place.plenty) / pageSize else { return true }
    let taken = takeAll()
    _ = giveBack(upTo: taken.end)
    return taken.reason.value != 0
}

/// Unmaps what lies between `Place.plenty` and `end`; the number of pages.
func giveBack(upTo end: UInt32) -> Int32 {
    var pages: Int32 = 0
    var address = Place.plenty
    while address < end {
        let length = min(end - address, 0x100_0000)
        pages += invoke(.memoryUnmap, InitialSlot.process, address, length).value
        address += length
    }
    return pages
}

/// Everything that takes memory, when there is none left.
func checkNothingCanBeMade(_ reason: KernelError) {
    // What is left of the frame for small objects goes first.
    var slot = Place.many
    var made = invoke(.endpointCreate, slot)
    while made.value == 0, slot < capabilitySlotCount - 1 {
        slot += 1
        made = invoke(.endpointCreate, slot)
    }
    Check.error(made, reason, "endpointCreate: no memory")
    Check.error(invoke(.notificationCreate, slot), reason, "notificationCreate: no memory")
    Check.error(invoke(.memoryCreate, slot, pageSize), reason, "memoryCreate: no memory")
    Check.error(invoke(.processCreate, slot, 0, 0, 64), reason, "processCreate: no memory")
    Check.error(invoke(.threadCreate, InitialSlot.process, slot, 0, 0), reason, "threadCreate: no memory")
    Check.error(invoke(.capabilityDelete, slot), .badCapability, "a call that fails fills no slot")
    while slot > Place.many {
        slot -= 1
        _ = invoke(.capabilityDelete, slot)
    }
}

/// A page that is mapped copy-on-write, for which there is no memory to copy it.
func checkNothingCanBeCopied(at address: UInt32, _ reason: KernelError) {
    Check.error(invoke(.memoryUnshare, InitialSlot.process, address, pageSize), reason, "memoryUnshare: no memory")
    Check.equal(Int32(pointer(address)[5]), 0x5C, "memoryUnshare: contents stay")
}

/// Maps a page copy-on-write, twice, in which there is 0x5C; `Place.second` is its object.
func mapCopyOnWrite(at address: UInt32) {
    _ = invoke(.memoryCreate, Place.second, pageSize)
    _ = invoke(.memoryAttach, InitialSlot.process, address + pageSize, pageSize, Place.second | 1 << 8, 0)
    pointer(address + pageSize)[5] = 0x5C
    _ = invoke(.memoryAttach, InitialSlot.process, address, pageSize, Place.second | 2 << 8, 0)
}

/// What happens when a process has used up its account: errors, and nothing lost.
func testQuota() {
    mapCopyOnWrite(at: Place.free + 0x10_0000)
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
    checkNothingCanBeMade(.quotaExceeded)
    checkNothingCanBeCopied(at: Place.free + 0x10_0000, .quotaExceeded)
    Check.equal(giveBack(upTo: taken.end), Int32((taken.end - Place.plenty) >> 12), "memoryUnmap: all of it, again")
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "memoryUnmap: frees the frames")

    // Sixteen frames left: eight kernel stacks.
    taken = takeAll()
    _ = invoke(.memoryUnmap, InitialSlot.process, taken.end - 16 * pageSize, 16 * pageSize)
    var threads: UInt32 = 0
    var result = invoke(.threadCreate, InitialSlot.process, Place.many, 0, 0)
    while result.value >= 0, threads < 9 {
        threads += 1
        result = invoke(.threadCreate, InitialSlot.process, Place.many + threads, 0, 0)
    }
    Check.error(result, .quotaExceeded, "threadCreate: until it fails")
    Check.equal(Int32(threads), 8, "threadCreate: as many as there are kernel stacks for")
    for index in 0..<threads { _ = invoke(.capabilityDelete, Place.many + index) }
    let left = Int32(free) - Int32((taken.end - Place.plenty) >> 12) + 16
    Check.equal(Int32(memoryInformation().freeFrames), left, "threadCreate: all gone")

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
    _ = invoke(.capabilityDelete, Place.second)
}

/// What happens when the machine has no page frame left: the first process has no limit.
func testNoMemory() {
    let (process, object) = (InitialSlot.process, Place.scratch)
    let there = Place.free + 0x40_0000
    _ = invoke(.memoryCreate, object, 64 * pageSize)
    mapCopyOnWrite(at: Place.free + 0x10_0000)
    // The page tables of the first time stay with the process.
    var taken = takeAll()
    Check.error(taken.reason, .outOfMemory, "memoryMap: until it fails")
    _ = giveBack(upTo: taken.end)
    let free = memoryInformation().freeFrames
    taken = takeAll()
    Check.error(taken.reason, .outOfMemory, "memoryMap: until it fails, again")
    Check.equal(Int32(memoryInformation().freeFrames), 0, "memoryMap: takes all of it")
    Check.error(
        invoke(.memoryAttach, process, Place.free + 0x20_0000, 64 * pageSize, object | 1 << 8, 0), .outOfMemory,
        "memoryAttach: no memory")
    Check.error(
        invoke(.deviceMap, InitialSlot.system, process, 0xB_8000, pageSize, there), .outOfMemory, "deviceMap: no memory"
    )
    checkNothingCanBeMade(.outOfMemory)
    checkNothingCanBeCopied(at: Place.free + 0x10_0000, .outOfMemory)
    Check.equal(giveBack(upTo: taken.end), Int32((taken.end - Place.plenty) >> 12), "memoryUnmap: all of it")
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "memoryUnmap: frees the frames")
    Check.equal(
        invoke(.deviceMap, InitialSlot.system, process, 0xB_8000, pageSize, there), 0, "deviceMap: memory again")
    _ = invoke(.memoryUnmap, process, there, pageSize)
    for slot in [object, Place.second] { _ = invoke(.capabilityDelete, slot) }
}

/// A small part of the memory is a small part of the kernel stacks too, and of the frames that the kernel can use, of
/// which there are fewer than of others on a large machine.
func testShares() {
    let before = memoryInformation()
    let limit: UInt32 = 2000
    Check.succeeds(invoke(.processCreate, Place.second, 0, 0, limit), "processCreate: a share")
    var threads: UInt32 = 0
    var result = invoke(.threadCreate, Place.second, Place.many, 0, 0)
    while result.value >= 0, Place.many + threads + 1 < capabilitySlotCount {
        threads += 1
        result = invoke(.threadCreate, Place.second, Place.many + threads, 0, 0)
    }
    // There is room for 682 stacks, whoever has them (docs/memory-map.md).
    let share = max(16, 682 * limit / before.totalFrames)
    if share < capabilitySlotCount - Place.many {
        Check.error(result, .quotaExceeded, "threadCreate: the child's share of kernel stacks")
        Check.equal(Int32(threads), Int32(share), "threadCreate: as many as the child's share")
    }
    for index in 0...threads { _ = invoke(.capabilityDelete, Place.many + index) }
    if before.totalFrames > 4 * before.freeKernelFrames {
        // A page table for each page.
        var pages: UInt32 = 0
        result = invoke(.memoryMap, Place.second, 0x1000_0000, 4096, 1)
        while result.value == 0, pages < 900 {
            pages += 1
            result = invoke(.memoryMap, Place.second, 0x1000_0000 + pages << 22, 4096, 1)
        }
        Check.error(result, .quotaExceeded, "memoryMap: the child's share of kernel frames")
        Check.isTrue(pages < limit / 4, "memoryMap: long before its limit")
    }
    Check.equal(invoke(.processDestroy, Place.second), 0, "processDestroy: with a share")
    _ = invoke(.capabilityDelete, Place.second)
    Check.equal(Int32(memoryInformation().freeFrames), Int32(before.freeFrames), "processDestroy: gives the share back")
}

/// Endpoints, until there is no slot for another one.
func testManyEndpoints() {
    let free = memoryInformation().freeFrames
    var slot = Place.many
    var result = invoke(.endpointCreate, slot)
    while result.value == 0 {
        slot += 1
        result = invoke(.endpointCreate, slot)
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
    if taken.reason == KernelError.outOfMemory {
        threads = invoke(.threadCreate, InitialSlot.process, Place.thread, 0, 0).value
        var slot = Place.many
        while slot < capabilitySlotCount, endpoints == 0 {
            endpoints = invoke(.endpointCreate, slot).value
            slot += 1
        }
    }
    print("self-test: memory \(Int(taken.reason.value)), thread \(Int(threads)), endpoint \(Int(endpoints))")
    while true { _ = invoke(.sleep, 0, 1_000_000) }
}
