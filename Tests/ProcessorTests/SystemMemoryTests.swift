import Testing

@testable import Processor

@Suite("Physical memory")
struct SystemMemoryTests {
    @Test("RAM has the PC's holes, which read as ones")
    func holes() throws {
        let memory = try PhysicalMemory(ramSize: 2 << 20)
        memory.write([1, 2, 3], at: 0x9FFFE)
        #expect(memory.read(0x9FFFE, count: 3) == [1, 2, 0xFF])
        memory.write([7], at: 0x20_0000)
        #expect(memory.read(0x20_0000, count: 1) == [0xFF])
        memory.write([7], at: 0x10_0000)
        #expect(memory.read(0x10_0000, count: 1) == [7])
    }

    @Test("ROM can be read, not written, and ends at 4 GiB")
    func rom() throws {
        let memory = try PhysicalMemory(ramSize: 1 << 20)
        memory.mapROM(Array(repeating: 0x90, count: 0x20000), at: 0xFFFE_0000)
        memory.write([1], at: 0xFFFF_FFFF)
        #expect(memory.read(0xFFFF_FFFF, count: 1) == [0x90])
    }

    @Test("A snapshot is restored exactly, and unchanged pages are shared")
    func snapshots() throws {
        let memory = try PhysicalMemory(ramSize: 1 << 20)
        memory.write([1], at: 0x1000)
        memory.write([2], at: 0x2000)
        let first = memory.snapshot()
        memory.write([3], at: 0x2000)
        let second = memory.snapshot()
        #expect(first != second)
        #expect(first.page(1) === second.page(1))
        #expect(first.page(3) == nil)
        memory.write([4], at: 0x5000)
        #expect(memory.restore(first))
        #expect(memory.read(0x2000, count: 1) == [2])
        #expect(memory.read(0x5000, count: 1) == [0])
        #expect(memory.snapshot() == first)
        #expect(memory.restore(second))
        #expect(memory.read(0x2000, count: 1) == [3])
        #expect(try !PhysicalMemory(ramSize: 2 << 20).restore(first))
    }

    @Test("A snapshot survives the way through its serialised form, and bad forms are refused")
    func serialisedSnapshots() throws {
        let memory = try PhysicalMemory(ramSize: 1 << 20)
        memory.fillWithJunk(seed: 1)
        let snapshot = memory.snapshot()
        let copy = try #require(PhysicalMemory.Snapshot(ramSize: snapshot.ramSize, contents: snapshot.contents))
        #expect(copy == snapshot)
        #expect(PhysicalMemory.Snapshot(ramSize: 4096, contents: [(1, Array(repeating: 0, count: 4096))]) == nil)
        #expect(PhysicalMemory.Snapshot(ramSize: 4096, contents: [(0, [1])]) == nil)
        #expect(PhysicalMemory.Snapshot(ramSize: 4097, contents: []) == nil)
    }

    @Test("Junk depends on its seed only")
    func junk() throws {
        let one = try PhysicalMemory(ramSize: 1 << 20)
        let other = try PhysicalMemory(ramSize: 1 << 20)
        one.fillWithJunk(seed: 1)
        other.fillWithJunk(seed: 1)
        #expect(one.read(0, count: 0x1000) == other.read(0, count: 0x1000))
        other.fillWithJunk(seed: 2)
        #expect(one.read(0, count: 0x1000) != other.read(0, count: 0x1000))
        #expect(one.read(0xA0000, count: 1) == [0xFF])
    }

    @Test("Stores after a snapshot are noticed although earlier ones were fast")
    func dirtyPages() throws {
        let machine = try SystemFixture()
        let ds = SegmentIndex.ds.rawValue
        try machine.core.write32(ds, 0x6000, 1)
        try machine.core.write32(ds, 0x6000, 2)
        let snapshot = machine.memory.snapshot()
        try machine.core.write32(ds, 0x6000, 3)
        #expect(machine.memory.snapshot() != snapshot)
        #expect(machine.memory.restore(snapshot))
        #expect(try machine.core.read32(ds, 0x6000) == 2)
    }

    @Test("Devices in memory are asked, whatever was cached before")
    func mmio() throws {
        let machine = try SystemFixture()
        let ds = SegmentIndex.ds.rawValue
        #expect(try machine.core.read32(ds, 0xA0000) == 0xFFFF_FFFF)
        machine.memory.mapMMIO(0xA0000..<0xC0000)
        #expect(try machine.core.read16(ds, 0xA0010) == 0x0010)
        #expect(machine.bus.mmioReads.map(\.size) == [2])
        try machine.core.modify8(ds, 0xB8000) { $0 &+ 1 }
        #expect(machine.bus.mmioWrites.map(\.value) == [1])
        // RAM on one side of the border, a device on the other: bytes.
        try machine.core.write32(ds, 0x9FFFE, 0x4433_2211)
        #expect(machine.memory.read(0x9FFFE, count: 2) == [0x11, 0x22])
        #expect(machine.bus.mmioWrites.dropFirst().map(\.value) == [0x33, 0x44])
    }

    @Test("With the A20 gate closed the second megabyte is the first")
    func a20() throws {
        let machine = try SystemFixture()
        let ds = SegmentIndex.ds.rawValue
        try machine.core.write8(ds, 0x10_0500, 1)
        machine.processor.isA20Enabled = false
        #expect(try machine.core.read8(ds, 0x10_0500) == 0)
        try machine.core.write8(ds, 0x10_0500, 2)
        machine.processor.isA20Enabled = true
        #expect(try machine.core.read8(ds, 0x10_0500) == 1)
        #expect(try machine.core.read8(ds, 0x500) == 2)
    }
}
