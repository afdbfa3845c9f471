import CUser
import User

/// Memory that is mapped twice, and taken away again.
func testMemoryObjects() {
    let process = InitialSlot.process
    let here = Place.free
    let there = Place.free + 0x100_0000
    let writable: UInt32 = 1 << 8
    // The page tables that this needs stay.
    for address in [here, there] {
        _ = invoke(.memoryMap, process, address, 4096, 1)
        _ = invoke(.memoryUnmap, process, address, 4096)
    }
    let free = memoryInformation().freeFrames
    Check.error(invoke(.memoryCreate, Place.scratch, 0), .badArgument, "memoryCreate: nothing")
    Check.error(invoke(.memoryCreate, Place.scratch, 0x40_0001), .badArgument, "memoryCreate: too much")
    Check.error(invoke(.memoryCreate, 0, 4096), .badSlot, "memoryCreate: slot")
    Check.equal(invoke(.memoryCreate, Place.scratch, 0x2_0000), 0, "memoryCreate")
    Check.error(invoke(.memoryCreate, Place.scratch, 4096), .slotOccupied, "memoryCreate: occupied")

    let object = Place.scratch
    Check.equal(invoke(.memoryAttach, process, here, 0x2_0000, object | writable, 0), 0, "memoryAttach")
    Check.equal(invoke(.memoryAttach, process, there, 0x1000, object, 0x3000), 0, "memoryAttach: a part, read-only")
    var sum: UInt32 = 0
    for offset in stride(from: here, to: here + 0x2_0000, by: 61) { sum += UInt32(pointer(offset)[0]) }
    Check.equal(Int32(sum), 0, "memoryCreate: zeros")
    pointer(here + 0x3007)[0] = 0x77
    Check.equal(Int32(pointer(there + 7)[0]), 0x77, "memoryAttach: the same memory")
    Check.error(
        invoke(.memoryRead, process, Place.buffer, there, 16), .badAddress, "memoryAttach: read-only is read-only")
    Check.equal(invoke(.memoryWrite, process, here + 5, Place.buffer, 16), 0, "memoryWrite: to an object")
    Check.error(invoke(.memoryAttach, process, here, 4096, object, 0), .alreadyMapped, "memoryAttach: twice")
    Check.error(invoke(.memoryAttach, process, there, 0x2_1000, object, 0), .badArgument, "memoryAttach: too long")
    Check.error(invoke(.memoryAttach, process, there, 4096, object, 0x2_0000), .badArgument, "memoryAttach: offset")
    Check.error(invoke(.memoryAttach, process, there, 4096, object, 5), .badArgument, "memoryAttach: alignment")
    Check.error(invoke(.memoryAttach, process, there, 4096, object | 0x300, 0), .badArgument, "memoryAttach: access")
    Check.error(invoke(.memoryAttach, process, there, 4096, object | 0x400, 0), .badArgument, "memoryAttach: access")
    Check.error(invoke(.memoryAttach, process, 0x10_0000, 4096, object, 0), .badArgument, "memoryAttach: kernel's")
    Check.error(invoke(.memoryAttach, process, there, 4096, process, 0), .badCapability, "memoryAttach: kind")
    // Who pretends that a part is there already is told.
    var registers = system_call_registers()
    registers.ebx = process
    registers.ecx = there + 0x10_0000
    registers.edx = 0x2000
    registers.esi = object
    registers.ebp = 1 << 30 | 1
    Check.error(invoke(.memoryAttach, &registers), .badArgument, "memoryAttach: pretending")
    registers.ebp = 3 << 30
    Check.error(invoke(.memoryAttach, &registers), .badArgument, "memoryAttach: pretending what there is not")
    registers.ebp = 3 << 30
    Check.error(invoke(.memoryMap, &registers), .badArgument, "memoryMap: pretending what there is not")

    // A copy without the right to write; revoking takes what was mapped through it.
    let read = CapabilityRights.read.rawValue
    Check.equal(invoke(.capabilityCopy, object, 0, Place.second, read), 0, "capabilityCopy: memory")
    Check.error(
        invoke(.memoryAttach, process, there + 0x10_0000, 4096, Place.second | writable, 0), .permissionDenied,
        "memoryAttach: right")
    Check.equal(invoke(.memoryAttach, process, there + 0x10_0000, 4096, Place.second, 0), 0, "memoryAttach: a copy")
    Check.equal(invoke(.capabilityRevoke, object), 0, "capabilityRevoke: memory")
    Check.error(
        invoke(.memoryRead, process, there + 0x10_0000, Place.buffer, 16), .badAddress, "capabilityRevoke: unmapped")
    Check.equal(Int32(pointer(there + 7)[0]), 0x77, "capabilityRevoke: the original's mappings stay")

    // Into another process, which then ends.
    Check.succeeds(invoke(.processCreate, Place.second, 0, 0, 64), "processCreate")
    Check.equal(
        invoke(.memoryAttach, Place.second, here, 0x2_0000, object | writable, 0), 0, "memoryAttach: to another")
    Check.equal(invoke(.memoryRead, Place.second, here + 0x3007, Place.buffer, 1), 0, "memoryRead: an object")
    Check.equal(Int32(pointer(Place.buffer)[0]), 0x77, "memoryAttach: shared with another process")
    Check.equal(invoke(.memoryUnmap, Place.second, here, 0x1000), 1, "memoryUnmap: a part of an object")
    Check.equal(invoke(.processDestroy, Place.second), 0, "processDestroy: with an object")
    _ = invoke(.capabilityDelete, Place.second)

    Check.equal(invoke(.memoryUnmap, process, here, 0x2_0000), 32, "memoryUnmap: an object")
    Check.equal(invoke(.memoryAttach, process, here, 0x1000, object, 0x3000), 0, "memoryAttach: again")
    Check.equal(Int32(pointer(here + 7)[0]), 0x77, "memoryAttach: contents stay")
    Check.equal(invoke(.capabilityDelete, object), 0, "capabilityDelete: memory")
    Check.error(
        invoke(.memoryRead, process, here, Place.buffer, 16), .badAddress, "capabilityDelete: unmaps")
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "capabilityDelete: frees the memory")
}

/// Pages that are shared until somebody writes them.
func testCopyOnWrite() {
    let process = InitialSlot.process
    let here = Place.free
    let there = Place.free + 0x100_0000
    let copyOnWrite: UInt32 = 2 << 8
    let object = Place.scratch
    for address in [here, there] {
        _ = invoke(.memoryMap, process, address, 4096, 1)
        _ = invoke(.memoryUnmap, process, address, 4096)
    }
    let free = memoryInformation().freeFrames
    Check.equal(invoke(.memoryCreate, object, 0x1_0000), 0, "memoryCreate")
    Check.equal(invoke(.memoryAttach, process, here, 0x1_0000, object | 1 << 8, 0), 0, "memoryAttach")
    for page in 0..<16 as Range<UInt32> { pointer(here + page << 12)[0] = UInt8(truncatingIfNeeded: 0x40 + page) }
    // The right to read is enough.
    let read = CapabilityRights.read.rawValue
    Check.equal(invoke(.capabilityCopy, object, 0, Place.second, read), 0, "capabilityCopy: memory")
    Check.equal(
        invoke(.memoryAttach, process, there, 0x1_0000, Place.second | copyOnWrite, 0), 0, "memoryAttach: copy-on-write"
    )
    let shared = memoryInformation().freeFrames
    Check.equal(Int32(pointer(there + 0x3000)[0]), 0x43, "memoryAttach: copy-on-write is shared")
    pointer(here + 0x3000)[0] = 0x53
    Check.equal(Int32(pointer(there + 0x3000)[0]), 0x53, "memoryAttach: as long as nobody has written")

    Check.error(invoke(.memoryUnshare, process, here + 0x10, 4096), .badArgument, "memoryUnshare: alignment")
    Check.error(invoke(.memoryUnshare, process, there, 0x100_1000), .badArgument, "memoryUnshare: too much")
    Check.error(invoke(.memoryUnshare, Place.endpoint, there, 4096), .badCapability, "memoryUnshare: no process")
    Check.error(invoke(.memoryUnshare, process, there + 0x1_0000, 4096), .badAddress, "memoryUnshare: not mapped")
    Check.equal(invoke(.memoryMap, process, there + 0x1_0000, 4096, 0), 0, "memoryMap: read-only")
    Check.error(invoke(.memoryUnshare, process, there + 0x1_0000, 4096), .badAddress, "memoryUnshare: read-only")
    Check.equal(invoke(.memoryUnmap, process, there + 0x1_0000, 4096), 1, "memoryUnmap: read-only")
    Check.equal(invoke(.memoryUnshare, process, here, 4096), 0, "memoryUnshare: writable already")
    Check.equal(invoke(.memoryUnshare, process, there, 0x3000), 3, "memoryUnshare")
    Check.equal(invoke(.memoryUnshare, process, there, 0x4000), 1, "memoryUnshare: what has not been copied")
    Check.equal(Int32(shared - memoryInformation().freeFrames), 4, "memoryUnshare: takes a frame a page")
    pointer(there + 0x3000)[0] = 0x63
    Check.equal(Int32(pointer(here + 0x3000)[0]), 0x53, "memoryUnshare: the original stays")
    Check.equal(Int32(pointer(there + 0x2000)[0]), 0x42, "memoryUnshare: contents")

    // Touching is enough: the process manager makes the copy; and a system call counts as touching.
    pointer(there + 0x5000)[8] = 0x65
    Check.equal(Int32(pointer(there + 0x5000)[0]), 0x45, "copy-on-write: contents")
    Check.equal(Int32(pointer(here + 0x5000)[8]), 0, "copy-on-write: the original stays")
    Check.equal(
        invoke(.memoryRead, process, here + 0x3000, there + 0x6008, 1), 0, "copy-on-write: a system call writes")
    Check.equal(Int32(pointer(there + 0x6000)[8]), 0x53, "copy-on-write: what it wrote")
    Check.equal(Int32(pointer(here + 0x6000)[8]), 0, "copy-on-write: the original stays, system call")

    // Over the end: what comes before is copied.
    Check.error(
        invoke(.memoryUnshare, process, there + 0xF000, 0x2000), .badAddress, "memoryUnshare: over the end")
    Check.equal(invoke(.memoryUnshare, process, there + 0xF000, 4096), 0, "memoryUnshare: copied before the error")
    Check.equal(invoke(.memoryUnmap, process, there + 0xF000, 4096), 1, "memoryUnmap: that copy")

    // A capability that is taken back takes what is shared, and leaves the copies.
    Check.equal(invoke(.capabilityRevoke, object), 0, "capabilityRevoke: memory")
    Check.error(
        invoke(.memoryRead, process, there + 0x7000, Place.buffer, 16), .badAddress, "capabilityRevoke: copy-on-write")
    Check.equal(Int32(pointer(there + 0x5000)[8]), 0x65, "capabilityRevoke: copies stay")
    Check.equal(invoke(.memoryUnmap, process, there, 0x1_0000), 6, "memoryUnmap: copies")
    Check.equal(invoke(.capabilityDelete, object), 0, "capabilityDelete: memory")
    Check.equal(Int32(memoryInformation().freeFrames), Int32(free), "capabilityDelete: frees the memory")
}

/// Copies that take more than one step.
func testLongCopies() {
    let process = InitialSlot.process
    let length: UInt32 = 0x4_0000
    Check.equal(invoke(.memoryMap, process, Place.free, length * 2 + 4096, 1), 0, "memoryMap: long")
    let words = UnsafeMutablePointer<UInt32>(bitPattern: UInt(Place.free))!
    for index in 0..<Int(length / 4) { words[index] = UInt32(index) &* 0x9E37_79B1 }
    let target = Place.free + length + 4
    Check.equal(invoke(.memoryWrite, process, target, Place.free, length), 0, "memoryWrite: long")
    let copy = UnsafePointer<UInt32>(bitPattern: UInt(target))!
    var differences: Int32 = 0
    for index in 0..<Int(length / 4) where copy[index] != words[index] { differences += 1 }
    Check.equal(differences, 0, "memoryWrite: long, contents")
    Check.error(
        invoke(.memoryRead, process, Place.free, target, length * 2), .badAddress, "memoryRead: long, over the end")
    Check.equal(
        invoke(.memoryUnmap, process, Place.free, length * 2 + 4096), Int32(length * 2 / 4096 + 1), "memoryUnmap: long")
}
