import ArgumentParser
import Debugger
import Foundation
import Machine

/// `bench kernel`: what our kernel's operations cost, in instructions, and where they go.
///
/// **Constraint.** A kernel that counts itself can say what a call costs, not what of it: a counter between two parts
/// would cost more than the parts.
///
/// **Choice.** The guest's own `bench costs` makes the calls, a thousand times each, in our machine, which counts
/// instructions exactly; an observer looks at each, and whose source line it is. A call that is made again and again at
/// one place of one process is an operation; its cheapest iteration, which no interrupt has lengthened, is shown. An
/// interrupt is made by a byte for the serial port, first while nobody runs, then while a program computes. A step of
/// `rep` counts as an instruction, as everywhere in this project.
struct KernelCosts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel", abstract: "Counts what our kernel's operations cost, and where it goes.")

    @OptionGroup var options: BenchOptions

    @Option(help: "The kernel with symbols.", completion: .file())
    var symbols = "images/kernel.elf"

    func run() throws {
        let guest = try GuestMachine(
            image: options.kernel, firmware: options.firmware, cpu: options.cpu ?? "pentium3", prompt: "martlet> ")
        _ = try guest.waitForPrompt()
        let debugger = Debugger(guest.machine)
        let elf = [UInt8](try Data(contentsOf: URL(fileURLWithPath: symbols)))
        try debugger.symbols.load(elf, name: "kernel.elf")
        let observer = OperationObserver(debugger)
        guest.type(Array("bench costs\r".utf8))
        let table = try guest.waitForPrompt()
        let operations = observer.end()
        let interrupts = try interruptCosts(guest, debugger)
        print("| operation, in instructions | by `int 0x80` | by `sysenter` |")
        print("|---|---|---|")
        for line in table.split(whereSeparator: \.isNewline) where line.hasPrefix("bench: ") {
            let words = line.dropFirst("bench: ".count).split(separator: " ")
            let numbers = words.reversed().prefix { UInt($0) != nil }.reversed()
            guard !numbers.isEmpty else { continue }
            print("| \(words.dropLast(numbers.count).joined(separator: " ")) | \(numbers.joined(separator: " | ")) |"
                + (numbers.count < 2 ? " |" : ""))
        }
        for (name, parts) in interrupts { print("| \(name) | \(parts.reduce(0) { $0 + $1.count }) | |") }
        for operation in operations { print("\n" + operation.description) }
        for (name, parts) in interrupts {
            print((["", "| \(name) | |", "|---|---|"] + rows(of: parts)).joined(separator: "\n"))
        }
    }

    /// From the serial port's interrupt to its driver's next instruction, while nobody runs and while a program does.
    private func interruptCosts(
        _ guest: GuestMachine, _ debugger: Debugger
    ) throws -> [(name: String, parts: [(name: String, count: Int)])] {
        // What has just happened comes to an end.
        _ = guest.machine.run(forNanoseconds: 100_000_000)
        let observer = InterruptObserver(debugger)
        defer { observer.end() }
        let idle = try observer.cheapest(of: guest.machine)
        // The line so far is wiped out.
        guest.type([0x15] + Array("bench compute 1000000000 &\r".utf8))
        _ = guest.machine.run(forNanoseconds: 500_000_000)
        let busy = try observer.cheapest(of: guest.machine)
        return [("interrupt to driver, from idle", idle), ("interrupt to driver, from a program", busy)]
    }
}

/// A system call that a process has made again and again, and what one time of it consisted of.
private struct Operation: CustomStringConvertible {
    /// EAX: the number of the call, and whether its arguments lie on the stack.
    let call: UInt32
    let bySysenter: Bool
    /// Where the call is made, and in which address space.
    let eip: UInt32
    let directory: UInt32
    var iterations = 0
    /// Instructions of the cheapest iteration, by the functions in the sources.
    var parts: [(name: String, count: Int)] = []

    var total: Int { parts.reduce(0) { $0 + $1.count } }

    var description: String {
        let name = call & 0xFF == 6 ? call & 0x100 == 0 ? "call" : "call with buffers" : "yield"
        var lines = ["| \(name) by `\(bySysenter ? "sysenter" : "int 0x80")` | \(total) |", "|---|---|"]
        lines += rows(of: parts)
        return lines.joined(separator: "\n")
    }
}

/// Watches a machine for system calls that are made again and again.
private final class OperationObserver {
    /// Those with at least this many iterations are worth showing.
    private static let leastIterations = 500

    private let debugger: Debugger
    private var remove: (() -> Void)?
    private var lastStep: UInt64?
    private let counter: InstructionCounter
    /// What each address space does at the moment, and the counts when it began to do it this time.
    private var current: [UInt32: (operation: Operation, counts: [Int])] = [:]
    private var finished: [Operation] = []

    init(_ debugger: Debugger) {
        self.debugger = debugger
        counter = InstructionCounter(debugger)
        remove = debugger.machine.processor.addObserver { [unowned self] in look() }
    }

    /// Ends the watch; returns what the process has done that did most.
    func end() -> [Operation] {
        remove?()
        remove = nil
        for (operation, _) in current.values { finish(operation) }
        let byDirectory = Dictionary(grouping: finished, by: \.directory)
        return byDirectory.values.max { $0.count < $1.count } ?? []
    }

    private func finish(_ operation: Operation) {
        if operation.iterations >= Self.leastIterations, [1, 6].contains(operation.call & 0xFF) {
            finished.append(operation)
        }
    }

    private func look() {
        let state = debugger.machine.processor.state
        guard state.pointee.steps != lastStep, !state.pointee.halted else { return }
        lastStep = state.pointee.steps
        let eip = state.pointee.eip
        guard state.pointee.cpl == 3 else {
            counter.countKernel(eip)
            return
        }
        lookForCall(eip, state.pointee.cr3, state.pointee.general[0])
        counter.countProgram()
    }

    /// An instruction that enters the kernel begins an iteration, and ends the one before.
    private func lookForCall(_ eip: UInt32, _ directory: UInt32, _ eax: UInt32) {
        let code = debugger.readMemory(at: eip, count: 2)
        guard code == [0x0F, 0x34] || code == [0xCD, 0x80] else { return }
        let counts = counter.counts
        guard var (operation, before) = current[directory], operation.eip == eip, operation.call == eax else {
            if let old = current[directory] { finish(old.operation) }
            let operation = Operation(call: eax, bySysenter: code == [0x0F, 0x34], eip: eip, directory: directory)
            current[directory] = (operation, counts)
            return
        }
        let spent = counter.spent(since: before)
        operation.iterations += 1
        if operation.parts.isEmpty || spent.reduce(0, { $0 + $1.count }) < operation.total { operation.parts = spent }
        current[directory] = (operation, counts)
    }
}
