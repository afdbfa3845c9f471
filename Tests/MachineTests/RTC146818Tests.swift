import Testing

@testable import Machine

@Suite struct RTC146818Tests {
    private func read(_ bench: Bench, _ index: UInt8) -> UInt8 {
        bench.out(0x70, index)
        return bench.inb(0x71)
    }

    private func write(_ bench: Bench, _ index: UInt8, _ value: UInt8) {
        bench.out(0x70, index)
        bench.out(0x71, value)
    }

    private func time(_ bench: Bench) -> [UInt8] {
        [0x32, 9, 8, 7, 4, 2, 0].map { read(bench, $0) }
    }

    @Test func itStartsWithTheConfiguredDate() throws {
        // 2024-02-28 23:59:58 UTC, a Wednesday.
        let bench = try Bench { $0.clockStart = .fixed(secondsSince1970: 1_709_164_798) }
        #expect(time(bench) == [0x20, 0x24, 0x02, 0x28, 0x23, 0x59, 0x58])
        #expect(read(bench, 6) == 4)
        bench.advance(2_000_000_000)
        #expect(time(bench) == [0x20, 0x24, 0x02, 0x29, 0x00, 0x00, 0x00])
        bench.advance(86_400_000_000_000)
        #expect(time(bench) == [0x20, 0x24, 0x03, 0x01, 0x00, 0x00, 0x00])
        #expect(read(bench, 6) == 6)
    }

    @Test func centuriesTurn() throws {
        let bench = try Bench { $0.clockStart = .fixed(secondsSince1970: 946_684_799) }
        #expect(time(bench) == [0x19, 0x99, 0x12, 0x31, 0x23, 0x59, 0x59])
        bench.advance(1_000_000_000)
        #expect(time(bench) == [0x20, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00])
    }

    @Test func binaryAndTwelveHours() throws {
        let bench = try Bench()
        write(bench, 0xB, 0x04)
        for (index, value) in [(UInt8(0), UInt8(59)), (2, 59), (4, 0x80 | 11), (7, 31), (8, 12), (9, 99)] {
            write(bench, index, value)
        }
        bench.advance(1_000_000_000)
        // 11:59:59 pm is followed by 12 am of the first of January.
        #expect([0, 2, 4, 7, 8, 9].map { read(bench, $0) } == [0, 0, 12, 1, 1, 0])
    }

    @Test func settingHoldsTheClock() throws {
        let bench = try Bench()
        write(bench, 0xB, 0x82)
        let before = time(bench)
        bench.advance(5_000_000_000)
        #expect(time(bench) == before)
        write(bench, 0xB, 0x02)
        bench.advance(1_000_000_000)
        #expect(read(bench, 0) == 1)
    }

    @Test func updateInProgressWarnsOfTheUpdate() throws {
        let bench = try Bench()
        bench.advance(500_000_000)
        #expect(read(bench, 0xA) & 0x80 == 0)
        bench.advance(499_900_000)
        #expect(read(bench, 0xA) & 0x80 != 0)
        bench.advance(200_000)
        #expect(read(bench, 0xA) & 0x80 == 0)
        #expect(read(bench, 0) == 1)
    }

    @Test func periodicInterrupts() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        write(bench, 0xB, 0x42)
        var count = 0
        for _ in 0..<1000 {
            bench.advance(100_000)
            guard bench.interruptRequested else { continue }
            #expect(bench.acknowledge() == 0x70)
            #expect(read(bench, 0xC) & 0xC0 == 0xC0)
            bench.out(0xA0, 0x20)
            bench.out(0x20, 0x20)
            count += 1
        }
        // 1024 per second for a tenth of one.
        #expect((101...103).contains(count))
    }

    @Test func thePeriodicFlagNeedsNoInterrupt() throws {
        let bench = try Bench()
        _ = read(bench, 0xC)
        #expect(read(bench, 0xC) == 0)
        bench.advance(1_000_000)
        #expect(read(bench, 0xC) == 0x40)
    }

    @Test func alarm() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        write(bench, 1, 0x05)
        write(bench, 3, 0xFF)
        write(bench, 5, 0xC0)
        write(bench, 0xB, 0x22)
        bench.advance(4_500_000_000)
        #expect(!bench.interruptRequested)
        bench.advance(1_000_000_000)
        #expect(bench.interruptRequested)
        #expect(read(bench, 0xC) & 0xA0 == 0xA0)
    }

    @Test(arguments: [(1, 0, 0), (16, 15 * 1024, 0), (64, 63 * 1024, 768), (3072, 65_535, 48_896)])
    func memorySizes(megabytes: Int, kilobytesAbove1: Int, chunksAbove16: Int) throws {
        let bench = try Bench { $0.memorySize = megabytes << 20 }
        func word(_ index: UInt8) -> Int { Int(read(bench, index)) | Int(read(bench, index + 1)) << 8 }
        #expect(word(0x15) == 640)
        #expect(word(0x17) == kilobytesAbove1)
        #expect(word(0x30) == kilobytesAbove1)
        #expect(word(0x34) == chunksAbove16)
        #expect([0x5B, 0x5C, 0x5D].map { read(bench, $0) } == [0, 0, 0])
        let sum = (0x10...0x2D).reduce(0) { $0 + Int(read(bench, UInt8($1))) }
        #expect(Int(read(bench, 0x2E)) << 8 | Int(read(bench, 0x2F)) == sum)
    }

    @Test func theRAMSurvivesAReset() throws {
        let bench = try Bench()
        write(bench, 0xF, 0x0A)
        write(bench, 0x40, 0x5A)
        bench.machine.reset()
        #expect(read(bench, 0xF) == 0x0A)
        #expect(read(bench, 0x40) == 0x5A)
    }

    @Test func dates() {
        let samples: [(Int64, [Int])] = [
            (0, [1970, 1, 1, 0, 0, 0, 5]), (951_782_400, [2000, 2, 29, 0, 0, 0, 3]),
            (-1, [1969, 12, 31, 23, 59, 59, 4]), (4_102_444_800, [2100, 1, 1, 0, 0, 0, 6]),
        ]
        for (seconds, expected) in samples {
            let date = CalendarDate(secondsSince1970: seconds)
            #expect([date.year, date.month, date.day, date.hour, date.minute, date.second, date.weekday] == expected)
        }
        #expect(CalendarDate(secondsSince1970: .max).year == 9999)
        #expect(CalendarDate(secondsSince1970: .min).year == 1)
    }
}
