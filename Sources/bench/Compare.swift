import ArgumentParser
import Foundation

/// `bench`: times all contestants in turn and prints ratios.
///
/// **Constraint.** Machines are shared and noisy: a time says little.
///
/// **Choice.** A cost is the processor time that a contestant's process uses for many iterations, minus that for few,
/// so that everything around the work cancels out. How many are many is found for each contestant by itself, since a
/// native processor does in a millisecond what takes Bochs a second. In each turn all contestants do a workload one
/// after the other, and what is compared are costs of the same turn. The table has the median of the turns' ratios and
/// the range. All contestants must have computed the same, or the row says so.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Times the contestants in turn and prints ratios.")

    @OptionGroup var options: BenchOptions

    @Option(help: "How often everything is measured.")
    var turns = 3

    @Option(help: "Seconds of processor time that a measurement is to take.")
    var seconds = 0.25

    @Flag(help: "Leave out Bochs, the slowest.")
    var withoutBochs = false

    @Flag(help: "Only our emulator (and an old one).")
    var alone = false

    func validate() throws {
        guard (1...100).contains(turns) else { throw ValidationError("--turns must be between 1 and 100.") }
        guard (0.01...60).contains(seconds) else { throw ValidationError("--seconds must be between 0.01 and 60.") }
    }

    func run() throws {
        let signals = BenchOptions.endContestantsOnSignals()
        defer { signals.forEach { $0.cancel() } }
        for program in [Workload.Program.bare, .kernel] {
            let workloads = options.chosen.filter { $0.program == program }
            guard !workloads.isEmpty else { continue }
            var participants = start(program)
            guard participants.contains(where: { $0.contestant.name == "new" }) else { continue }
            var rows = workloads.map { Row(workload: $0) }
            for turn in 1...turns {
                for index in rows.indices {
                    note("turn \(turn) of \(turns): \(rows[index].workload.name)")
                    measure(&rows[index], &participants, turn: turn)
                }
            }
            printTable(rows, participants.map(\.contestant.name))
        }
    }

    /// A contestant and how many iterations of each workload it does in the time given.
    private struct Participant {
        let contestant: Contestant
        var iterations: [String: UInt32] = [:]
        /// It does not answer any more.
        var isOut = false
    }

    /// Starts everyone who is there; who is not is reported and left out.
    private func start(_ program: Workload.Program) -> [Participant] {
        let contestants = options.contestants
        var starters: [(String, () throws -> Contestant)] = [
            ("new", { try contestants.martlet("new", path: BenchOptions.ownPath, model: options.cpu, program) })
        ]
        if let old = options.old {
            starters.append(("old", { try contestants.martlet("old", path: old, model: nil, program) }))
        }
        if !alone {
            starters.append(("QEMU", { try contestants.qemu(program) }))
            if !withoutBochs { starters.append(("Bochs", { try contestants.bochs(program) })) }
            if program == .bare { starters.append(("native", { try contestants.native() })) }
        }
        return starters.compactMap { name, start in
            do {
                return Participant(contestant: try start())
            } catch {
                note("without \(name): \(error)")
                return nil
            }
        }
    }

    /// One turn: every participant does the workload once.
    private func measure(_ row: inout Row, _ participants: inout [Participant], turn: Int) {
        let workload = row.workload
        var costs: [String: Double] = [:]
        for index in participants.indices where !participants[index].isOut {
            let contestant = participants[index].contestant
            if contestant.name == "native" && !workload.isUserCode { continue }
            if row.failures[contestant.name] != nil { continue }
            do {
                if participants[index].iterations[workload.name] == nil {
                    participants[index].iterations[workload.name] = try calibrate(contestant, &row)
                }
                guard let many = participants[index].iterations[workload.name] else { continue }
                let few = many / 10
                let least = try contestant.run(workload.command(iterations: few))
                let most = try contestant.run(workload.command(iterations: many))
                let seconds = most.seconds - least.seconds
                guard seconds > 0 else { continue }
                costs[contestant.name] = seconds / Double(many - few)
                if contestant.name == "new" { row.rates.append(Double(most.steps &- least.steps) / seconds) }
            } catch let failure as WorkloadFailure {
                row.failures[contestant.name] = failure.reason
            } catch {
                note("\(error)")
                participants[index].isOut = true
            }
        }
        row.costs.append(costs)
    }

    /// How many iterations take the time given; also notes what the workload's check computes.
    private func calibrate(_ contestant: Contestant, _ row: inout Row) throws -> UInt32 {
        var iterations = row.workload.check
        let first = try contestant.run(row.workload.command(iterations: iterations))
        row.results[contestant.name] = first.result
        // The dialogue alone takes time.
        let idle = try contestant.run(row.workload.command(iterations: 0)).seconds
        while true {
            let time = try contestant.run(row.workload.command(iterations: iterations)).seconds - idle
            if time > max(seconds / 8, idle) {
                return UInt32(min(max(Double(iterations) * seconds / time, 20), 4e9))
            }
            let (next, overflow) = iterations.multipliedReportingOverflow(by: 4)
            if overflow { return iterations }
            iterations = next
        }
    }

    private func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// What was measured of a workload.
private struct Row {
    let workload: Workload
    /// Seconds per iteration by contestant, for each turn.
    var costs: [[String: Double]] = []
    /// Steps of our emulator per second.
    var rates: [Double] = []
    var results: [String: UInt32] = [:]
    var failures: [String: String] = [:]

    /// Our speed as a multiple of `other`'s: median, lowest, highest.
    func ratio(to other: String) -> (median: Double, lowest: Double, highest: Double)? {
        let ratios = costs.compactMap { turn -> Double? in
            guard let own = turn["new"], let theirs = turn[other] else { return nil }
            return theirs / own
        }.sorted()
        guard let lowest = ratios.first, let highest = ratios.last else { return nil }
        return (ratios[ratios.count / 2], lowest, highest)
    }

    /// Who computed something else than our emulator.
    var dissenters: [String] {
        guard workload.isExact, let own = results["new"] else { return [] }
        return results.filter { $0.value != own }.keys.sorted()
    }
}

extension Compare {
    private func printTable(_ rows: [Row], _ names: [String]) {
        let others = names.filter { $0 != "new" }
        print(
            "| workload | " + others.map { "speed relative to \($0)" }.joined(separator: " | ") + " | million steps/s |"
        )
        print("|---" + String(repeating: "|---", count: others.count) + "|---|")
        for row in rows {
            var cells = ["`\(row.workload.name)`: \(row.workload.summary)"]
            if let reason = row.failures["new"] {
                cells.append("not here: \(reason)")
            } else {
                for other in others {
                    if let ratio = row.ratio(to: other) {
                        cells.append(
                            "\(Self.text(ratio.median)) [\(Self.text(ratio.lowest)) ... \(Self.text(ratio.highest))]")
                    } else {
                        cells.append(row.failures[other].map { "not there: \($0)" } ?? "")
                    }
                }
                let rates = row.rates.sorted()
                cells.append(rates.isEmpty ? "" : String(format: "%.0f", rates[rates.count / 2] / 1e6))
            }
            if !row.dissenters.isEmpty {
                cells[0] += " (**another result in \(row.dissenters.joined(separator: ", "))**)"
            }
            print("| " + cells.joined(separator: " | ") + " |")
        }
    }

    /// 0.25 as 1/4.0.
    private static func text(_ ratio: Double) -> String {
        ratio < 0.95 ? "1/" + String(format: "%.1f", 1 / ratio) : String(format: "%.1f", ratio)
    }
}
