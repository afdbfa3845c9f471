import Foundation
import Machine

/// Runs a machine at a person's pace, on the thread that owns it.
///
/// The guest's clock is kept to the wall clock from both sides. A guest that is ahead (it idles, or the host is fast)
/// makes the thread sleep. A guest that falls behind has its clock rate changed, so that its seconds stay seconds;
/// every change enters as recorded input, hence a replay sees the same clock.
public final class MachineRunner {
    public let machine: Machine
    private let display: Display?
    /// Without pacing the machine runs as fast as it can.
    private let isPaced: Bool
    private let nominalRate: UInt32
    /// Runs the machine up to a step; nothing else moves it.
    private let execute: (UInt64) -> RunResult
    private var lastFrame: Clock.Instant?
    private var window = Window()

    private typealias Clock = ContinuousClock

    /// What was seen since the last look at the speed.
    private struct Window {
        var start = Clock.now
        var startStep: UInt64 = 0
        var slept = Duration.zero
    }

    /// `display`: where frames go, if anybody looks. `isPaced`: keep to the wall clock. `execute`: what to do instead
    /// of ``Machine/run(until:)``, for those who record.
    public init(
        _ machine: Machine, display: Display?, isPaced: Bool, execute: ((UInt64) -> RunResult)? = nil
    ) {
        self.machine = machine
        self.execute = execute ?? { machine.run(until: $0) }
        self.display = display
        self.isPaced = isPaced
        nominalRate = machine.configuration.nanosecondsPerStep
    }

    /// Runs until ``Machine/steps`` is at least `step` or something else ends the run.
    public func run(until step: UInt64 = .max) -> RunResult {
        let wallStart = Clock.now
        let guestStart = machine.nanoseconds
        // How far the guest's clock was let fall behind for good: a debugger's stop, a host that slept.
        var forgiven = Duration.zero
        window = Window(startStep: machine.steps)
        var result = RunResult.reached
        while result == .reached, machine.steps < step {
            result = execute(min(step, machine.steps &+ sliceSteps))
            publishFrame(force: false)
            guard isPaced else { continue }
            let guest = Duration.nanoseconds(Int64(clamping: machine.nanoseconds &- guestStart))
            let lead = guest + forgiven - (Clock.now - wallStart)
            if lead > .milliseconds(2) {
                let pause = min(lead, .milliseconds(8))
                Thread.sleep(forTimeInterval: pause / .seconds(1))
                window.slept += pause
            } else if lead < .milliseconds(-500) {
                forgiven -= lead
            }
            adaptRate()
        }
        publishFrame(force: true)
        publishStatus(result == .halted ? .halted : .stopped)
        return result
    }

    /// Shows the screen as it is, after something else than a run has changed it.
    public func showScreen() {
        publishFrame(force: true)
    }

    /// Two virtual milliseconds: short enough for input to feel immediate.
    private var sliceSteps: UInt64 { max(1, 2_000_000 / UInt64(machine.nanosecondsPerStep)) }

    private func publishFrame(force: Bool) {
        guard let display else { return }
        let now = Clock.now
        let isDue = lastFrame.map { now - $0 > .milliseconds(16) } ?? true
        guard force || (isDue && machine.frameIsStale) else { return }
        lastFrame = now
        display.publish(machine.frame())
    }

    private func publishStatus(_ activity: MachineStatus.Activity, speed: Double = 0) {
        display?.publish(MachineStatus(activity: activity, millionStepsPerSecond: speed))
    }

    /// Twice a second: reports the speed, and slows the guest's steps down or up towards the nominal rate, so that
    /// virtual time can keep up with the wall clock on this host.
    private func adaptRate() {
        let elapsed = Clock.now - window.start
        guard elapsed > .milliseconds(500) else { return }
        let busy = elapsed - window.slept
        let steps = machine.steps &- window.startStep
        let idleShare = window.slept / elapsed
        let speed = Double(steps) / (elapsed / .microseconds(1))
        publishStatus(idleShare > 0.5 ? .idle : .running, speed: speed)

        let rate = machine.nanosecondsPerStep
        var wanted = Double(rate)
        if idleShare < 0.02, steps > 0 {
            wanted = (busy / .nanoseconds(1)) / Double(steps)
        } else if idleShare > 0.3 {
            wanted *= 0.8
        }
        let next = UInt32(min(max(wanted.rounded(.up), Double(nominalRate)), 100_000))
        if next != rate { machine.inject(.clockRate(nanosecondsPerStep: next)) }
        window = Window(startStep: machine.steps)
    }
}
