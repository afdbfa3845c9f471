import Foundation
import RandomTestSupport
import Testing

@testable import GuestTestSupport
@testable import Machine

/// The interpreter against itself: the same program, run as a whole, instruction by instruction and in random pieces,
/// ends in the same state of everything: registers, x87 and SSE, memory, the TLB, every chip.
///
/// `MARTLET_SELF_CASES` asks for more programs than the 120 of `make test`, `MARTLET_SEED` for others.
@Suite("The interpreter against itself")
struct SelfComparisonTests {
    @Test func howARunIsCutIntoPiecesDoesNotShow() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["MARTLET_SELF_CASES"].flatMap { UInt64($0) } ?? 120
        let first = environment["MARTLET_SEED"].flatMap { UInt64($0) } ?? 1
        var differences = 0
        var guests = 0
        for seed in first..<first &+ count where differences < 5 {
            guests += 1
            let guest = RandomGuest(seed: seed)
            if let step = try Self.firstDifference(guest) {
                differences += 1
                Issue.record("seed \(seed) (\(guest.mode), \(guest.model.name)): differs up to step \(step)")
            }
        }
        print("counted \(guests) guests run as a whole and in pieces")
    }

    /// The first checkpoint at which pieces show; nil if they never do.
    static func firstDifference(_ guest: RandomGuest) throws -> UInt64? {
        let whole = try guest.machine()
        guest.run(whole) { .max }
        let digest = whole.stateDigest()
        let end = whole.steps
        var random = SplitMix64(seed: guest.seed)
        let slicings: [() -> UInt64] = [{ 1 }, { random.next() % 9 + 1 }, { random.next() % 200 + 1 }]
        for slicing in slicings {
            let machine = try guest.machine()
            guest.run(machine, piece: slicing)
            guard machine.stateDigest() != digest || machine.steps != end else { continue }
            return try firstDifference(guest, before: end)
        }
        return nil
    }

    /// Narrows a difference between whole and single-stepped runs down to one step.
    private static func firstDifference(_ guest: RandomGuest, before end: UInt64) throws -> UInt64 {
        var (same, different) = (UInt64(0), end)
        while different - same > 1 {
            let middle = (same + different) / 2
            let whole = try guest.machine()
            guest.run(whole, until: middle) { .max }
            let stepped = try guest.machine()
            guest.run(stepped, until: middle) { 1 }
            if whole.stateDigest() == stepped.stateDigest() { same = middle } else { different = middle }
        }
        return different
    }
}
