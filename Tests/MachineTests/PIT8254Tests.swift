import RandomTestSupport
import Testing

@testable import Machine

@Suite struct PIT8254Tests {
    /// A counter by itself, its clock ticked by hand.
    private func counter(mode: UInt8, count: UInt16, gate: Bool = true, bcd: Bool = false) -> PIT8254.Counter {
        var counter = PIT8254.Counter()
        counter.gate = gate
        counter.writeControl(0x30 | mode << 1 | (bcd ? 1 : 0))
        counter.write(UInt8(count & 0xFF))
        counter.write(UInt8(count >> 8))
        return counter
    }

    /// The outputs after each of `ticks` ticks.
    private func outputs(_ counter: inout PIT8254.Counter, ticks: Int) -> String {
        var text = ""
        for _ in 0..<ticks {
            counter.advance(to: counter.tick + 1)
            text += counter.output ? "1" : "0"
        }
        return text
    }

    @Test func modeZeroGoesHighAfterTheCount() {
        var counter = counter(mode: 0, count: 3)
        #expect(counter.output == false)
        // One tick to load, three to count; then it stays.
        #expect(outputs(&counter, ticks: 7) == "0001111")
        #expect(counter.reading == 0xFFFD)
    }

    @Test func modeZeroStopsWithTheGate() {
        var counter = counter(mode: 0, count: 3)
        #expect(outputs(&counter, ticks: 2) == "00")
        counter.setGate(false)
        #expect(outputs(&counter, ticks: 5) == "00000")
        counter.setGate(true)
        #expect(outputs(&counter, ticks: 3) == "011")
    }

    @Test func modeOneIsTriggeredByTheGate() {
        var counter = counter(mode: 1, count: 3, gate: false)
        #expect(outputs(&counter, ticks: 3) == "111")
        counter.setGate(true)
        #expect(outputs(&counter, ticks: 2) == "00")
        // A second trigger starts the pulse anew.
        counter.setGate(false)
        counter.setGate(true)
        #expect(outputs(&counter, ticks: 6) == "000111")
    }

    @Test func modeTwoPulsesEveryCount() {
        var counter = counter(mode: 2, count: 4)
        #expect(counter.output)
        #expect(outputs(&counter, ticks: 13) == "1110111011101")
    }

    @Test func modeTwoTakesANewCountAtTheEndOfTheCycle() {
        var counter = counter(mode: 2, count: 4)
        #expect(outputs(&counter, ticks: 2) == "11")
        counter.write(2)
        counter.write(0)
        #expect(outputs(&counter, ticks: 7) == "1010101")
    }

    @Test(arguments: [(UInt16(4), "1100110011"), (5, "1110011100")])
    func modeThreeIsASquareWave(count: UInt16, expected: String) {
        var counter = counter(mode: 3, count: count)
        #expect(outputs(&counter, ticks: 10) == expected)
    }

    @Test func modeThreeCountsByTwo() {
        var counter = counter(mode: 3, count: 6)
        var readings: [UInt16] = []
        for _ in 0..<6 {
            counter.advance(to: counter.tick + 1)
            readings.append(counter.reading)
        }
        #expect(readings == [6, 4, 2, 6, 4, 2])
    }

    @Test func modeFourStrobesOnce() {
        var counter = counter(mode: 4, count: 3)
        #expect(outputs(&counter, ticks: 8) == "11101111")
    }

    @Test func modeFiveStrobesAfterATrigger() {
        var counter = counter(mode: 5, count: 2, gate: false)
        #expect(outputs(&counter, ticks: 4) == "1111")
        counter.setGate(true)
        #expect(outputs(&counter, ticks: 5) == "11011")
    }

    @Test func decimalCounting() {
        var counter = counter(mode: 2, count: 0x0100, bcd: true)
        counter.advance(to: counter.tick + 2)
        #expect(counter.reading == 0x0099)
        // A count of 0 is 10,000.
        var longest = self.counter(mode: 2, count: 0, bcd: true)
        longest.advance(to: longest.tick + 2)
        #expect(longest.reading == 0x9999)
    }

    @Test func oneJumpEqualsManySteps() {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<2000 {
            let mode = UInt8(generator.next() % 6)
            var stepped = counter(mode: mode, count: UInt16(generator.next() % 9 + 2), bcd: generator.next() & 1 != 0)
            if mode == 1 || mode == 5 {
                stepped.setGate(false)
                stepped.setGate(true)
            }
            var jumped = stepped
            let ticks = generator.next() % 40
            for _ in 0..<ticks { stepped.advance(to: stepped.tick + 1) }
            jumped.advance(to: jumped.tick + ticks)
            #expect(stepped == jumped)
        }
    }

    @Test func theNextEdgeIsWhereTheOutputChanges() {
        var generator = SplitMix64(seed: 2)
        for _ in 0..<2000 {
            let mode = UInt8(generator.next() % 6)
            var counter = counter(mode: mode, count: UInt16(generator.next() % 9 + 2))
            if mode == 1 || mode == 5 {
                counter.setGate(false)
                counter.setGate(true)
            }
            counter.advance(to: counter.tick + generator.next() % 30)
            var reference = counter
            // In mode 2 the low pulse of one tick is reported at its end.
            let before = mode == 2 ? false : reference.output
            var expected: UInt64?
            for tick in 1...200 {
                let previous = reference.output
                reference.advance(to: reference.tick + 1)
                let changed = mode == 2 ? !previous && reference.output : reference.output != before
                if changed {
                    expected = UInt64(tick)
                    break
                }
            }
            if mode == 2, !counter.isLoaded { continue }
            if mode == 2, counter.output == false { expected = 1 }
            #expect(counter.ticksToEdge == expected, "mode \(mode), \(counter)")
        }
    }

    @Test func latchAndReadBack() throws {
        let bench = try Bench()
        bench.out(0x43, 0x74)
        bench.out(0x41, [0x00, 0x10])
        bench.advance(1_000_000)
        bench.out(0x43, 0x40)
        bench.advance(1_000_000)
        let latched = UInt16(bench.inb(0x41)) | UInt16(bench.inb(0x41)) << 8
        // 1193 ticks, the first of which loads.
        #expect((0x1000 - 1193...0x1000 - 1191).contains(latched))
        // Status and count of counter 1; status comes first.
        bench.out(0x43, 0xC4)
        #expect(bench.inb(0x41) == 0x80 | 0x34)
        let again = UInt16(bench.inb(0x41)) | UInt16(bench.inb(0x41)) << 8
        #expect(again < latched)
    }

    @Test func theTimerInterruptsAtItsRate() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.out(0x43, 0x34)
        bench.out(0x40, [0xA9, 0x04])
        var count = 0
        for _ in 0..<2000 {
            bench.advance(50_000)
            if bench.interruptRequested {
                #expect(bench.acknowledge() == 0x08)
                bench.out(0x20, 0x20)
                count += 1
            }
        }
        // 1193182 / 1193 = 1000.15 per second, for a tenth of one.
        #expect((99...101).contains(count))
    }

    @Test func theSpeakerFollowsPort61() throws {
        let bench = try Bench()
        bench.out(0x43, 0xB6)
        bench.out(0x42, [0x97, 0x0A])
        #expect(bench.sink.frequencies.isEmpty)
        bench.out(0x61, 0x03)
        #expect(bench.sink.frequencies.last.map { Int($0.rounded()) } == 440)
        bench.out(0x61, 0x00)
        #expect(bench.sink.frequencies.last == 0)
    }

    @Test func port61ShowsChannelTwoAndTheRefreshToggle() throws {
        let bench = try Bench()
        bench.out(0x61, 0x01)
        bench.out(0x43, 0xB0)
        bench.out(0x42, [0xE8, 0x03])
        #expect(bench.inb(0x61) & 0x20 == 0)
        bench.advance(900_000)
        #expect(bench.inb(0x61) & 0x20 != 0)
        var toggles = 0
        var last = bench.inb(0x61) & 0x10
        for _ in 0..<1000 {
            bench.advance(1000)
            let now = bench.inb(0x61) & 0x10
            if now != last { toggles += 1 }
            last = now
        }
        #expect((65...67).contains(toggles))
    }
}
