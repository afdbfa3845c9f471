import RandomTestSupport
import Testing

@testable import Processor

/// Repeated string instructions do many iterations at once where they can; that cannot be told from one at a time.
@Suite("Repeated string instructions")
struct StringTests {
    private static let code: UInt32 = 0x5000
    private static let area: UInt32 = 0x10_0000

    /// Runs one instruction until `steps` steps are done, in pieces of at most `piece` steps, and says how all ends.
    private func execute(
        _ bytes: [UInt8], seed: UInt64, descending: Bool, steps: UInt64, piece: UInt64
    ) throws -> [UInt64] {
        var random = SplitMix64(seed: seed)
        let machine = try SystemFixture()
        if Bool.random(using: &random) { machine.enablePaging() }
        machine.memory.write(bytes + [0xEB, 0xFE], at: Self.code)
        // Few different bytes, so that comparisons go on for a while.
        let contents = (0..<0x4000).map { _ in UInt8.random(in: 0..<64, using: &random) == 0 ? 1 : 0 as UInt8 }
        machine.memory.write(contents, at: Self.area)
        let from = UInt32.random(in: 0x1000..<0x3000, using: &random)
        // Often close to the source, so that both overlap, or with the same contents.
        let distances: [Int32] = [-5000, -8, -4, -3, -1, 0, 1, 2, 4, 7, 4096, 5000]
        let distance = UInt32(bitPattern: distances.randomElement(using: &random) ?? 0)
        let state = machine.state
        state.pointee.general[0] = Bool.random(using: &random) ? 0 : 0x0101_0101
        state.pointee.general[1] = UInt32.random(in: 0..<3000, using: &random)
        state.pointee.general[6] = Self.area + from
        state.pointee.general[7] = min(max(Self.area + from &+ distance, Self.area), Self.area + 0x3FF0)
        state.pointee.eip = Self.code
        state.pointee.eflags = descending ? 0x402 : 2
        while machine.processor.steps < steps {
            let exit = machine.processor.run(until: min(machine.processor.steps + piece, steps))
            if exit != .deadline { break }
        }
        return outcome(machine)
    }

    /// Registers, steps, cached translations and the memory that the instructions reach.
    private func outcome(_ machine: SystemFixture) -> [UInt64] {
        let snapshot = machine.processor.snapshot()
        let state = snapshot.state
        var words: [UInt64] = (0..<8).map { UInt64(state.general[$0]) }
        words += [UInt64(state.eip), UInt64(state.eflags), state.steps]
        words += snapshot.translations.map { UInt64($0.slot) << 32 | UInt64($0.linear) }
        for bytes in [machine.memory.read(0, count: 0x1_0000), machine.memory.read(Self.area, count: 0x4000)] {
            // FNV-1a.
            words.append(bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        }
        return words
    }

    @Test("Whole, in pieces and one iteration at a time", arguments: [0xA4, 0xA6, 0xAA, 0xAC, 0xAE] as [UInt8])
    func pieces(opcode: UInt8) throws {
        let prefixes: [[UInt8]] = [[], [0x66], [0x67]]
        for index in 0..<prefixes.count {
            for width in 0..<2 as Range<UInt8> {
                for seed in 0..<6 as Range<UInt64> {
                    let bytes = prefixes[index] + [seed & 1 == 0 ? 0xF2 : 0xF3, opcode + width]
                    let variant = seed &* 31 &+ UInt64(index)
                    let descending = seed & 2 != 0
                    let whole = try execute(bytes, seed: variant, descending: descending, steps: 3500, piece: 10_000)
                    let single = try execute(bytes, seed: variant, descending: descending, steps: 3500, piece: 1)
                    let pieces = try execute(bytes, seed: variant, descending: descending, steps: 3500, piece: 97)
                    #expect(single == whole, "\(bytes), seed \(seed)")
                    #expect(pieces == whole, "\(bytes), seed \(seed)")
                }
            }
        }
    }
}
