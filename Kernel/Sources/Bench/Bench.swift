// Workloads for comparing machines that execute this system: each keeps one aspect of a processor busy for a given
// number of iterations, and prints one line that depends on the workload and the count only, so that the line proves
// the work was done. Whoever measures takes the time from outside; a run with few iterations gives what to subtract.

import CUser
import User

@main
struct Bench {
    static func main() {
        guard Arguments.count > 1 else {
            for workload in Workload.all { workload.run(workload.defaultIterations) }
            return
        }
        if Arguments.count == 2 {
            if Arguments.bytes(1).elementsEqual(Costs.name.utf8Bytes) { return Costs.show() }
            if Arguments.bytes(1).elementsEqual(Costs.idleName.utf8Bytes) { return }
        }
        guard Arguments.count <= 3, let workload = Workload.named(Arguments.bytes(1)) else { usage() }
        guard Arguments.count > 2 else { return workload.run(workload.defaultIterations) }
        guard let iterations = Decimal.parse(Arguments.bytes(2)) else { usage() }
        workload.run(iterations)
    }

    private static func usage() -> Never {
        print("usage: bench [WORKLOAD [ITERATIONS]]")
        for workload in Workload.all { print("  \(workload.name): \(workload.summary)") }
        print("  costs: what the kernel's operations cost, by the time-stamp counter")
        Manager.exit(status: 2)
    }
}

/// Something to measure.
enum Workload: UInt8 {
    case compute
    case memory
    case recursion
    case branches
    case calls
    case faults

    /// All of them, in the order in which they are run.
    static var all: some Sequence<Workload> {
        (compute.rawValue...faults.rawValue).lazy.map { Workload(rawValue: $0) ?? .compute }
    }

    static func named(_ name: UnsafeRawBufferPointer) -> Workload? {
        for workload in all where workload.isNamed(name) { return workload }
        return nil
    }

    private func isNamed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where bytes[index] != name.utf8Start[index] { return false }
        return true
    }

    var name: StaticString {
        switch self {
        case .compute: "compute"
        case .memory: "memory"
        case .recursion: "recursion"
        case .branches: "branches"
        case .calls: "calls"
        case .faults: "faults"
        }
    }

    var summary: StaticString {
        switch self {
        case .compute: "arithmetic in registers; an iteration is one step of a generator"
        case .memory: "reads and writes over 256 KiB; an iteration is one word"
        case .recursion: "Fibonacci's function by its definition; an iteration computes the 14th or 15th number"
        case .branches: "indirect calls; an iteration is one call through a table"
        case .calls: "system calls; an iteration yields once"
        case .faults: "page faults that the process manager answers; an iteration is one page"
        }
    }

    var defaultIterations: UInt32 {
        switch self {
        case .compute: 1_000_000
        case .memory: 1_000_000
        case .recursion: 500
        case .branches: 500_000
        case .calls: 20_000
        case .faults: 2_000
        }
    }

    /// Does the work and prints the result.
    func run(_ iterations: UInt32) {
        let result: UInt32? =
            switch self {
            case .compute: Workloads.compute(iterations)
            case .memory: Workloads.memory(iterations)
            case .recursion: Workloads.recursion(iterations)
            case .branches: Workloads.branches(iterations)
            case .calls: Workloads.calls(iterations)
            case .faults: Workloads.faults(iterations)
            }
        if let result {
            print("bench: \(name): \(iterations) iterations, result \(hex: result)")
        } else {
            print("bench: \(name): not enough memory")
            Manager.exit(status: 1)
        }
    }
}
