import Foundation
import Machine
import Testing

/// What the kernel is to cost, in instructions, which our emulator counts exactly: the same in every run, on every
/// host.
@Suite(.serialized) struct CostTests {
    /// The table that `bench costs` prints: each row's numbers, by its name.
    private func costs() async throws -> [String: [Int]] {
        let configuration = MachineConfiguration(board: .isapc, processor: .pentium3, memory: 16)
        return try await withMachine(MartletVM(), configuration, image: try BuiltFile.kernelImage.url()) { machine in
            try await machine.wait(for: "\n" + KernelLog.prompt)
            let length = machine.serialOutput.count
            try machine.send("bench costs\r")
            let output = try await machine.wait(for: "\n" + KernelLog.prompt, from: length)
            var rows: [String: [Int]] = [:]
            for line in output.split(separator: "\r\n") where line.hasPrefix("bench: ") {
                let fields = line.dropFirst(7).split(separator: " ")
                let numbers = fields.reversed().prefix { Int($0) != nil }.reversed().compactMap { Int($0) }
                rows[fields.dropLast(numbers.count).joined(separator: " ")] = numbers
            }
            return rows
        }
    }

    @Test func aSystemCallCostsLittleMoreThanTheChangeOfPrivilege() async throws {
        let costs = try await costs()
        let null = try #require(costs["null system call"]), call = try #require(costs["call and reply, registers"])
        #expect(null.count == 2 && null[1] < 60, "\(costs)")
        #expect(call.count == 2 && call[0] < 500 && call[1] < 500, "\(costs)")
        #expect(try #require(costs["call and reply, 64 bytes"]).allSatisfy { $0 < 1000 }, "\(costs)")
        #expect(try #require(costs["call and reply, 4096 bytes"]).allSatisfy { $0 < 2 * 1024 + 1000 }, "\(costs)")
        #expect(try #require(costs["page fault, answered"])[0] < 6000, "\(costs)")
    }

    /// A machine that stands at the shell's prompt, and has nothing to do; it must come there with 30 million instructions.
    private func atThePrompt(_ configuration: MachineConfiguration) throws -> (machine: Machine, log: SerialLog) {
        let machine = try Machine(
            try MartletVM().machineConfiguration(configuration, image: try BuiltFile.kernelImage.url()))
        let log = SerialLog()
        machine.output = log
        while machine.work < 30_000_000, !log.text.contains("\n" + KernelLog.prompt) {
            try run(machine, milliseconds: 1)
        }
        try #require(log.text.contains("\n" + KernelLog.prompt), "no prompt after 30 million instructions: \(log.text)")
        try run(machine, milliseconds: 100)
        return (machine, log)
    }

    private func run(_ machine: Machine, milliseconds: UInt64) throws {
        try #require(machine.run(forNanoseconds: milliseconds * 1_000_000).isReached)
    }

    /// From `hlt` to the serial driver's next instruction, the delivery and all of the kernel in between.
    @Test func anInterruptIsSoonAtItsDriver() throws {
        let configuration = MachineConfiguration(board: .isapc, processor: .pentium3, memory: 16)
        let (machine, log) = try atThePrompt(configuration)
        let state = machine.processor.state
        var least = Int.max
        for _ in 0..<5 {
            machine.inject(.serial([0x20], port: 0))
            var steps = 0
            // The clock may tick before, and wake nobody.
            for _ in 0..<100_000 where state.pointee.cpl != 3 {
                steps = state.pointee.halted ? 0 : steps + 1
                try #require(machine.step().isReached)
            }
            try #require(state.pointee.cpl == 3, "no driver has run")
            least = min(least, steps)
            try run(machine, milliseconds: 100)
            #expect(state.pointee.cpl == 0 && log.text.hasSuffix(" "), "the driver has not done its work")
        }
        #expect(least > 100 && least < 1000, "instructions from an interrupt to its driver")
    }

    @Test func thePromptIsThereSoon() throws {
        let configuration = MachineConfiguration(processor: .i486, memory: 4)
        let (machine, _) = try atThePrompt(configuration)
        // Nobody runs: the clock ticks no more, and the processor sleeps.
        let before = machine.work
        try run(machine, milliseconds: 1000)
        // A thousand ticks would be more than 200,000.
        #expect(machine.work - before < 20_000, "instructions in an idle second")
    }

    @Test func kernelAndProcessManagerAreSmall() async throws {
        let configuration = MachineConfiguration(board: .isapc, processor: .i486, memory: 4)
        try await withMachine(MartletVM(), configuration, image: try BuiltFile.kernelImage.url()) { machine in
            try await machine.wait(for: "\n" + KernelLog.prompt)
            let length = machine.serialOutput.count
            try machine.send("mem\r")
            let output = try await machine.wait(for: "\n" + KernelLog.prompt, from: length)
            // "layout: 0x00100000-0x0012bfff  microkernel and process manager", symbols for backtraces included
            let line = try #require(output.split(separator: "\r\n").first { $0.hasSuffix("and process manager") })
            let bounds = line.split(separator: " ")[1].split(separator: "-").compactMap {
                UInt32($0.dropFirst(2), radix: 16)
            }
            #expect(bounds.count == 2 && bounds[1] - bounds[0] < 256 << 10, "\(line)")
        }
    }
}

extension RunResult {
    fileprivate var isReached: Bool {
        if case .reached = self { true } else { false }
    }
}
