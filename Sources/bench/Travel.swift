import ArgumentParser
import Debugger
import Foundation
import Machine

/// `bench travel`: what it costs to record the past, and to go back into it.
///
/// Going back is counted in steps that are executed again, which every host repeats exactly; recording in processor
/// time, with and without in turn, so that other work on the host does not count.
struct Travel: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures what recording costs, and how much a reverse step executes again.")

    @OptionGroup var options: BenchOptions

    @Option(help: "Seconds of the guest's time.")
    var seconds = 60

    @Option(help: "How often recording is measured.")
    var turns = 3

    func validate() throws {
        guard (1...3600).contains(seconds), (1...100).contains(turns) else {
            throw ValidationError("--seconds must be between 1 and 3600, --turns between 1 and 100.")
        }
    }

    /// What the guest does all the time.
    private struct Guest {
        let name: String
        let image: String
        let prompt: String
        let command: String
    }

    func run() throws {
        let boot = Guest(
            name: "our kernel's boot, then a shell that waits", image: options.kernel, prompt: "martlet> ", command: "")
        let names = options.workloads.isEmpty ? ["sort", "memory", "copy", "patch"] : options.workloads
        let guests = [boot] + names.map { name in
            Guest(
                name: "boot, then `\(name)` without end", image: options.image, prompt: "bench> ",
                command: "\(name) 4000000000")
        }
        print(
            "| guest, \(seconds) s | million steps executed | a reverse step at the end | the next | first in the middle | the next "
                + "| past in MiB | recording costs |")
        print("|---|---|---|---|---|---|---|---|")
        for guest in guests { print(try row(guest)) }
    }

    private func row(_ guest: Guest) throws -> String {
        let shares = try (0..<turns).map { _ in try cost(of: guest) }.sorted()
        let recorded = try machine(guest)
        let timeline = Timeline(recorded.machine)
        try type(guest, recorded, run: timeline.run)
        let debugger = Debugger(timeline)
        _ = timeline.run(until: end(timeline.machine))
        /// Steps that were executed again for a reverse step.
        func back() -> String {
            let before = timeline.repeatedWork
            debugger.reverseStep()
            return String(timeline.repeatedWork - before)
        }
        let work = Double(timeline.machine.work) / 1e6
        let bytes = timeline.bytes >> 20
        let atEnd = [back(), back()]
        debugger.go(to: timeline.end / 2)
        let inTheMiddle = [back(), back()]
        return "| \(guest.name) | \(String(format: "%.0f", work)) | "
            + (atEnd + inTheMiddle).joined(separator: " | ") + " | \(bytes) | "
            + String(format: "%.1f %% [%.1f ... %.1f] |", shares[turns / 2], shares[0], shares[turns - 1])
    }

    /// How many per cent more processor time the run takes when it is recorded, from power-on.
    private func cost(of guest: Guest) throws -> Double {
        let (plainGuest, recordedGuest) = (try machine(guest), try machine(guest))
        let (plain, recorded) = (plainGuest.machine, Timeline(recordedGuest.machine))
        var (without, with) = (0.0, 0.0)
        without += try processorTime { try type(guest, plainGuest, run: plain.run(until:)) }
        with += try processorTime { try type(guest, recordedGuest, run: recorded.run) }
        // By turns, a second of the guest's at a time.
        let pieces = UInt64(seconds)
        let (first, last) = (plain.steps, end(plain))
        for piece in 1...pieces {
            let step = first + (last - first) / pieces * piece
            without += processorTime { _ = plain.run(until: step) }
            with += processorTime { _ = recorded.run(until: step) }
        }
        return (with / max(without, 1e-9) - 1) * 100
    }

    private func processorTime(_ body: () throws -> Void) rethrows -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let start = now()
        try body()
        return now() - start
    }

    private func end(_ machine: Machine) -> UInt64 {
        UInt64(seconds) * 1_000_000_000 / UInt64(machine.nanosecondsPerStep)
    }

    // MARK: The guest

    private func machine(_ guest: Guest) throws -> GuestMachine {
        try GuestMachine(image: guest.image, firmware: options.firmware, cpu: options.cpu, prompt: guest.prompt)
    }

    /// Boots, and types the command.
    private func type(_ guest: Guest, _ machine: GuestMachine, run: @escaping (UInt64) -> RunResult) throws {
        _ = try machine.waitForPrompt(limit: end(machine.machine), run: run)
        if !guest.command.isEmpty { machine.type(Array((guest.command + "\r").utf8)) }
    }
}
