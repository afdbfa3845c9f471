import RandomTestSupport
import Testing

@testable import Machine

@Suite struct ClockTests {
    @Test func eventsComeInOrderOfTimeThenOfSource() {
        var queue = EventQueue()
        queue.schedule(.disk0, at: 50)
        queue.schedule(.timer, at: 100)
        queue.schedule(.keyboard, at: 50)
        queue.schedule(.clockUpdate, at: 10)
        queue.cancel(.clockUpdate)
        #expect(queue.takeDue(at: 49) == nil)
        #expect(queue.next == 50)
        #expect(queue.takeDue(at: 200) == .keyboard)
        #expect(queue.takeDue(at: 200) == .disk0)
        #expect(queue.takeDue(at: 200) == .timer)
        #expect(queue.takeDue(at: 200) == nil)
        #expect(queue.next == EventQueue.never)
    }

    @Test func aChangeOfRateKeepsTheTime() {
        var clock = VirtualClock(nanosecondsPerStep: 10)
        #expect(clock.nanoseconds(at: 1000) == 10_000)
        clock.setRate(nanosecondsPerStep: 3, at: 1000)
        #expect(clock.nanoseconds(at: 1000) == 10_000)
        #expect(clock.nanoseconds(at: 1001) == 10_003)
        #expect(clock.step(at: 10_001) == 1001)
        #expect(clock.step(at: 10_003) == 1001)
        #expect(clock.step(at: 10_004) == 1002)
        #expect(clock.step(at: .max) > 1 << 60)
    }

    @Test func ticksAndNanosecondsAreInverse() {
        var generator = SplitMix64(seed: 7)
        for hertz: UInt64 in [1, 1024, 1_193_182, 999_999_999] {
            let frequency = Frequency(hertz)
            for _ in 0..<1000 {
                let ticks = generator.next() >> 30
                let nanoseconds = frequency.nanoseconds(afterTicks: ticks)
                guard nanoseconds < .max, ticks > 0 else { continue }
                #expect(frequency.ticks(in: nanoseconds) == ticks)
                #expect(frequency.ticks(in: nanoseconds - 1) == ticks - 1)
            }
            #expect(frequency.nanoseconds(afterTicks: .max) > 0)
        }
    }

    @Test func impossibleConfigurationsAreRefused() {
        let cases: [((inout Machine.Configuration) -> Void, String)] = [
            ({ $0.memorySize = 4095 }, "memory must be"), ({ $0.memorySize = (1 << 20) + 1 }, "memory must be"),
            ({ $0.memorySize = 4 << 30 }, "memory must be"), ({ $0.processorModel = "z80" }, "no processor model z80"),
            ({ $0.firmware = [1] }, "firmware"), ({ $0.nanosecondsPerStep = 0 }, "nanoseconds"),
            ({ $0.serialPorts = 3 }, "serial ports"), ({ $0.drives = Array(repeating: nil, count: 5) }, "four disks"),
            ({ $0.drives = [Machine.Drive(image: MemoryDisk([]))] }, "empty"),
        ]
        for (change, message) in cases {
            #expect {
                var configuration = Machine.Configuration()
                change(&configuration)
                _ = try Machine(configuration)
            } throws: { error in
                (error as? Machine.ConfigurationError)?.description.contains(message) == true
            }
        }
    }

    @Test func theHostsDateIsRecorded() throws {
        let bench = try Bench { $0.clockStart = .host }
        guard case .date(let seconds)? = bench.machine.inputLog.events.first?.event else {
            Issue.record("the date is not in the log")
            return
        }
        #expect(seconds > 1_700_000_000)
    }
}
