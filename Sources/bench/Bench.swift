import ArgumentParser
import Foundation

/// `make bench`: how fast our emulator is, compared with others and with itself.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Compares the emulator's speed with that of others, workload by workload.",
        subcommands: [Compare.self, Counts.self, KernelCosts.self, Travel.self, Worker.self],
        defaultSubcommand: Compare.self)
}

/// What every way to measure can be told.
struct BenchOptions: ParsableArguments {
    @Option(help: "The image of the workloads (scripts/build-workloads.sh).", completion: .file())
    var image = ".build/workloads/bench.img"

    @Option(help: "The workloads as a program for this host.", completion: .file())
    var native = ".build/workloads/native"

    @Option(help: "Our kernel's image, for the workloads that it runs.", completion: .file())
    var kernel = "images/kernel.img"

    @Option(help: "The BIOS ROM for our emulator.", completion: .file())
    var firmware = "images/bios.bin"

    @Option(help: "Another build's bench program: its emulator takes part as 'old'.", completion: .file())
    var old: String?

    @Option(help: "The processor model of our emulator.")
    var cpu: String?

    @Option(name: [.customLong("workload"), .short], help: "Only this workload; may be repeated.")
    var workloads: [String] = []

    func validate() throws {
        for name in workloads where !Workload.all.contains(where: { $0.name == name }) {
            throw ValidationError(
                "there is no workload '\(name)'; there are: \(Workload.all.map(\.name).joined(separator: ", "))")
        }
    }

    var chosen: [Workload] { Workload.all.filter { workloads.isEmpty || workloads.contains($0.name) } }

    var contestants: Contestants {
        Contestants(files: .init(image: image, kernel: kernel, firmware: firmware, native: native))
    }

    /// Has the contestants end with this program also when a signal ends it. The sources must be kept.
    static func endContestantsOnSignals() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                Contestant.endAll()
                Foundation.exit(128 + number)
            }
            source.resume()
            return source
        }
    }

    /// This program.
    static var ownPath: String {
        // Arguments may be relative to a directory that a contestant does not run in.
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
