import Debugger
import Foundation
import RandomTestSupport
import Testing

@testable import GuestTestSupport
@testable import Machine
@testable import Processor

/// However somebody moves through the past and the future of whatever guest: wherever he ends, the machine is in
/// exactly the state that a fresh one reaches which gets the same input and runs straight to that step.
///
/// `MARTLET_TRAVEL_CASES` asks for more guests than those of `make test`, `MARTLET_SEED` for others.
@Suite("Moves and a fresh run")
struct PropertyTests {
    private static var seeds: Range<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["MARTLET_TRAVEL_CASES"].flatMap { UInt64($0) } ?? 40
        let first = environment["MARTLET_SEED"].flatMap { UInt64($0) } ?? 1
        return first..<first + count
    }

    @Test func randomGuests() throws {
        for seed in Self.seeds {
            let guest = RandomGuest(seed: seed, steps: 2000)
            // The guest's own recording is its input; the debugger's user adds to it.
            let walk = try Walk(seed: seed) { try guest.machine() }
            walk.debugger.timeline.expectRecording(until: seed % 2 == 0 ? 0 : 1000)
            try walk.take(60)
        }
    }

    @Test(.enabled(if: TravelGuest.isAvailable, "clang or ld.lld is not installed"))
    func aGuestThatSleepsAndWritesToItsDisk() throws {
        for seed in Self.seeds.prefix(12) {
            let walk = try Walk(seed: seed, stride: 100_000) { try TravelGuest.make() }
            try walk.take(60)
        }
    }
}

/// A random walk through time.
private final class Walk {
    let debugger: Debugger
    private let machine: Machine
    private let make: () throws -> Machine
    private let stride: UInt64
    private let seed: UInt64
    private var random: SplitMix64
    private var initialState: ProcessorState
    private var trail: [String] = []
    /// The last move ended in a triple fault.
    private var hasShutDown = false

    init(seed: UInt64, stride: UInt64 = 200, _ make: @escaping () throws -> Machine) throws {
        self.seed = seed
        self.stride = stride
        self.make = make
        random = SplitMix64(seed: seed)
        machine = try make()
        initialState = machine.processor.state.pointee
        // Few snapshots, so that they are thinned, taken often.
        var pace = Timeline.Pace()
        pace.interval = [20, 150, 1000, 30_000][Int(random.next() % 4)]
        pace.snapshot = 0
        pace.page = 0
        debugger = Debugger(Timeline(machine, countLimit: 5 + Int(random.next() % 8), pace: pace))
    }

    func take(_ count: Int) throws {
        for _ in 0..<count {
            let before = machine.steps
            let wasShutDown = hasShutDown
            hasShutDown = false
            let name = move()
            hasShutDown = hasShutDown || wasShutDown && machine.steps == before
            trail.append("\(name) \(before)->\(machine.steps)")
            if random.next() % 3 == 0, try !check() { return }
        }
        _ = try check()
    }

    /// Whether the machine is in the state of a fresh run.
    private func check() throws -> Bool {
        let fresh = try make()
        let events = machine.inputLog.events
        fresh.replay(InputLog(events: Array(events.prefix(machine.deliveredInput))))
        Self.run(fresh, until: machine.steps)
        let isEqual = fresh.steps == machine.steps && fresh.stateDigest() == machine.stateDigest()
        // Only a shutdown is reported before the input of its step has come.
        let isComplete = hasShutDown || events.dropFirst(machine.deliveredInput).first?.step ?? .max > machine.steps
        #expect(isEqual && isComplete, "seed \(seed): \(trail.suffix(12).joined(separator: ", "))")
        return isEqual && isComplete
    }

    /// Runs past everything that ends a run.
    static func run(_ machine: Machine, until end: UInt64) {
        var standstill: (UInt64, Int)?
        while true {
            if machine.run(until: end) == .reached { return }
            let here = (machine.steps, machine.deliveredInput)
            if let standstill, standstill == here { return }
            standstill = here
        }
    }

    private func number(_ limit: UInt64) -> UInt64 { random.next() % max(1, limit) }

    private func move() -> String {
        let timeline = debugger.timeline
        switch random.next() % 22 {
        case 0...3:
            let end = machine.steps + number(stride) + 1
            return wake(debugger.continue(until: end), "continue \(end)")
        case 4: return wake(debugger.step(), "step")
        case 5: return wake(debugger.step(number(40) + 2), "steps")
        case 6...8: return "reverse-step \(debugger.reverseStep().steps)"
        case 9: return "reverse-steps \(debugger.reverseStep(number(stride) + 2).reason)"
        case 10...11:
            let step = timeline.beginning + number(timeline.end - timeline.beginning + stride / 8)
            return wake(debugger.go(to: step), "goto \(step)")
        case 12: return "reverse-next \(debugger.reverseNext().reason)"
        case 13:
            if debugger.breakpoints.count > 3 { debugger.deleteAllBreakpoints() }
            debugger.setBreakpoint(at: debugger.location.linear)
            return "break"
        case 14:
            if debugger.watchpoints.count > 3 { debugger.deleteAllBreakpoints() }
            let esp = debugger.registers.general[4]
            debugger.setWatchpoint(
                MemoryWatch(
                    random.next() % 2 == 0 ? .linear : .physical, random.next() % 2 == 0 ? esp &- 4 : 0x500,
                    count: UInt32(number(20) + 1), reads: random.next() % 2 == 0))
            return "watch"
        case 15: return "reverse-continue \(debugger.reverseContinue().reason)"
        case 16: return "reverse-finish \(debugger.reverseFinish().reason)"
        case 17:
            let before = machine.stateDigest()
            _ = debugger.lastWrite(toRegister: ["esp", "eflags", "cr0", "ds"][Int(number(4))])
            _ = debugger.lastWrite(toPhysical: 0x500, count: 0x100)
            #expect(machine.stateDigest() == before, "seed \(seed): a question has moved the machine")
            return "last-write"
        case 18:
            let address = 0x20000 + UInt32(number(0x3000))
            debugger.writePhysicalMemory([UInt8(truncatingIfNeeded: random.next())], at: address)
            return "write"
        case 19:
            debugger.setRegister(["eax", "ecx", "esi", "ebp"][Int(number(4))], to: UInt32(number(0x28000)))
            return "set"
        case 20:
            timeline.branch()
            machine.inject(.clockRate(nanosecondsPerStep: UInt32(number(30) + 1)))
            return "rate"
        default:
            // Keys come in the present only.
            return machine.inject(.key(.a, isPressed: random.next() % 2 == 0)) ? "key" : "no key"
        }
    }

    /// A guest that has come to its end is set going again.
    private func wake(_ stop: Stop, _ name: String) -> String {
        if case .tripleFault = stop.reason { hasShutDown = true }
        switch stop.reason {
        case .halted, .tripleFault:
            guard !debugger.timeline.isInPast, !machine.isReplaying else { break }
            debugger.reset()
            let state = initialState
            machine.modifyProcessor { $0 = state }
            return "\(name) and reset"
        default: break
        }
        return "\(name) \(stop.reason)".prefix(60).description
    }
}
