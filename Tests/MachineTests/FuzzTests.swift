import Foundation
import RandomTestSupport
import Testing

@testable import GuestTestSupport
@testable import Machine

/// Whatever a guest does and whatever a snapshot holds, the host process neither crashes nor hangs.
///
/// The guests run in child processes: one that crashes, or is ended by its alarm clock, leaves behind the seed that
/// does it again. `MARTLET_FUZZ_CASES` or `MARTLET_FUZZ_SECONDS` ask for more than the 200 guests of `make test`,
/// `MARTLET_SEED` for others.
@Suite("Fuzzing", .serialized)
struct FuzzTests {
    /// How many guests a child process runs, and in how many seconds at most.
    private static let batch: UInt64 = 200, patience: UInt32 = 300

    @Test func nothingThatAGuestDoesTrapsTheHost() async throws {
        let environment = ProcessInfo.processInfo.environment
        var seed = environment["MARTLET_SEED"].flatMap { UInt64($0) } ?? 1
        let count = environment["MARTLET_FUZZ_CASES"].flatMap { UInt64($0) }
        let seconds = environment["MARTLET_FUZZ_SECONDS"].flatMap { Double($0) }
        let end = ContinuousClock.now + .seconds(seconds ?? 0)
        let last = seed &+ (count ?? Self.batch)
        while seconds == nil ? seed < last : ContinuousClock.now < end {
            let range = seed..<(seconds == nil ? min(last, seed &+ Self.batch) : seed &+ Self.batch)
            let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
                [lower = range.lowerBound as UInt64, upper = range.upperBound as UInt64] in
                alarm(FuzzTests.patience)
                for seed in lower..<upper {
                    FileHandle.standardError.write(Data("seed \(seed)\n".utf8))
                    try FuzzTests.survive(seed)
                }
            }
            guard let result else {
                Issue.record("seeds \(range)")
                return
            }
            let said = String(decoding: result.standardErrorContent, as: UTF8.self)
            let lastSeed = said.split(separator: "\n").last { $0.hasPrefix("seed ") } ?? "no seed"
            guard result.exitStatus == .exitCode(0) else {
                Issue.record("the process ended with \(result.exitStatus) at \(lastSeed): \(said.suffix(1000))")
                return
            }
            seed = range.upperBound
            print("counted \(range.count) guests that neither crashed nor hung")
        }
    }

    /// One guest from beginning to end, now and then with a snapshot that was damaged on the way through a file.
    static func survive(_ seed: UInt64) throws {
        let guest = RandomGuest(seed: seed, steps: seed % 16 == 0 ? 100_000 : nil)
        let machine = try guest.machine()
        var random = SplitMix64(seed: seed ^ 0xF022)
        guest.run(machine) { random.next() % 2000 + 1 }
        _ = machine.textScreen()
        guard seed % 8 == 0 else { return }
        var snapshot = machine.snapshot().encoded()
        // Behind the header, mostly in the registers and tables; then the checksum is made right again.
        let header = 28
        for _ in 0...random.next() % 6 {
            let range = UInt64(random.next() % 2 == 0 ? 600 : snapshot.count - header)
            let index = header + Int(random.next() % min(range, UInt64(snapshot.count - header)))
            snapshot[index] = random.next() % 2 == 0 ? UInt8(truncatingIfNeeded: random.next()) : 0xFF
        }
        let version = try BinaryDecoder.decode(UInt32.self, from: Array(snapshot[8..<12]))
        let sealed = SavedFile.seal(Array(snapshot[header...]), magic: Array(snapshot[0..<8]), version: version)
        guard let damaged = try? MachineSnapshot(decoding: sealed), (try? machine.restore(damaged)) != nil else {
            return
        }
        machine.forgetFuture()
        _ = machine.run(until: machine.steps &+ 2000)
        _ = machine.frame()
        _ = machine.snapshot().encoded()
    }
}
