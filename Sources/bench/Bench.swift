import ArgumentParser
import Foundation

/// `make bench`: how fast our emulator runs our kernel's `bench` program, compared with QEMU's TCG.
///
/// Machines are shared and noisy, so a time says little and a ratio of two things done in turn says a lot: each turn runs
/// every workload once on QEMU and once on ours, and the table shows the median of the turns' ratios with their spread.
/// What a workload costs is the time for many iterations minus the time for few, so that starting the program and typing
/// its name cancel out. Beside the ratio stands the rate at which our interpreter retired instructions.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Compares the emulator's speed with QEMU's, workload by workload.")

    @Argument(help: "The image to boot; its payload must hold bin/bench.", completion: .file())
    var image = "images/kernel.img"

    @Option(help: "The BIOS ROM for our emulator.", completion: .file())
    var firmware = "images/bios.bin"

    @Option(help: "How often everything is measured.")
    var turns = 3

    @Option(help: "Only this workload; may be repeated.")
    var workload: [String] = []

    func validate() throws {
        guard (1...100).contains(turns) else { throw ValidationError("--turns must be between 1 and 100.") }
        for name in workload where !Workload.all.contains(where: { $0.name == name }) {
            throw ValidationError("there is no workload '\(name)'.")
        }
    }

    func run() throws {
        let workloads = Workload.all.filter { workload.isEmpty || workload.contains($0.name) }
        let ours = try MartletGuest(image: image, firmware: firmware)
        let theirs = try QEMUGuest(image: image)
        defer { theirs.stop() }
        var measurements: [String: [Measurement]] = [:]
        for turn in 1...turns {
            for workload in workloads {
                FileHandle.standardError.write(Data("turn \(turn) of \(turns): \(workload.name)\n".utf8))
                let reference = try cost(of: workload, on: theirs)
                let own = try cost(of: workload, on: ours)
                measurements[workload.name, default: []].append(Measurement(own: own, reference: reference))
            }
        }
        print("Speed relative to QEMU \(theirs.version) (TCG), median of \(turns) turns [lowest ... highest]:")
        for workload in workloads {
            print(Self.row(workload, measurements[workload.name] ?? []))
        }
    }

    /// What the iterations of `workload` cost, without what it costs to start it.
    private func cost(of workload: Workload, on guest: any Guest) throws -> Cost {
        let few = try guest.run(workload.command(iterations: workload.iterations / 20))
        let many = try guest.run(workload.command(iterations: workload.iterations))
        return Cost(seconds: max(many.seconds - few.seconds, 1e-6), steps: many.steps &- few.steps)
    }

    private static func row(_ workload: Workload, _ measurements: [Measurement]) -> String {
        let ratios = measurements.map(\.ratio).sorted()
        let rates = measurements.map { Double($0.own.steps) / $0.own.seconds / 1e6 }.sorted()
        guard let lowest = ratios.first, let highest = ratios.last else { return workload.name }
        let median = ratios[ratios.count / 2]
        func column(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        return workload.name.padding(toLength: 12, withPad: " ", startingAt: 0)
            + column("1/" + String(format: "%.1f", 1 / median), 8)
            + column(String(format: "[1/%.1f ... 1/%.1f]", 1 / lowest, 1 / highest), 24)
            + column(String(format: "%.0f million instructions/s", rates[rates.count / 2]), 30)
            + "   " + workload.summary
    }
}

/// What some work cost.
struct Cost {
    var seconds: Double
    /// Steps of our machine (retired instructions); 0 where nobody counts them.
    var steps: UInt64
}

private struct Measurement {
    let own: Cost
    let reference: Cost

    /// Our speed as a fraction of the reference's.
    var ratio: Double { reference.seconds / own.seconds }
}

/// A machine that runs our kernel and has its shell's prompt on a serial line.
protocol Guest {
    /// Types a command and waits for the prompt.
    func run(_ command: String) throws -> Cost
}

/// A guest did not do what it should. ``description`` is a line for the user.
struct GuestFailure: Error, CustomStringConvertible {
    let description: String
}

/// One of the workloads of the guest's `bench` program.
struct Workload {
    let name: String
    let summary: String
    /// As many as take QEMU some tenths of a second.
    let iterations: Int

    func command(iterations: Int) -> String { "bench \(name) \(iterations)" }

    static let all = [
        Workload(name: "compute", summary: "arithmetic in registers", iterations: 30_000_000),
        Workload(name: "memory", summary: "loads and stores over 256 KiB", iterations: 30_000_000),
        Workload(name: "recursion", summary: "calls and returns", iterations: 4_000),
        Workload(name: "branches", summary: "indirect calls", iterations: 10_000_000),
        Workload(name: "calls", summary: "system calls", iterations: 100_000),
        Workload(name: "faults", summary: "page faults answered by the process manager", iterations: 5_000),
    ]
}
