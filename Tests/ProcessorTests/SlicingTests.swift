import RandomTestSupport
import Testing

@testable import Processor

/// Random programs that modify themselves, fault, take interrupts and change page tables end in the same state, however
/// the run is cut into pieces.
@Suite("Slicing")
struct SlicingTests {
    /// Runs `steps` steps with an interrupt request now and then, in pieces of at most `piece` steps.
    private func execute(_ program: RandomProgram, steps: UInt64, piece: UInt64) throws -> [UInt64] {
        let machine = try program.load()
        var nextEvent: UInt64 = 50
        while machine.processor.steps < steps {
            let deadline = min(nextEvent, machine.processor.steps + piece, steps)
            let exit = machine.processor.run(until: deadline)
            if machine.processor.steps >= nextEvent || exit == .halted {
                if exit == .halted { machine.state.pointee.steps = nextEvent }
                machine.state.pointee.interruptRequested.toggle()
                nextEvent += 37
            }
            if exit == .shutdown { program.restart(machine) }
        }
        return machine.digest()
    }

    @Test("32-bit code with paging", arguments: 0..<30 as Range<UInt64>)
    func protectedMode(seed: UInt64) throws {
        let program = RandomProgram(seed: seed, protected: true)
        let whole = try execute(program, steps: 3000, piece: 10_000)
        #expect(try execute(program, steps: 3000, piece: 1) == whole)
        #expect(try execute(program, steps: 3000, piece: 7) == whole)
    }

    @Test("16-bit code in real mode", arguments: 0..<30 as Range<UInt64>)
    func realMode(seed: UInt64) throws {
        let program = RandomProgram(seed: seed, protected: false)
        let whole = try execute(program, steps: 3000, piece: 10_000)
        #expect(try execute(program, steps: 3000, piece: 1) == whole)
        #expect(try execute(program, steps: 3000, piece: 5) == whole)
    }
}

/// Random bytes with a bias towards instructions that access the program's own memory.
struct RandomProgram {
    let seed: UInt64
    let protected: Bool
    private let code: [UInt8]
    private let registers: [UInt32]
    static let base: UInt32 = 0x2_0000
    static let size = 0x3000

    init(seed: UInt64, protected: Bool) {
        self.seed = seed
        self.protected = protected
        var random = SplitMix64(seed: seed &* 77 &+ (protected ? 1 : 0))
        var code: [UInt8] = []
        while code.count < Self.size {
            if Bool.random(using: &random) {
                // An instruction with an absolute address in the program.
                let opcodes: [UInt8] = [
                    0x00, 0x01, 0x03, 0x29, 0x33, 0x80, 0x83, 0x88, 0x89, 0x8A, 0x8B, 0xC6, 0xFE, 0xFF, 0xD1,
                ]
                let address = UInt32.random(in: 0..<UInt32(Self.size), using: &random) + (protected ? Self.base : 0)
                let reg = UInt8.random(in: 0..<8, using: &random)
                code.append(opcodes.randomElement(using: &random) ?? 0)
                code.append(reg << 3 | (protected ? 5 : 6))
                code.append(UInt8(truncatingIfNeeded: address))
                code.append(UInt8(truncatingIfNeeded: address >> 8))
                if protected { code += [UInt8(truncatingIfNeeded: address >> 16), 0] }
            } else {
                for _ in 0..<Int.random(in: 1..<8, using: &random) {
                    code.append(UInt8.random(in: 0...255, using: &random))
                }
            }
        }
        self.code = Array(code.prefix(Self.size))
        registers = (0..<8).map { _ in Self.base + UInt32.random(in: 0..<UInt32(Self.size), using: &random) }
    }

    func load() throws -> SystemFixture {
        let machine = try SystemFixture(protected: protected)
        machine.memory.write(code, at: Self.base)
        for vector in 0..<256 as Range<UInt32> {
            let target = vector &* 0x2F % UInt32(Self.size)
            if protected {
                machine.setInterruptGate(UInt8(vector), offset: Self.base + target)
            } else {
                machine.poke32(vector * 4, (Self.base >> 4) << 16 | target)
            }
        }
        if protected { machine.enablePaging() }
        restart(machine)
        return machine
    }

    /// Registers as at the beginning, memory as it is.
    func restart(_ machine: SystemFixture) {
        let state = machine.state
        if protected {
            machine.core.setPrivilege(0)
            state.pointee.cr0 = ControlRegister.protection | ControlRegister.extensionType | ControlRegister.paging
            state.pointee.cr3 = 0x10000
            machine.core.flushTLB(includingGlobal: true)
            for (index, selector) in [0x10, 0x08, 0x10, 0x10, 0x10, 0x10].enumerated() {
                var register = SegmentRegister()
                register.selector = UInt16(selector)
                register.attributes = index == 1 ? 0xC09B : 0xC093
                register.limit = 0xFFFF_FFFF
                register.updateExtents()
                machine.core.setSegment(UInt8(index), register)
            }
        } else {
            let segment = UInt16(Self.base >> 4)
            for index in 0..<6 {
                machine.core.setSegment(UInt8(index), SegmentRegister(realModeSelector: segment, privilege: 0))
            }
        }
        for index in 0..<8 { state.pointee.general[index] = protected ? registers[index] : registers[index] & 0xFFFF }
        state.pointee.eip = protected ? Self.base : 0
        state.pointee.eflags = 0x202
    }
}

extension SystemFixture {
    /// Everything that the guest could ever notice; of memory only what is in `ranges`, which is all of it by itself.
    func digest(memory ranges: [Range<UInt32>]? = nil) -> [UInt64] {
        let snapshot = processor.snapshot()
        let state = snapshot.state
        var words: [UInt64] = (0..<16).map { UInt64(state.general[$0]) }
        words += [
            UInt64(state.eip), UInt64(state.eflags), state.steps, UInt64(state.cr0), UInt64(state.cr2),
            UInt64(state.cr3),
            UInt64(state.cr4), UInt64(state.cpl), state.interruptShadowEnd, UInt64(state.pendingDebugStatus),
            UInt64(state.gdtBase), UInt64(state.gdtLimit), UInt64(state.idtBase), UInt64(state.idtLimit),
            UInt64(state.a20Mask), state.halted ? 1 : 0, state.nmiBlocked ? 1 : 0,
        ]
        for index in 0..<8 {
            let segment = state.segments[index]
            words += [
                UInt64(segment.selector), UInt64(segment.attributes), UInt64(segment.base), UInt64(segment.limit),
            ]
            words.append(UInt64(state.debugRegisters[index]))
        }
        for translation in snapshot.translations {
            words += [UInt64(translation.slot), UInt64(translation.linear) << 32 | UInt64(translation.physical)]
        }
        // FNV-1a over all of memory.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for range in ranges ?? [0..<UInt32(memory.ramSize)] {
            for byte in memory.read(range.lowerBound, count: range.count) {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
        }
        words.append(hash)
        return words
    }
}
