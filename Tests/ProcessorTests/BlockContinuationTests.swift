import RandomTestSupport
import Testing

@testable import Processor

/// Blocks that go on behind jumps, calls and returns do what single instructions do, whatever happens on the way: a
/// return address that has changed, code that changes itself, a page that ends, a segment that ends or wraps.
@Suite struct BlockContinuationTests {
    private static let page: UInt32 = 0x2_0000
    private static let handlers: UInt32 = 0x2_1000

    /// A small program with jumps among its instructions.
    private struct Program {
        var random: SplitMix64

        private mutating func register() -> UInt8 { [0, 1, 2, 3, 6, 7].randomElement(using: &random) ?? 0 }

        /// An instruction; the last four bytes of a transfer of control are its distance.
        private mutating func instruction(at start: UInt32) -> (bytes: [UInt8], isTransfer: Bool) {
            let (left, right) = (register(), register())
            // Somewhere in the code, or data beside it.
            let address = withUnsafeBytes(of: start &+ UInt32.random(in: 0..<80, using: &random)) { Array($0) }
            return switch Int.random(in: 0..<19, using: &random) {
            case 0, 1: ([0xE9, 0, 0, 0, 0], true)
            case 2, 3, 4: ([0xE8, 0, 0, 0, 0], true)
            case 5: ([0x0F, 0x80 | UInt8.random(in: 0..<16, using: &random), 0, 0, 0, 0], true)
            case 6, 7, 8: ([0xC3], false)
            case 9: ([0x50 | right], false)
            case 10: ([0x58 | right], false)
            case 11: ([0x5D, 0xC3], false)
            case 12: ([0x89, 0xC0 | left << 3 | right], false)
            case 13: ([0x01, 0xC0 | left << 3 | right], false)
            case 14: ([0x40 | right], false)
            // The return address: the instruction behind.
            case 15: ([0x83, 0x04, 0x24, UInt8.random(in: 0..<3, using: &random)], false)
            case 16: ([0xFF, 0xD0 | right], false)
            case 17: ([0xC6, 0x05] + address + [[0x90, 0xC3, 0x40].randomElement(using: &random) ?? 0x90], false)
            default: ([0x8B, 0x04, 0x24], false)
            }
        }

        mutating func bytes(at start: UInt32) -> [UInt8] {
            var code: [UInt8] = []
            var places: [Int] = []
            var distances: [Int] = []
            for _ in 0..<Int.random(in: 3...14, using: &random) {
                places.append(code.count)
                let (bytes, isTransfer) = instruction(at: start)
                code += bytes
                if isTransfer { distances.append(code.count) }
            }
            for end in distances {
                // Now and then to the next page, or before the beginning.
                let target =
                    switch Int.random(in: 0..<16, using: &random) {
                    case 0: Int(BlockContinuationTests.page) + 0x1000 - Int(start) + 16
                    case 1: -1 - Int.random(in: 0..<32, using: &random)
                    default: places.randomElement(using: &random) ?? 0
                    }
                let distance = UInt32(truncatingIfNeeded: target - end)
                withUnsafeBytes(of: distance) { code.replaceSubrange(end - 4..<end, with: $0) }
            }
            return code
        }
    }

    private struct Situation {
        var program: [UInt8]
        var start: UInt32
        var registers: [UInt32]
        var base: UInt32
        var limit: UInt32
    }

    private func run(
        _ machine: SystemFixture, _ situation: Situation, pieces: (inout SplitMix64) -> UInt64
    ) -> [UInt64] {
        machine.memory.write([UInt8](repeating: 0x90, count: 0x1100), at: Self.page)
        machine.memory.write([UInt8](repeating: 0xF4, count: 0x200), at: Self.handlers)
        machine.memory.write(situation.program + [0xF4], at: situation.start)
        for (index, value) in situation.registers.enumerated() { machine.state.pointee.general[index] = value }
        machine.core.setPrivilege(0)
        machine.load(.cs, SystemFixture.code0)
        for index in [SegmentIndex.ss, .ds, .es, .fs, .gs] { machine.load(index, SystemFixture.data0) }
        machine.processor.stateWasReplaced()
        machine.state.pointee.segments[1].base = situation.base
        machine.state.pointee.segments[1].limit = situation.limit
        machine.state.pointee.eip = situation.start &- situation.base
        machine.state.pointee.eflags = 2
        machine.state.pointee.halted = false
        var random = SplitMix64(seed: 3)
        let end = machine.state.pointee.steps &+ 90
        while machine.state.pointee.steps < end {
            let exit = machine.processor.run(until: min(end, machine.state.pointee.steps &+ pieces(&random)))
            if exit == .halted || exit == .shutdown { break }
        }
        let words = machine.digest(memory: [Self.page..<Self.page + 0x1100, 0x3_0700..<0x3_0900])
        machine.state.pointee.steps = (machine.state.pointee.steps | 0xFF) &+ 1
        return words
    }

    private func fixture() throws -> SystemFixture {
        let machine = try SystemFixture()
        machine.enablePaging()
        for vector in UInt8(0)..<32 { machine.setInterruptGate(vector, offset: Self.handlers + UInt32(vector)) }
        return machine
    }

    /// The handlers of the block that begins at `start`.
    private func handlers(_ machine: SystemFixture, at start: UInt32) -> [Handler] {
        let code = machine.core.context.pointee.code
        guard let page = code.pages[Int(start >> 12)], let table = page.pointee.tables[.flat32] else { return [] }
        let place = Int(table[Int(start & 0xFFF)])
        guard place != 0 else { return [] }
        return (1...Int(code.arena[place].blockCount)).map { code.arena[place + $0].handler }
    }

    @Test func blocksGoOnAsInstructionsDo() throws {
        let stepped = try fixture()
        let whole = try fixture()
        let sliced = try fixture()
        var program = Program(random: SplitMix64(seed: 21))
        var seen: Set<Handler> = []
        for number in 0..<12_000 {
            let random = UInt32.random(in: 0..<64, using: &program.random)
            // In the middle of the page, where it begins, or so that the code runs into the next one.
            let offsets = [0x800, 0x900, 0, 0xFD0 + random % 32]
            let start = Self.page + (offsets.randomElement(using: &program.random) ?? 0)
            var situation = Situation(
                program: program.bytes(at: start), start: start, registers: (0..<8).map { _ in start &+ random },
                base: 0, limit: .max)
            situation.registers[4] = 0x3_0800
            switch Int.random(in: 0..<8, using: &program.random) {
            // The segment begins in the middle of the page: jumps to what lies before wrap.
            case 0: situation.base = start
            case 1: situation.base = start &+ 20
            case 2: situation.base = start &- 5
            // It ends there.
            case 3: situation.limit = start &+ random
            // Or before the program, of which the end may be executed alone.
            case 4: (situation.base, situation.limit) = (start, random)
            default: break
            }
            let expected = run(stepped, situation) { _ in 1 }
            let actual = run(whole, situation) { _ in .max / 2 }
            let inPieces = run(sliced, situation) { UInt64.random(in: 1...9, using: &$0) }
            guard actual == expected, inPieces == expected else {
                Issue.record("program \(number): \(situation), \(handlers(whole, at: start))")
                return
            }
            seen.formUnion(handlers(whole, at: start))
        }
        #expect(whole.digest() == stepped.digest())
        for handler in [
            Handler.callWithin32, .retWithin32, .popR32RetWithin, .pushR32CallWithin, .pushR32CallR, .movRR32CallWithin,
        ] {
            #expect(seen.contains(handler), "\(handler)")
        }
    }

    /// A loop around a call is one block; the caller sees that the function has changed.
    @Test func functionsInBlocksMayChange() throws {
        let machine = try fixture()
        let start = Self.page + 0x100
        // L: call f; dec ecx; jnz L; hlt; f: add eax, 1; cmp ecx, 2; jne 1f; mov byte [f + 2], 16; 1: ret
        let code: [UInt8] = [
            0xE8, 0x04, 0, 0, 0, 0x49, 0x75, 0xF8, 0xF4,
            0x83, 0xC0, 0x01, 0x83, 0xF9, 0x02, 0x75, 0x07, 0xC6, 0x05, 0x0B, 0x01, 0x02, 0x00, 0x10, 0xC3,
        ]
        machine.memory.write(code, at: start)
        machine.load(.cs, SystemFixture.code0)
        machine.state.pointee.eip = start
        machine.state.pointee.general[4] = 0x3_0800
        machine.state.pointee.general[0] = 0
        machine.state.pointee.general[1] = 5
        #expect(machine.processor.run(until: machine.processor.steps + 200) == .halted)
        #expect(machine.state.pointee.general[0] == 4 + 16)
        #expect(machine.state.pointee.general[4] == 0x3_0800)
    }

    /// Runs code at `start` until it halts, and returns EAX, which was 0 as ECX was `count`.
    private func result(_ machine: SystemFixture, at start: UInt32, count: UInt32) -> UInt32 {
        machine.load(.cs, SystemFixture.code0)
        machine.state.pointee.eip = start
        machine.state.pointee.general[4] = 0x3_0800
        machine.state.pointee.general[0] = 0
        machine.state.pointee.general[1] = count
        #expect(machine.processor.run(until: machine.processor.steps + 2000) == .halted)
        return machine.state.pointee.general[0]
    }

    @Test func codeInAnotherPageMayChange() throws {
        let machine = try fixture()
        let start = Self.page + 0x100
        // L: mov [f + 1], cl; call f; dec ecx; jnz L; hlt, and in the next page f: add eax, n; ret
        machine.memory.write(
            [0x88, 0x0D, 0x01, 0x18, 0x02, 0x00, 0xE8, 0xF5, 0x16, 0x00, 0x00, 0x49, 0x75, 0xF2, 0xF4], at: start)
        machine.memory.write([0x05, 0, 0, 0, 0, 0xC3], at: Self.page + 0x1800)
        #expect(result(machine, at: start, count: 100) == 5050)
    }

    /// The write goes to the running block by another linear address.
    @Test func codeMayChangeByAnAlias() throws {
        let machine = try fixture()
        let start = Self.page + 0x100
        machine.setPage(0x5_0000, Self.page | 7)
        // L: mov [1f + 1 in the other page], cl; 1: add eax, n; dec ecx; jnz L; hlt
        machine.memory.write(
            [0x88, 0x0D, 0x07, 0x01, 0x05, 0x00, 0x05, 0, 0, 0, 0, 0x49, 0x75, 0xF2, 0xF4], at: start)
        #expect(result(machine, at: start, count: 100) == 5050)
    }
}
