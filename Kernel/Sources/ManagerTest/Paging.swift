import CUser
import User

/// Changed by the test; in the file it is not 0, so it lies in a page that the payload has.
private nonisolated(unsafe) var variable: UInt32 = 0x1234_5678

/// Memory that appears as it is touched.
func testPaging() {
    // A page of the file is shared until it is written: then a fault makes a copy. (The library's own variables may
    // have been written before, in the same page.)
    variable &+= 1
    let before = try? Manager.memory(of: Arguments.process)
    variable &+= 1
    let after = try? Manager.memory(of: Arguments.process)
    Check.isTrue(variable == 0x1234_567A, "paging: a variable")
    Check.isTrue(before?.faults == after?.faults, "paging: no fault where a page is")
    Check.isTrue((before?.copies ?? 0) > 0, "paging: a page was copied")
    Check.isTrue((try? ManagerTest.program("variable").spawn().wait()) == .exited(status: 0), "paging: in a child too")
    Check.isTrue((try? ManagerTest.spawn("write-text").wait()) == .faulted, "paging: text is read-only")

    // Two that run the same program have its text once. What each has of its own is less than the text.
    let children = [ManagerTest.spawn("sleep"), ManagerTest.spawn("sleep")]
    Thread.sleep(milliseconds: 50)
    for child in children {
        let process = try? System(slot: ProgramSlot.system).process(from: child.number)
        Check.isTrue(process?.process == child.number, "paging: an instance is there")
        Check.isTrue((process?.frames ?? 99) < 16, "paging: frames of an instance")
        Check.isTrue((process?.mappedPages ?? 0) > 4, "paging: pages of an instance")
        Check.isTrue((try? child.kill()) != nil, "paging: kill")
        _ = try? child.wait()
    }

    // The heap reaches as far as was said, and what was not touched is not there.
    let size = (try? Manager.memory(of: Arguments.process))?.kilobytes ?? 0
    let large = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 16)
    let faults = (try? Manager.memory(of: Arguments.process))?.faults ?? 0
    large[3 << 20] = 7
    guard let touched = try? Manager.memory(of: Arguments.process) else { return Check.isTrue(false, "memory") }
    Check.isTrue(touched.kilobytes >= size + 4096, "heap: reaches further")
    Check.equal(touched.faults - faults, 1, "heap: a page appears")
    Check.equal(UInt32(large[(3 << 20) + 1]), 0, "heap: zeros")
    large.deallocate()
    let heap = ProgramLayout.heap
    for end in [0, heap.lowerBound, heap.upperBound + 1, 0xFFFF_FFFF] {
        Check.equal(
            label(Message(ManagerRequest.extendHeap, end)), ManagerError.badRequest.rawValue,
            "heap: where it may not be")
    }
    Check.refusal(.noSuchProcess, "memory: of nobody") { () throws(ManagerError) in
        _ = try Manager.memory(of: 0xFFFF_FFFF)
    }
    Check.isTrue((try? Manager.memory(of: 0).faults) ?? 0 > touched.faults, "memory: of all")
}

/// What a child finds in the variable that its parent has changed: 0 if it is the file's.
func checkVariable() -> UInt32 { variable == 0x1234_5678 ? 0 : 1 }
