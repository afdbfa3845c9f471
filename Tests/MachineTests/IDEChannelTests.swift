import Testing

@testable import Machine

@Suite struct IDEChannelTests {
    /// A disk whose sector n begins with n in 16 bits, and which can be told to fail.
    final class TestDisk: DiskImage, @unchecked Sendable {
        let sectorCount: UInt64
        let isReadOnly: Bool
        var failing: Set<UInt64> = []
        var written: [UInt64: [UInt8]] = [:]

        init(sectorCount: UInt64, isReadOnly: Bool = false) {
            self.sectorCount = sectorCount
            self.isReadOnly = isReadOnly
        }

        func read(_ count: Int, at sector: UInt64) throws(DiskError) -> [UInt8] {
            var bytes: [UInt8] = []
            for number in sector..<sector + UInt64(count) {
                if failing.contains(number) { throw DiskError("sector \(number) is bad") }
                bytes += written[number]
                    ?? [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
                    + [UInt8](repeating: 0xE5, count: 510)
            }
            return bytes
        }

        func write(_ bytes: [UInt8], at sector: UInt64) throws(DiskError) {
            if failing.contains(sector) { throw DiskError("sector \(sector) is bad") }
            for index in 0..<bytes.count / 512 {
                written[sector + UInt64(index)] = Array(bytes[index * 512..<index * 512 + 512])
            }
        }
    }

    private static let base: UInt16 = 0x1F0

    private func bench(_ disks: TestDisk?..., policy: Machine.WritePolicy = .writeThrough) throws -> Bench {
        let bench = try Bench {
            $0.drives = disks.map { disk in disk.map { Machine.Drive(image: $0, policy: policy) } }
        }
        bench.initializeInterrupts()
        return bench
    }

    private func command(_ bench: Bench, _ command: UInt8, lba: UInt32 = 0, count: UInt8 = 1, slave: Bool = false) {
        bench.out(Self.base + 6, 0xE0 | (slave ? 0x10 : 0) | UInt8(lba >> 24 & 0xF))
        bench.out(Self.base + 2, count)
        for index in 0..<3 {
            bench.out(Self.base + 3 + UInt16(index), UInt8(truncatingIfNeeded: lba >> UInt32(8 * index)))
        }
        bench.out(Self.base + 7, command)
    }

    private func waitWhileBusy(_ bench: Bench) -> UInt8 {
        bench.wait("the drive stays busy", until: { bench.inb(0x3F6) & 0x80 == 0 })
        return bench.inb(Self.base + 7)
    }

    private func readSector(_ bench: Bench) -> [UInt16] {
        (0..<256).map { _ in bench.inWord(Self.base) }
    }

    private func acknowledgeDisk(_ bench: Bench) -> Bool {
        guard bench.interruptRequested, bench.acknowledge() == 0x76 else { return false }
        bench.out(0xA0, 0x20)
        bench.out(0x20, 0x20)
        return true
    }

    @Test func identify() throws {
        let bench = try bench(TestDisk(sectorCount: 204_800))
        command(bench, 0xEC)
        #expect(bench.inb(0x3F6) == 0x80)
        #expect(waitWhileBusy(bench) == 0x58)
        let words = readSector(bench)
        #expect(words[1] == 203 && words[3] == 16 && words[6] == 63)
        #expect(UInt32(words[60]) | UInt32(words[61]) << 16 == 204_800)
        #expect(words[49] & 0x0200 != 0)
        let model = words[27..<47].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(String(decoding: model, as: UTF8.self).hasPrefix("MARTLET HARDDISK  "))
        #expect(bench.inb(0x3F6) == 0x50)
    }

    @Test func readsSectorsWithAnInterruptForEach() throws {
        let bench = try bench(TestDisk(sectorCount: 1000))
        command(bench, 0x20, lba: 0x123, count: 3)
        for sector in 0..<UInt16(3) {
            bench.wait(until: { bench.interruptRequested })
            #expect(bench.inb(Self.base + 7) == 0x58)
            #expect(acknowledgeDisk(bench) || !bench.interruptRequested)
            #expect(readSector(bench)[0] == 0x123 + sector)
        }
        bench.advance(1_000_000)
        #expect(!bench.interruptRequested)
        #expect(bench.inb(Self.base + 7) == 0x50)
        // The registers name the last sector; nothing is left.
        #expect(bench.inb(Self.base + 3) == 0x25)
        #expect(bench.inb(Self.base + 2) == 0)
    }

    @Test func chsAddressesFollowTheGeometry() throws {
        let bench = try bench(TestDisk(sectorCount: 204_800))
        bench.out(Self.base + 6, 0xA5)
        bench.out(Self.base + 2, 1)
        bench.out(Self.base + 3, 7)
        bench.out(Self.base + 4, 2)
        bench.out(Self.base + 5, 0)
        bench.out(Self.base + 7, 0x20)
        #expect(waitWhileBusy(bench) == 0x58)
        #expect(readSector(bench)[0] == (2 * 16 + 5) * 63 + 6)
        // INITIALIZE DEVICE PARAMETERS: 4 heads, 17 sectors.
        bench.out(Self.base + 6, 0xA3)
        bench.out(Self.base + 2, 17)
        bench.out(Self.base + 7, 0x91)
        #expect(waitWhileBusy(bench) == 0x50)
        bench.out(Self.base + 2, 1)
        bench.out(Self.base + 7, 0x20)
        #expect(waitWhileBusy(bench) == 0x58)
        #expect(readSector(bench)[0] == (2 * 4 + 3) * 17 + 6)
    }

    @Test func writesReachTheImage() throws {
        let disk = TestDisk(sectorCount: 100)
        let bench = try bench(disk)
        command(bench, 0x30, lba: 10, count: 2)
        #expect(waitWhileBusy(bench) == 0x58)
        #expect(!bench.interruptRequested)
        for word in 0..<256 { bench.outWord(Self.base, UInt16(word)) }
        bench.wait(until: { bench.interruptRequested })
        #expect(bench.inb(Self.base + 7) == 0x58)
        for word in 0..<256 { bench.outWord(Self.base, UInt16(1000 + word)) }
        #expect(waitWhileBusy(bench) == 0x50)
        #expect(disk.written[10]?[2...3] == [1, 0])
        #expect(disk.written[11]?[0...1] == [0xE8, 0x03])
        command(bench, 0x20, lba: 11)
        #expect(waitWhileBusy(bench) == 0x58)
        #expect(readSector(bench)[255] == 1255)
    }

    @Test func discardedWritesStayInTheMachine() throws {
        let disk = TestDisk(sectorCount: 100, isReadOnly: true)
        let bench = try bench(disk, policy: .discard)
        command(bench, 0x30, lba: 10)
        #expect(waitWhileBusy(bench) == 0x58)
        for _ in 0..<256 { bench.outWord(Self.base, 0xBEEF) }
        #expect(waitWhileBusy(bench) == 0x50)
        #expect(disk.written.isEmpty)
        command(bench, 0x20, lba: 10)
        #expect(waitWhileBusy(bench) == 0x58)
        #expect(readSector(bench)[17] == 0xBEEF)
    }

    @Test func multipleSectorsPerInterrupt() throws {
        let bench = try bench(TestDisk(sectorCount: 100))
        command(bench, 0xC4, lba: 1, count: 5)
        // Not before SET MULTIPLE MODE.
        #expect(waitWhileBusy(bench) == 0x51)
        #expect(bench.inb(Self.base + 1) == 0x04)
        command(bench, 0xC6, count: 4)
        #expect(waitWhileBusy(bench) == 0x50)
        command(bench, 0xC4, lba: 1, count: 5)
        #expect(waitWhileBusy(bench) == 0x58)
        for sector in 1...4 { #expect(readSector(bench)[0] == UInt16(sector)) }
        #expect(bench.inb(0x3F6) & 0x80 != 0)
        #expect(waitWhileBusy(bench) == 0x58)
        #expect(readSector(bench)[0] == 5)
        #expect(waitWhileBusy(bench) == 0x50)
    }

    @Test func errorsNameTheSector() throws {
        let disk = TestDisk(sectorCount: 100)
        disk.failing = [22]
        let bench = try bench(disk)
        command(bench, 0x20, lba: 20, count: 5)
        for _ in 0..<2 {
            #expect(waitWhileBusy(bench) == 0x58)
            _ = readSector(bench)
        }
        #expect(waitWhileBusy(bench) == 0x51)
        #expect(bench.inb(Self.base + 1) == 0x40)
        #expect(bench.inb(Self.base + 3) == 22)
        #expect(bench.inb(Self.base + 2) == 3)
        #expect(bench.sink.warnings == ["sector 22 is bad"])
        // Beyond the end: ID not found.
        command(bench, 0x20, lba: 100)
        #expect(waitWhileBusy(bench) == 0x51)
        #expect(bench.inb(Self.base + 1) == 0x10)
        command(bench, 0x20, lba: 99, count: 2)
        #expect(waitWhileBusy(bench) == 0x58)
        _ = readSector(bench)
        #expect(waitWhileBusy(bench) == 0x51)
        #expect(bench.inb(Self.base + 1) == 0x10)
        // Unknown commands are aborted.
        command(bench, 0xF1)
        #expect(waitWhileBusy(bench) == 0x51)
        #expect(bench.inb(Self.base + 1) == 0x04)
    }

    @Test func aReadOnlyImageRefusesWrites() throws {
        let bench = try bench(TestDisk(sectorCount: 10, isReadOnly: true))
        command(bench, 0x30, lba: 1)
        #expect(waitWhileBusy(bench) == 0x58)
        for _ in 0..<256 { bench.outWord(Self.base, 0) }
        #expect(waitWhileBusy(bench) == 0x51)
        #expect(bench.inb(Self.base + 1) == 0x04)
    }

    @Test func softwareResetShowsTheSignature() throws {
        let bench = try bench(TestDisk(sectorCount: 10))
        command(bench, 0x20, lba: 1)
        bench.out(0x3F6, 0x04)
        #expect(bench.inb(0x3F6) & 0x80 != 0)
        bench.out(0x3F6, 0x00)
        #expect(waitWhileBusy(bench) == 0x50)
        #expect((1...5).map { bench.inb(Self.base + UInt16($0)) } == [1, 1, 1, 0, 0])
    }

    @Test func absentDrives() throws {
        let one = try bench(TestDisk(sectorCount: 10))
        one.out(Self.base + 6, 0xF0)
        #expect(one.inb(Self.base + 7) == 0)
        one.out(Self.base + 7, 0xEC)
        one.advance(10_000_000)
        #expect(one.inb(Self.base + 7) == 0)
        #expect(!one.interruptRequested)
        // Nobody is on the secondary channel: its lines float.
        #expect(one.inb(0x177) == 0xFF)
        #expect(one.inb(0x376) == 0xFF)
    }

    @Test func theSlaveAnswers() throws {
        let bench = try bench(TestDisk(sectorCount: 10), TestDisk(sectorCount: 2000))
        command(bench, 0x20, lba: 1500, slave: true)
        #expect(waitWhileBusy(bench) == 0x58)
        #expect(readSector(bench)[0] == 1500)
        command(bench, 0x20, lba: 5)
        #expect(waitWhileBusy(bench) == 0x58)
        #expect(readSector(bench)[0] == 5)
    }

    @Test func interruptsCanBeSwitchedOff() throws {
        let bench = try bench(TestDisk(sectorCount: 10))
        bench.out(0x3F6, 0x02)
        command(bench, 0xEC)
        bench.advance(10_000_000)
        #expect(!bench.interruptRequested)
        bench.out(0x3F6, 0x00)
        #expect(bench.interruptRequested)
        // Reading the status takes the interrupt back, reading the alternate status does not.
        _ = bench.inb(0x3F6)
        #expect(bench.interruptRequested)
        _ = bench.inb(Self.base + 7)
        #expect(!bench.interruptRequested)
    }

    @Test func setFeaturesAndBuffers() throws {
        let bench = try bench(TestDisk(sectorCount: 10))
        for (feature, count, status) in [(UInt8(0x03), UInt8(0x0C), UInt8(0x50)), (0x03, 0x22, 0x51), (0x99, 0, 0x51)] {
            bench.out(Self.base + 1, feature)
            command(bench, 0xEF, count: count)
            #expect(waitWhileBusy(bench) == status)
        }
        command(bench, 0xE8)
        #expect(waitWhileBusy(bench) == 0x58)
        for word in 0..<256 { bench.outWord(Self.base, UInt16(word ^ 0x55)) }
        #expect(waitWhileBusy(bench) == 0x50)
        command(bench, 0xE4)
        #expect(waitWhileBusy(bench) == 0x58)
        #expect(readSector(bench)[9] == 9 ^ 0x55)
    }

    @Test func partitionTablesTellTheGeometry() {
        var sector = [UInt8](repeating: 0, count: 512)
        sector[510] = 0x55
        sector[511] = 0xAA
        sector.replaceSubrange(0x1BE..<0x1CE, with: [0x80, 1, 1, 0, 6, 7, 0x60 | 32, 0xFF, 32, 0, 0, 0, 0, 0xFF, 0, 0])
        let geometry = DiskGeometry(sectorCount: 65_536, bootSector: sector)
        #expect(geometry == DiskGeometry(cylinders: 256, heads: 8, sectors: 32))
        #expect(
            DiskGeometry(sectorCount: 65_536, bootSector: []) == DiskGeometry(cylinders: 65, heads: 16, sectors: 63))
        #expect(DiskGeometry(sectorCount: 1 << 40, bootSector: []).cylinders == 16_383)
        #expect(DiskGeometry(sectorCount: 1, bootSector: []).isValid)
    }
}
