import RandomTestSupport
import Testing

@testable import Processor

/// Random code, tables and interrupts: whatever a guest does, the host process goes on.
///
/// What is asserted is what the engine itself relies on afterwards; above all, that there is an afterwards.
@Suite("Random guests")
struct SystemFuzzTests {
    private struct Random {
        private var numbers: SplitMix64

        init(seed: UInt64) { numbers = SplitMix64(seed: seed) }

        mutating func next() -> UInt32 { UInt32(truncatingIfNeeded: numbers.next()) }
    }

    private enum Mode: CaseIterable {
        case real, protected, user, paged, virtual8086
    }

    /// A machine whose memory up to 128 KiB is random, with tables that are half right.
    private func makeMachine(_ random: inout Random, _ mode: Mode) throws -> SystemFixture {
        let model = ProcessorModel.all[Int(random.next() % UInt32(ProcessorModel.all.count))]
        let machine = try SystemFixture(protected: mode != .real, model: model)
        machine.memory.mapMMIO(0xA0000..<0xC0000)
        for address in stride(from: 0x4000 as UInt32, to: 0x20000, by: 4) { machine.poke32(address, random.next()) }
        if mode == .real {
            machine.state.pointee.eip = random.next() & 0xFFFF
            machine.core.setSegment(1, SegmentRegister(realModeSelector: UInt16(random.next() & 0x1FFF), privilege: 0))
        } else {
            // Gates with random types and targets, and descriptors that hardly make sense.
            for vector in 0..<256 as Range<UInt32> where random.next() & 3 != 0 {
                machine.setGate(
                    at: SystemFixture.idt + vector * 8, UInt8(random.next() & 15),
                    selector: UInt16(random.next() & 0x7F), offset: 0x4000 + random.next() & 0xFFFF,
                    privilege: UInt8(random.next() & 3), present: random.next() & 7 != 0)
            }
            for selector in stride(from: SystemFixture.free, to: 64 * 8, by: 8) {
                machine.poke32(SystemFixture.gdt + UInt32(selector), random.next())
                machine.poke32(SystemFixture.gdt + UInt32(selector) + 4, random.next())
            }
        }
        if mode == .paged {
            machine.enablePaging()
            for _ in 0..<64 { machine.setPage(random.next() & 0x1F_F000, random.next()) }
        }
        if mode == .user || mode == .paged && random.next() & 1 == 0 { machine.enterUserMode() }
        if mode == .virtual8086 { machine.enterVirtual8086(ioPrivilege: random.next() & 3) }
        for index in 0..<8 where index != 4 {
            machine.state.pointee.general[index] = random.next() >> (random.next() & 31)
        }
        return machine
    }

    @Test("Nothing that a guest does traps the host", arguments: 1...3 as ClosedRange<UInt64>)
    func survives(seed: UInt64) throws {
        var random = Random(seed: seed)
        for _ in 0..<5 {
            for mode in Mode.allCases {
                let machine = try makeMachine(&random, mode)
                for _ in 0..<40 {
                    let deadline = machine.processor.steps + UInt64(random.next() & 63) + 1
                    let exit = machine.processor.run(until: deadline)
                    if exit == .shutdown { break }
                    if exit == .halted {
                        machine.state.pointee.interruptRequested = true
                        machine.state.pointee.nmiRequested = random.next() & 1 == 0
                        machine.core.setFlags(Flag.interrupt, mask: Flag.interrupt)
                    }
                    machine.state.pointee.interruptRequested = random.next() & 7 == 0
                    if random.next() & 15 == 0 { machine.processor.isA20Enabled.toggle() }
                    if random.next() & 31 == 0 { machine.processor.restore(machine.processor.snapshot()) }
                }
                #expect(machine.state.pointee.general[8] == 0)
                for index in 0..<6 {
                    var register = machine.state.pointee.segments[index]
                    register.updateExtents()
                    #expect(register == machine.state.pointee.segments[index])
                }
            }
        }
    }

    @Test("How a run is cut into pieces does not show", arguments: 1...2 as ClosedRange<UInt64>)
    func pieces(seed: UInt64) throws {
        for mode in Mode.allCases {
            for round in 0..<4 as Range<UInt64> {
                var first = Random(seed: seed &* 1000 &+ round)
                var second = first
                let whole = try makeMachine(&first, mode)
                let stepped = try makeMachine(&second, mode)
                let exit = whole.processor.run(until: 600)
                while stepped.processor.steps < whole.processor.steps {
                    if stepped.processor.run(until: stepped.processor.steps + 1) != .deadline { break }
                }
                // The delivery that failed is no step, but it has read tables.
                if exit == .shutdown { _ = stepped.processor.run(until: stepped.processor.steps + 1) }
                #expect(stepped.processor.steps == whole.processor.steps)
                #expect(stepped.state.pointee.eip == whole.state.pointee.eip)
                #expect(stepped.core.eflags == whole.core.eflags)
                for index in 0..<8 {
                    #expect(stepped.state.pointee.general[index] == whole.state.pointee.general[index])
                }
                // Compared outside of the expectation, which would print all of memory.
                let memoryAgrees = stepped.memory.snapshot() == whole.memory.snapshot()
                let cacheAgrees = stepped.core.cachedTranslations() == whole.core.cachedTranslations()
                #expect(memoryAgrees, "\(mode), round \(round)")
                #expect(cacheAgrees, "\(mode), round \(round)")
            }
        }
    }
}
