import RandomTestSupport
import Testing

@testable import Processor

/// Two instructions that one handler executes (`Fusion`) do what they do one after the other: registers, flags, memory,
/// faults in the first or the second, steps and translations.
@Suite struct PairTests {
    fileprivate static let code: UInt32 = 0x2_0000
    /// In the code's page, but out of its way.
    private static let handlers: UInt32 = 0x2_0800

    private struct Encodings {
        var random: SplitMix64

        /// ESP is rarer than the others, which a return needs.
        mutating func register() -> UInt8 {
            Int.random(in: 0..<16, using: &random) == 0 ? 4 : [0, 1, 2, 3, 5, 6, 7].randomElement(using: &random) ?? 0
        }
        mutating func modRM(_ reg: UInt8, _ rm: UInt8) -> UInt8 { 0xC0 | reg << 3 | rm }
        mutating func byte() -> UInt8 { [0, 1, 3, 31, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0 }
        /// The ModRM byte and displacement of [register + displacement].
        mutating func memory(_ reg: UInt8) -> [UInt8] {
            let base = register()
            // ESP as a base needs a SIB byte.
            return [0x80 | reg << 3 | base] + (base == 4 ? [0x24] : []) + [4, 0, 0, 0]
        }

        /// An instruction that may be the first of a pair.
        mutating func first() -> [UInt8] {
            let (left, right) = (register(), register())
            return switch Int.random(in: 0..<24, using: &random) {
            case 0, 1, 2: [0x89, modRM(left, right)]
            case 3: [0x39, modRM(left, right)]
            case 4: [0x83, modRM(7, right), byte()]
            case 5: [0x80, modRM(7, right), byte()]
            case 6: [0x83] + memory(7) + [byte()]
            case 7: [0x80] + memory(7) + [byte()]
            case 8: [0x3B] + memory(left)
            case 9: [0x39] + memory(left)
            case 10: [0x85, modRM(left, right)]
            case 11: [0x84, modRM(left, right)]
            case 12: [0xF6, modRM(0, right), byte()]
            case 13: [0xF7, modRM(0, right), byte(), byte(), byte(), byte()]
            case 14: [0x40 | right]
            case 15: [0x48 | right]
            case 16: [0x83, modRM(Bool.random(using: &random) ? 0 : 4, right), byte()]
            case 17: [0x29, modRM(left, right)]
            case 18, 19: [0xC1, modRM([4, 5, 7].randomElement(using: &random) ?? 4, right), byte()]
            case 20: [(Bool.random(using: &random) ? 0x50 : 0x58) | right]
            case 21: [0x8D] + memory(left)
            case 22: [0x32] + memory(left)
            default: [0x8B] + memory(left)
            }
        }

        /// An instruction that may be the second; half of those on registers work on what the first one did.
        mutating func second(after first: [UInt8]) -> [UInt8] {
            let left = register()
            let right = Bool.random(using: &random) ? first[first.count > 1 ? 1 : 0] & 7 : register()
            return switch Int.random(in: 0..<18, using: &random) {
            case 0, 1, 2: [0x70 | UInt8.random(in: 0..<16, using: &random), 1]
            case 3: [0x0F, 0x80 | UInt8.random(in: 0..<16, using: &random), 1, 0, 0, 0]
            case 4, 5, 6: [[0x01, 0x29, 0x21, 0x09, 0x31].randomElement(using: &random) ?? 1, modRM(left, right)]
            case 7, 8: [0x83, modRM([0, 5, 4, 1, 6].randomElement(using: &random) ?? 0, right), byte()]
            case 9: [0xC1, modRM([4, 5, 7].randomElement(using: &random) ?? 4, right), byte()]
            case 10: [0x89, modRM(left, right)]
            case 11: [(Bool.random(using: &random) ? 0x50 : 0x58) | right]
            case 12: [0xC3]
            // To the same page and to another.
            case 13: [0xE8, 1, UInt8.random(in: 0..<2, using: &random) * 0x10, 0, 0]
            case 14: [0xFF, 0xD0 | right]
            case 15: [[0x03, 0x0B, 0x23, 0x33].randomElement(using: &random) ?? 3] + memory(right)
            case 16: [0x0F, 0xB6, modRM(left, first.count > 1 ? first[1] >> 3 & 7 : 0)]
            default: Bool.random(using: &random) ? [0x8B] + memory(left) : [0x40 | right]
            }
        }

        /// A number, or an address in the middle of a page, at the end of one, or at the end of what is mapped.
        mutating func value() -> UInt32 {
            switch Int.random(in: 0..<9, using: &random) {
            case 0: [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 1: UInt32.random(in: 0...UInt32.max, using: &random)
            case 2: 0x3F_FFF0 + UInt32.random(in: 0..<24, using: &random)
            case 3: 0x3_1FF0 + UInt32.random(in: 0..<24, using: &random)
            // The code itself, and its page.
            case 4: PairTests.code + UInt32.random(in: 0..<20, using: &random)
            case 5: PairTests.code + 0x900 + UInt32.random(in: 0..<64, using: &random)
            default: 0x3_0000 + UInt32.random(in: 0..<0x3000, using: &random)
            }
        }
    }

    /// What is compared after each pair; all of memory is at the end.
    private static let watched: [Range<UInt32>] = [
        code..<code + 0x20, 0x2_0900..<0x2_0A00, 0x3_0FF0..<0x3_1010, 0x3_1FE0..<0x3_2020, 0x3F_FFC0..<0x40_0000,
    ]

    /// Runs the pair in pieces of `piece` steps from the state that `registers` says; the fixture keeps its TLB, its
    /// cached code and its memory from pair to pair.
    private func run(_ machine: SystemFixture, _ program: [UInt8], registers: [UInt32], piece: UInt64) -> [UInt64] {
        machine.memory.write(program + [0xF4], at: Self.code)
        for (index, value) in registers.enumerated() { machine.state.pointee.general[index] = value }
        // A return may have gone anywhere.
        machine.core.setPrivilege(0)
        machine.load(.cs, SystemFixture.code0)
        for index in [SegmentIndex.ss, .ds, .es, .fs, .gs] { machine.load(index, SystemFixture.data0) }
        machine.processor.stateWasReplaced()
        // Now and then a limit that jumps and returns to data exceed.
        if registers[7] & 7 == 0 { machine.state.pointee.segments[1].limit = 0x2_0FFF }
        machine.state.pointee.eip = Self.code
        machine.state.pointee.eflags = registers[0] & 0x8D5 | 2
        machine.state.pointee.halted = false
        let end = machine.state.pointee.steps &+ 12
        while machine.state.pointee.steps < end {
            let exit = machine.processor.run(until: min(end, machine.state.pointee.steps &+ piece))
            if exit == .halted || exit == .shutdown { break }
        }
        let words = machine.digest(memory: Self.watched)
        // A shutdown leaves the processor unusable; time must be the same for the next pair, too.
        machine.state.pointee.steps = (machine.state.pointee.steps | 0xFF) &+ 1
        return words
    }

    private func fixture() throws -> SystemFixture {
        let machine = try SystemFixture()
        machine.enablePaging()
        machine.memory.write([UInt8](repeating: 0xF4, count: 256), at: Self.handlers)
        for vector in UInt8(0)..<32 { machine.setInterruptGate(vector, offset: Self.handlers + UInt32(vector)) }
        return machine
    }

    /// The handler that the first instruction of the block at the code's beginning has.
    private func handler(_ machine: SystemFixture) -> Handler? {
        let code = machine.core.context.pointee.code
        guard let page = code.pages[Int(Self.code >> 12)], let table = page.pointee.tables[.flat32] else { return nil }
        let place = Int(table[Int(Self.code & 0xFFF)])
        return place == 0 ? nil : code.arena[place + 1].handler
    }

    @Test func pairsAreTheirParts() throws {
        let whole = try fixture()
        let stepped = try fixture()
        var encodings = Encodings(random: SplitMix64(seed: 20))
        var seen: Set<Handler> = []
        for number in 0..<40_000 {
            let first = encodings.first()
            var program = first + encodings.second(after: first)
            // A target for the jumps; flags that nothing can see; or neither.
            if Bool.random(using: &encodings.random) { program.append(0x47) }
            if first[0] & 0xF8 == 0x50 { program += [0x8B] + encodings.memory(0) }
            if Bool.random(using: &encodings.random) { program += [0x39, 0xD8] }
            var registers = (0..<8).map { _ in encodings.value() }
            registers[4] = Bool.random(using: &encodings.random) ? 0x3_0800 : encodings.value()
            let expected = run(stepped, program, registers: registers, piece: 1)
            let actual = run(whole, program, registers: registers, piece: .max / 2)
            guard actual == expected else {
                let handler = handler(whole).map { "\($0)" } ?? "none"
                Issue.record("pair \(number): \(program) with \(registers), handler \(handler)")
                return
            }
            if let handler = handler(whole) { seen.insert(handler) }
        }
        #expect(whole.digest() == stepped.digest())
        let pairs = Handler.allCases.filter {
            // A return to its call is not at the beginning of a block.
            (Handler.cmpRR32Jz.rawValue...Handler.pushR32MoveLoad.rawValue).contains($0.rawValue)
                && $0 != .popR32RetWithin
        }
        #expect(pairs.count > 100)
        #expect(pairs.filter { !seen.contains($0) } == [], "pairs that this test did not meet")
    }
}
