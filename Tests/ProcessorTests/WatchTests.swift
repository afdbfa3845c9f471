import Testing

@testable import Processor

@Suite("Watched memory")
struct WatchTests {
    private let machine: SystemFixture

    init() throws {
        machine = try SystemFixture()
        machine.setInterruptGate(0, offset: 0x6000)
    }

    private func run(_ code: [UInt8], until steps: UInt64 = 20) -> [WatchedAccess] {
        machine.memory.write(code + [0xF4], at: 0x5000)
        machine.state.pointee.eip = 0x5000
        machine.state.pointee.halted = false
        _ = machine.processor.run(until: machine.processor.steps + steps)
        return machine.processor.takeWatchedAccesses()
    }

    @Test("A run ends behind the instruction, in the middle of a block")
    func endOfRun() {
        machine.processor.watches = [MemoryWatch(.linear, 0x9000, count: 4)]
        // mov byte [0x9001], 5; inc eax; inc eax
        let accesses = run([0xC6, 0x05, 1, 0x90, 0, 0, 5, 0x40, 0x40])
        #expect(machine.processor.steps == 1)
        #expect(machine.state.pointee.eip == 0x5007)
        #expect(accesses.map(\.origin) == [.instruction(0x5000)])
        #expect(accesses.map(\.before) == [[0, 0, 0, 0]])
        #expect(accesses.first?.address == 0x9000)
        // And goes on.
        #expect(machine.processor.run(until: 3) == .deadline)
        #expect(machine.state.pointee.eip == 0x5009)
    }

    @Test("Wide operands are one access, of all their bytes")
    func wideOperands() {
        machine.state.pointee.cr4 |= ControlRegister.osFXSR
        machine.processor.watches = [MemoryWatch(.physical, 0x9000, count: 64, reads: true)]
        // movups [0x9008], xmm0
        let writes = run([0x0F, 0x11, 0x05, 8, 0x90, 0, 0])
        #expect(writes.map(\.isWrite) == [true])
        #expect(writes.first?.address == 0x9008)
        #expect(writes.first?.before.count == 16)
        // movups xmm0, [0x9008]
        #expect(run([0x0F, 0x10, 0x05, 8, 0x90, 0, 0]).map(\.before.count) == [16])
    }

    @Test("What an instruction has read that then faults does not count")
    func faults() {
        machine.processor.watches = [MemoryWatch(.linear, 0x9000, count: 4, reads: true)]
        machine.memory.write([0xF4], at: 0x6000)
        // div dword [0x9000], which holds 0
        #expect(run([0xF7, 0x35, 0, 0x90, 0, 0]).isEmpty)
        #expect(machine.state.pointee.eip == 0x6001)
        // mov eax, [0x9000]
        #expect(run([0xA1, 0, 0x90, 0, 0]).map(\.isWrite) == [false])
    }

    @Test("Writes from outside count, restoring a snapshot does not")
    func outside() {
        let snapshot = machine.memory.snapshot()
        machine.processor.watches = [MemoryWatch(.physical, 0x9000, count: 4)]
        machine.memory.write([1, 2, 3, 4, 5, 6], at: 0x8FFE)
        #expect(machine.processor.hasWatchedAccesses)
        #expect(machine.processor.takeWatchedAccesses().map(\.origin) == [.outside])
        #expect(machine.memory.restore(snapshot))
        #expect(machine.processor.takeWatchedAccesses().isEmpty)
        #expect(machine.memory.read(0x9000, count: 4) == [0, 0, 0, 0])
    }

    @Test("The page walk's marks count as its own")
    func pageWalks() throws {
        // 4 MiB pages at 0: one entry.
        machine.poke32(0x10000, 0x83)
        machine.state.pointee.cr4 |= ControlRegister.pageSizeExtensions
        try machine.core.movToControl(3, 0x10000)
        try machine.core.movToControl(0, machine.state.pointee.cr0 | ControlRegister.paging)
        machine.processor.watches = [MemoryWatch(.physical, 0x10000, count: 4)]
        // inc eax: the fetch sets the accessed bit, and the instruction is completed.
        let fetch = run([0x40])
        #expect(fetch.map(\.origin) == [.pageWalk(0x5000)])
        #expect(machine.processor.steps == 1)
        #expect(machine.state.pointee.general[0] == 1)
        // mov [0x9000], eax sets the dirty bit.
        #expect(run([0xA3, 0, 0x90, 0, 0]).map(\.origin) == [.pageWalk(0x5000)])
        #expect(machine.memory.read(0x10000, count: 1) == [0xE3])
    }

    @Test("Without watches the fast path is back")
    func removal() {
        let gate = { machine.memory.pages[9] }
        let before = gate()
        machine.processor.watches = [MemoryWatch(.physical, 0x9000, count: 4, reads: true)]
        #expect(gate() != before)
        machine.processor.watches = []
        #expect(gate() == before)
        #expect(run([0xC6, 0x05, 1, 0x90, 0, 0, 5]).isEmpty)
    }

    @Test("Snapshots count what they hold")
    func snapshotBytes() throws {
        let memory = try PhysicalMemory(ramSize: 4 << 20)
        #expect(memory.changedPageCount == 0)
        memory.write([1], at: 0x1000)
        memory.write([1], at: 0x20_0000)
        #expect(memory.changedPageCount == 2)
        var first: PhysicalMemory.Snapshot? = memory.snapshot()
        let bytes = memory.snapshotBytes
        #expect(memory.changedPageCount == 0)
        #expect(bytes >= 2 * 4096)
        memory.write([2], at: 0x1000)
        _ = memory.snapshot()
        #expect(memory.snapshotBytes >= bytes + 4096)
        #expect(first?.page(1)?.bytes.first == 1)
        // The page that only the first one held goes with it.
        first = nil
        #expect(memory.snapshotBytes == bytes)
    }
}
