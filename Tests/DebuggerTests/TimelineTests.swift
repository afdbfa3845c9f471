import Debugger
import Foundation
import Machine
import Testing

@Suite("The timeline", .enabled(if: TravelGuest.isAvailable, "clang or ld.lld is not installed"))
struct TimelineTests {
    /// Snapshots as often as possible: every 500 executed steps.
    private var fast: Timeline.Pace {
        var pace = Timeline.Pace()
        pace.interval = 500
        pace.snapshot = 0
        pace.page = 0
        return pace
    }

    @Test func snapshotsAreFewAndDenserNearThePresent() throws {
        let machine = try TravelGuest.make()
        let timeline = Timeline(machine, countLimit: 40, pace: fast)
        _ = timeline.run(until: 10_000_000)
        #expect(timeline.count == 40)
        #expect(timeline.beginning == 0)
        let steps = timeline.snapshotSteps
        let gaps = zip(steps, steps.dropFirst()).map { $1 - $0 }
        let late = gaps.suffix(10).reduce(0, +)
        let early = gaps.prefix(10).reduce(0, +)
        #expect(late * 2 < early, "\(gaps)")
        // Twice what equal distances would give, and what thinning one by one adds.
        #expect(gaps.max() ?? 0 < 10_000_000 / 40 * 5, "\(gaps)")
    }

    @Test func memoryIsBounded() throws {
        let machine = try TravelGuest.make()
        let unlimited = Timeline(machine, countLimit: 1000, pace: fast)
        _ = unlimited.run(until: 8_000_000)
        #expect(unlimited.count > 100)
        let limit = 2 << 20
        #expect(unlimited.bytes > limit)

        let other = try TravelGuest.make()
        let limited = Timeline(other, memoryLimit: limit, countLimit: 1000, pace: fast)
        while other.steps < 8_000_000 {
            _ = limited.run(until: other.steps + 10_000)
            #expect(limited.bytes <= limit)
        }
        #expect(limited.count > 4)
        #expect(other.stateDigest() == machine.stateDigest())
    }

    /// What recording may cost is counted in executed steps, so that it is the same everywhere.
    @Test func changedPagesMakeSnapshotsRarer() throws {
        var pace = fast
        pace.share = 10
        pace.page = 1000
        let machine = try TravelGuest.make()
        let timeline = Timeline(machine, countLimit: 1000, pace: pace)
        _ = timeline.run(until: 3_000_000)
        let often = try TravelGuest.make()
        let cheap = Timeline(often, countLimit: 1000, pace: fast)
        _ = cheap.run(until: 3_000_000)
        #expect(timeline.count * 3 < cheap.count)
        // The guest changes at least two pages a round, each worth 10,000 steps.
        #expect(UInt64(timeline.count - 1) * 20_000 <= machine.work)
    }

    @Test func sleepIsNoWork() throws {
        let machine = try TravelGuest.make()
        let timeline = Timeline(machine, pace: fast)
        _ = timeline.run(until: 3_000_000)
        #expect(machine.work < 1_000_000)
        #expect(UInt64(timeline.count) <= machine.work / 500 + 1)
    }

    @Test func theSecondStepBackIsCheap() throws {
        let machine = try TravelGuest.make()
        var pace = fast
        pace.interval = 400_000
        let debugger = Debugger(Timeline(machine, pace: pace))
        debugger.continue(until: 8_000_000)
        debugger.go(to: 5_000_000)
        let first = debugger.timeline.repeatedWork
        #expect(first > 0)
        for _ in 0..<20 {
            let before = debugger.timeline.repeatedWork
            debugger.reverseStep()
            #expect(debugger.timeline.repeatedWork - before <= 400_000 / 8)
        }
    }
}
