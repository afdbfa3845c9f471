import ArgumentParser
import Foundation

/// `bench counts`: how many instructions of the host our emulator needs for one of the guest, counted by valgrind.
///
/// Slow, but the same in every run however busy the host is: for differences that drown in the noise of time.
struct Counts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Counts host instructions per guest instruction under valgrind.")

    @OptionGroup var options: BenchOptions

    @Option(help: "Guest instructions that are counted, in thousands; about.")
    var thousands = 400

    func validate() throws {
        guard (1...1_000_000).contains(thousands) else {
            throw ValidationError("--thousands must be between 1 and 1000000.")
        }
    }

    func run() throws {
        let signals = BenchOptions.endContestantsOnSignals()
        defer { signals.forEach { $0.cancel() } }
        var builds = [("new", BenchOptions.ownPath)]
        if let old = options.old { builds.append(("old", old)) }
        print(
            "| workload | " + builds.map { "host instructions per guest instruction, \($0.0)" }.joined(separator: " | ")
                + " |")
        print("|---" + String(repeating: "|---", count: builds.count) + "|")
        for workload in options.chosen {
            var cells: [String] = []
            for (name, path) in builds {
                do {
                    cells.append(String(format: "%.2f", try count(workload, path: path, isOwn: name == "new")))
                } catch let failure as WorkloadFailure {
                    cells.append("not here: \(failure.reason)")
                } catch {
                    cells.append("\(error)")
                }
            }
            print("| `\(workload.name)` | " + cells.joined(separator: " | ") + " |")
        }
    }

    /// Two runs that differ in the number of iterations only; what is left of their difference is the work.
    private func count(_ workload: Workload, path: String, isOwn: Bool) throws -> Double {
        // How many steps an iteration takes, without valgrind.
        let command = options.contestants.martletCommand(path: path, model: isOwn ? options.cpu : nil, workload.program)
        let contestant = try Contestant("this build", program: workload.program, arguments: command)
        let few = workload.check
        let steps = try contestant.run(workload.command(iterations: few * 2)).steps
            &- contestant.run(workload.command(iterations: few)).steps
        let many = few + UInt32(min(max(Double(thousands) * 1000 / (Double(max(steps, 1)) / Double(few)), 1), 1e9))
        let first = try instructions(command, workload.command(iterations: few))
        let second = try instructions(command, workload.command(iterations: many))
        return Double(second.host &- first.host) / Double(max(second.guest &- first.guest, 1))
    }

    private func instructions(_ command: [String], _ text: String) throws -> (host: UInt64, guest: UInt64) {
        let process = Process()
        let (input, output, log) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"] + command
        process.standardInput = input
        process.standardOutput = output
        process.standardError = log
        try process.run()
        input.fileHandleForWriting.write(Data((text + "\r").utf8))
        try input.fileHandleForWriting.close()
        let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let report = String(decoding: log.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let steps = answer.split(separator: "\n").last { $0.hasPrefix("steps ") }.flatMap { UInt64($0.dropFirst(6)) }
        let line = report.split(separator: "\n").last { $0.contains("I refs:") || $0.contains("I   refs:") }
        let count = line.flatMap { UInt64($0.drop { $0 != ":" }.filter(\.isNumber)) }
        guard let steps, let count else {
            throw BenchFailure("valgrind did not count: \(report.split(separator: "\n").first ?? "it is not there")")
        }
        return (count, steps)
    }
}
