import Debugger
import Machine
import Processor
import Testing

@Suite("Watchpoints", .enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
struct WatchpointTests {
    private func debugger() throws -> Debugger {
        let debugger = Debugger(try TestMachine.make())
        try debugger.symbols.load(TestMachine.program, name: "program.elf")
        return debugger
    }

    @Test func stopsBehindTheInstructionWithBothValues() throws {
        let debugger = try debugger()
        let watchpoint = debugger.setWatchpoint(MemoryWatch(.linear, 0x2000, count: 4))
        let stop = debugger.continue()
        #expect(stop.reason == .watchpoint(watchpoint.number))
        let access = try #require(stop.accesses.first)
        #expect(access.isWrite)
        #expect(access.before == [0, 0, 0, 0])
        #expect(access.after == [0x65, 0x50, 0, 0])
        #expect(access.step == stop.steps - 1)
        guard case .instruction(let writer) = access.origin else {
            Issue.record("\(access.origin)")
            return
        }
        // The third instruction there, and the others are 10 bytes long.
        #expect(writer == (try debugger.address("after_outer")) + 20)
        #expect(debugger.location.linear > writer)
        #expect(debugger.watchpoints.first?.hits == 1)
        // Nobody else writes there.
        guard case .tripleFault = debugger.continue().reason else {
            Issue.record("the watchpoint was hit again")
            return
        }
    }

    /// One iteration of a repeated instruction is one step.
    @Test func stopsWithinARepetition() throws {
        let debugger = try debugger()
        debugger.setWatchpoint(MemoryWatch(.linear, 2, count: 1))
        let stop = debugger.continue()
        #expect(stop.reason == .watchpoint(1))
        #expect(debugger.readMemory(at: 0, count: 4) == [0x41, 0x41, 0x41, 0])
        #expect(debugger.registers.general[1] & 0xFFFF == 1)
    }

    @Test func backwardsItStopsBeforeTheInstruction() throws {
        let debugger = try debugger()
        debugger.continue()
        let watchpoint = debugger.setWatchpoint(MemoryWatch(.linear, 0, count: 8))
        var positions: [UInt64] = []
        while true {
            let stop = debugger.reverseContinue()
            guard stop.reason == .watchpoint(watchpoint.number) else {
                #expect(stop.reason == .beginningOfRecording)
                break
            }
            #expect(stop.accesses.first?.after == [])
            positions.append(stop.steps)
        }
        // `rep stosb` of four bytes.
        #expect(positions.count == 4)
        #expect(zip(positions, positions.dropFirst()).allSatisfy { $0 == $1 + 1 })
        #expect(debugger.continue().reason == .watchpoint(watchpoint.number))
        #expect(debugger.machine.steps == (positions.last ?? 0) + 1)
    }

    @Test func readsAndAccesses() throws {
        let debugger = try debugger()
        // The stack slot with the return address of `double_it`.
        debugger.setWatchpoint(MemoryWatch(.linear, 0x6FFE, count: 2, reads: true, writes: false))
        let read = debugger.continue()
        #expect(read.reason == .watchpoint(1))
        #expect(read.accesses.first?.isWrite == false)
        #expect(read.location.symbol?.description == "after_call")
        debugger.go(to: 0)
        debugger.deleteAllBreakpoints()
        debugger.setWatchpoint(MemoryWatch(.physical, 0x6FFE, count: 2, reads: true))
        #expect(debugger.continue().accesses.map(\.isWrite) == [true])
        #expect(debugger.continue().accesses.map(\.isWrite) == [false])
    }

    /// Linear memory is watched in the address space of the moment, physical memory through every mapping.
    @Test func linearAndPhysical() throws {
        let debugger = try debugger()
        #expect(debugger.run(toAddress: try debugger.address("paging_on")).reason == .arrived)
        let linear = debugger.setWatchpoint(MemoryWatch(.linear, 0x40_0008, count: 4))
        let physical = debugger.setWatchpoint(MemoryWatch(.physical, 0x5008, count: 4))
        let stop = debugger.continue()
        // 0x400000 is mapped to 0x5000; the program writes by the identical mapping.
        #expect(stop.reason == .watchpoint(physical.number))
        #expect(stop.accesses.first?.after == [0x78, 0x56, 0x34, 0x12])
        #expect(debugger.watchpoints.first { $0.number == linear.number }?.hits == 0)
    }

    @Test func manyLargeAndDisabledOnes() throws {
        let debugger = try debugger()
        for index in 0..<200 { debugger.setWatchpoint(MemoryWatch(.physical, 0x10_0000 + UInt32(index) * 8, count: 4)) }
        let all = debugger.setWatchpoint(MemoryWatch(.linear, 0x1000, count: 0x2000))
        let stop = debugger.continue()
        #expect(stop.reason == .watchpoint(all.number))
        #expect(stop.accesses.first?.address == 0x1000)
        #expect(stop.accesses.first?.after == [0x83, 0, 0, 0])
        #expect(debugger.enableBreakpoint(all.number, false))
        guard case .tripleFault = debugger.continue().reason else {
            Issue.record("a disabled watchpoint was hit")
            return
        }
        #expect(debugger.deleteBreakpoint(all.number))
        #expect(!debugger.deleteBreakpoint(all.number))
    }

    /// Where nobody watches, a run is what it was.
    @Test func watchingChangesNothing() throws {
        let plain = try debugger()
        plain.continue(until: 60)
        let watching = try debugger()
        watching.setWatchpoint(MemoryWatch(.linear, 0, count: 0x8000, reads: true))
        watching.setWatchpoint(MemoryWatch(.physical, 0, count: 0x8000, reads: true))
        while watching.machine.steps < 60 { watching.continue(until: 60) }
        #expect(watching.machine.stateDigest() == plain.machine.stateDigest())
        #expect(watching.machine.processor.watches.isEmpty)
    }

    @Test func theDebuggersOwnWritesCount() throws {
        let debugger = try debugger()
        debugger.continue(until: 10)
        debugger.writePhysicalMemory([7], at: 0x3000)
        debugger.continue(until: 20)
        guard case .found(let write) = debugger.lastWrite(toPhysical: 0x3000) else {
            Issue.record("the write was not found")
            return
        }
        #expect(write.origin == .outside)
        #expect(write.before == [0])
        #expect(write.after == [7])
        #expect(debugger.machine.steps == 20)
    }

    @Test func lastWriteNamesTheInstruction() throws {
        let debugger = try debugger()
        #expect(debugger.run(toAddress: try debugger.address("break_it")).reason == .arrived)
        let here = debugger.machine.steps
        let digest = debugger.machine.stateDigest()
        // Through the other mapping of the same memory.
        guard case .found(let write) = debugger.lastWrite(to: 0x40_0008, count: 4) else {
            Issue.record("the write was not found")
            return
        }
        #expect(write.location.symbol?.description == "paging_on")
        #expect(write.instruction == "mov dword ptr [0x5008], 0x12345678")
        #expect(write.after == [0x78, 0x56, 0x34, 0x12])
        #expect(debugger.machine.steps == here)
        #expect(debugger.machine.stateDigest() == digest)
        #expect(debugger.lastWrite(toPhysical: 0x3_0000) == .nothing)
        #expect(debugger.lastWrite(to: 0xC000_0000) == nil)

        _ = debugger.lastWrite(to: 0x40_0008, count: 4, goes: true)
        #expect(debugger.machine.steps == write.step)
        #expect(debugger.location == write.location)
    }

    @Test func lastWriteOfRegistersAndPageTables() throws {
        let debugger = try debugger()
        #expect(debugger.run(toAddress: try debugger.address("break_it")).reason == .arrived)
        func register(_ name: String) throws -> Debugger.LastWrite {
            guard case .found(let write) = try #require(debugger.lastWrite(toRegister: name)) else {
                throw Missing()
            }
            return write
        }
        #expect(try register("cr3").instruction == "mov cr3, eax")
        #expect(try register("cr3").after == [0, 0x10, 0, 0])
        #expect(try register("cr0").instruction == "mov cr0, eax")
        #expect(try register("edx").instruction == "inc edx")
        #expect(try register("edx").location.symbol?.description == "inner_body")
        #expect(try register("ds").instruction == "mov ds, ax")
        #expect(debugger.lastWrite(toRegister: "nothing") == nil)
        #expect(debugger.lastWrite(toRegister: "fs") == .nothing)

        let entry = try #require(debugger.pageEntryAddress(of: 0x40_0000))
        #expect(entry.physical == 0x2000)
        guard case .found(let write) = debugger.lastWrite(toPhysical: 0x2000, count: 4, ignoringPageWalks: true) else {
            throw Missing()
        }
        #expect(write.instruction == "mov dword ptr [0x2000], 0x5065")
        // The directory entry of the page that holds the code was marked by the page walk.
        guard case .found(let mark) = debugger.lastWrite(toPhysical: 0x1000, count: 4) else { throw Missing() }
        #expect(mark.origin != .outside)
        guard case .pageWalk = mark.origin else {
            Issue.record("\(mark.origin)")
            return
        }
        #expect(mark.before[0] & 0x60 != mark.after[0] & 0x60)
    }

    private struct Missing: Error {}

    @Test func commands() throws {
        let commands = try TestMachine.commands()
        #expect(commands.execute("watch 0x2000").text == "watchpoint 1: writes to 4 bytes at 00002000")
        #expect(
            commands.execute("awatch/p 0x3000 8").text
                == "watchpoint 2: reads and writes of 8 bytes at physical 00003000")
        #expect(commands.execute("info break").text.contains("reads and writes of 8 bytes"))
        let stop = commands.execute("continue").text
        #expect(stop.hasPrefix("watchpoint 1 at 0x2000: 00000000 -> 00005065, written by "), "\(stop)")
        let back = commands.execute("reverse-continue").text
        #expect(back.hasPrefix("watchpoint 1 at 0x2000, hit 2 times: 00000000, about to be written\nstep "), "\(back)")
        #expect(back.contains("mov dword ptr [0x2000], 0x5065"))
        _ = commands.execute("delete all")
        _ = commands.execute("until break_it")
        #expect(commands.execute("last-write pte 0x400000").text.contains("-> 00005065 by step"))
        #expect(commands.execute("last-write cr3").text.contains("mov cr3, eax"))
        #expect(commands.execute("last-write 0x300000").text.contains("has not been written"))
        #expect(commands.execute("last-write cr3 --go").text.contains("(in the past"))
        for line in ["watch", "watch/q 0", "watch 0 0", "watch nowhere", "watch 0 1 2"] {
            let text = commands.execute(line).text
            #expect(!text.isEmpty && !text.contains("\n") && !text.hasPrefix("watchpoint"), "\(line)")
        }
    }
}
