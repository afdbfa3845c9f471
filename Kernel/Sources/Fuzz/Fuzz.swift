// System calls as nobody would make them: random numbers, registers that are nearly right, from several processes at
// once.
//
// The constraint: what a hostile program can do to the kernel is more than anybody thinks of, and a kernel that has
// gone wrong cannot say so. The choice: children that know nothing but a few capabilities make random calls; this
// program, their manager, hears of their faults, ends their waits, and starts them anew when they have destroyed
// themselves. A bystander counts in memory of its own meanwhile. In the end its memory must be as it was, and as many
// page frames be free as at the start. The same seed makes the same calls, as long as interrupts come at the same time.
// Example:
//
//     martlet> fuzz 7 100000
//     fuzz: seed 7: 100000 calls, 812 processes, 410 faults: no damage

import CUser
import User

@main
struct Fuzz {
    static func main() {
        guard Arguments.count == 3, let seed = Decimal.parse(Arguments.bytes(1)),
            let calls = Decimal.parse(Arguments.bytes(2)), calls > 0
        else {
            print("usage: fuzz SEED CALLS")
            Manager.exit(status: 2)
        }
        // Page tables and the heap's first memory stay with this process: the first round does not count.
        let first = round(seed: seed, calls: 1)
        guard first.problem == nil, let before = framesOfOthers() else {
            print("fuzz: \(first.problem ?? "no memory")")
            Manager.exit(status: 1)
        }
        let result = round(seed: seed, calls: calls)
        if let problem = result.problem {
            print("fuzz: seed \(seed): \(problem)")
            Manager.exit(status: 1)
        }
        let after = framesOfOthers() ?? 0
        guard after == before else {
            print("fuzz: seed \(seed): \(after) page frames free or in use by others instead of \(before)")
            Manager.exit(status: 1)
        }
        print("fuzz: seed \(seed): \(calls) calls, \(result.processes) processes, \(result.faults) faults: no damage")
    }

    private static func round(seed: UInt32, calls: UInt32) -> FuzzManager.Result {
        do throws(KernelError) {
            var manager = try FuzzManager(seed: seed, calls: calls)
            let result = manager.run()
            manager.end()
            return result
        } catch {
            return FuzzManager.Result(problem: "no memory for the children")
        }
    }

    /// The page frames that are free, or other processes': so one that ends meanwhile, or needs more, changes nothing.
    private static func framesOfOthers() -> UInt32? {
        var last: UInt32?
        // Others may run between two of the calls; two equal sums are one.
        for _ in 0..<100 {
            guard let sum = sumOfFrames() else { return nil }
            if sum == last { return sum }
            last = sum
        }
        return last
    }

    private static func sumOfFrames() -> UInt32? {
        let system = System(slot: ProgramSlot.system)
        guard var sum = (try? system.memory())?.freeFrames else { return nil }
        // The kernel's own frames are charged to nobody who could give them back.
        system.forEachProcess { if $0.process != Arguments.process, $0.process != 0 { sum += $0.frames } }
        return sum
    }
}
