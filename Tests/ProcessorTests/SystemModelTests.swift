import Testing

@testable import Processor

/// What CPUID says, what EFLAGS and control registers show, and what raises #UD: three ways to learn the same.
@Suite("Processor models")
struct SystemModelTests {
    typealias Raised = SystemFixture.Raised

    private func machine(_ model: ProcessorModel) throws -> SystemFixture {
        let machine = try SystemFixture(model: model)
        machine.catchExceptions()
        return machine
    }

    /// EAX, EBX, ECX, EDX.
    private func identify(_ machine: SystemFixture, _ leaf: UInt32) -> [UInt32] {
        machine.state.pointee.general[0] = leaf
        #expect(machine.execute([0x0F, 0xA2]) == nil)
        return [0, 3, 1, 2].map { machine.state.pointee.general[$0] }
    }

    private static var withCPUID: [ProcessorModel] { ProcessorModel.all.filter { $0.features != nil } }

    @Test("Names find models, and other names find none")
    func names() {
        let names = ["386", "486", "pentium", "pentium2", "pentium3", "pentium4"]
        #expect(ProcessorModel.all.map(\.name) == names)
        for name in names { #expect(ProcessorModel.named(name)?.name == name) }
        #expect(ProcessorModel.named("z80") == nil)
        #expect(ProcessorModel.all.map(\.generation) == ProcessorModel.all.map(\.generation).sorted())
    }

    @Test("After a reset EDX holds the signature, whose family is that of the name", arguments: ProcessorModel.all)
    func signature(model: ProcessorModel) throws {
        let machine = try SystemFixture(protected: false, model: model)
        let families =
            ["386": 3, "486": 4, "pentium": 5, "pentium2": 6, "pentium3": 6, "pentium4": 15] as [String: UInt32]
        #expect(machine.state.pointee.general[2] == model.signature)
        #expect(model.signature >> 8 & 0xF == families[model.name])
        if model.features != nil { #expect(identify(try self.machine(model), 1)[0] == model.signature) }
    }

    @Test(
        "EFLAGS.ID can be changed exactly if there is cpuid; AC since the 486; VIF and VIP with VME",
        arguments: ProcessorModel.all)
    func flags(model: ProcessorModel) throws {
        let machine = try machine(model)
        // push 3C0000h (AC, VIF, VIP, ID); iret in the form that loads all of them at privilege level 0.
        let all = Flag.alignmentCheck | Flag.virtualInterrupt | Flag.virtualInterruptPending | Flag.identification
        machine.state.pointee.general[4] = 0x7000
        machine.poke32(0x7000, 0x5100)
        machine.poke32(0x7004, UInt32(SystemFixture.code0))
        machine.poke32(0x7008, all | 2)
        #expect(machine.execute([0xCF]) == nil)
        var expected: UInt32 = 0
        if model != .i386 { expected |= Flag.alignmentCheck }
        if model.features != nil { expected |= Flag.identification }
        if model.has(CPUFeature.virtual8086Extensions) {
            expected |= Flag.virtualInterrupt | Flag.virtualInterruptPending
        }
        #expect(machine.core.eflags & all == expected)
        if model.features == nil { #expect(machine.execute([0x0F, 0xA2]) == .invalidOpcode) }
    }

    @Test("CPUID claims nothing that is not there", arguments: withCPUID)
    func honesty(model: ProcessorModel) throws {
        let features = identify(try machine(model), 1)[3]
        // MCE (7), APIC (9), MCA (14), serial number (18), DS (21), ACPI (22), HTT (28), thermal monitor (29).
        #expect(features & (1 << 7 | 1 << 9 | 1 << 14 | 1 << 18 | 1 << 21 | 1 << 22 | 1 << 28 | 1 << 29) == 0)
        #expect(features == model.features)
        #expect(identify(try machine(model), 1)[2] == 0)
    }

    @Test("Leaves beyond the highest answer as the highest basic one", arguments: withCPUID)
    func leaves(model: ProcessorModel) throws {
        let machine = try machine(model)
        let zero = identify(machine, 0)
        #expect(zero[0] == (model.generation >= .pentiumPro ? 2 : 1))
        let vendor = [zero[1], zero[3], zero[2]].flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
        }
        #expect(String(decoding: vendor, as: UTF8.self) == "GenuineIntel")
        let last = identify(machine, zero[0])
        for leaf in [zero[0] + 1, 0x7FFF_FFFF, 0x8000_0005, 0xFFFF_FFFF] as [UInt32] {
            #expect(identify(machine, leaf) == last)
        }
        // Leaf 2: one query tells everything.
        if zero[0] == 2 { #expect(last[0] & 0xFF == 1) }
        guard model == .pentium4 else {
            #expect(identify(machine, 0x8000_0000) == last)
            return
        }
        #expect(identify(machine, 0x8000_0000) == [0x8000_0004, 0, 0, 0])
        #expect(identify(machine, 0x8000_0001) == [0, 0, 0, 1 << 20])
        let brand = (2...4 as ClosedRange<UInt32>).flatMap { identify(machine, 0x8000_0000 + $0) }.flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
        }
        #expect(brand.last == 0)
        let text = String(decoding: brand.prefix { $0 != 0 }, as: UTF8.self)
        #expect(text.hasPrefix("Intel(R) Pentium(R) 4 CPU"))
        #expect(text == model.brand.description)
    }

    @Test(
        "CR4 has the bits of CPUID, others are #GP, and without CPUID's features there is no CR4",
        arguments: ProcessorModel.all)
    func controlRegister4(model: ProcessorModel) throws {
        let machine = try machine(model)
        guard model.generation >= .pentium else {
            #expect(machine.execute([0x0F, 0x20, 0xE0]) == .invalidOpcode)
            #expect(machine.execute([0x0F, 0x22, 0xE0]) == .invalidOpcode)
            return
        }
        let features = model.features ?? 0
        let needs: [UInt32: UInt32] = [
            0: 1 << 1, 1: 1 << 1, 2: 1 << 4, 3: 1 << 2, 4: 1 << 3, 5: 1 << 6, 7: 1 << 13, 9: 1 << 24, 10: 1 << 25,
        ]
        for bit in 0..<32 as Range<UInt32> {
            let exists = needs[bit].map { features & $0 != 0 } ?? (bit == 8 && model.generation >= .pentiumPro)
            machine.state.pointee.general[0] = 1 << bit
            #expect(machine.execute([0x0F, 0x22, 0xE0]) == (exists ? nil : .protection), "bit \(bit)")
            #expect(machine.state.pointee.cr4 == (exists ? 1 << bit : 0))
            machine.state.pointee.general[0] = 0
            #expect(machine.execute([0x0F, 0x22, 0xE0]) == nil)
        }
    }

    @Test("CR0 has the bits of its generation; ET is fixed since the FPU is on the chip", arguments: ProcessorModel.all)
    func controlRegister0(model: ProcessorModel) throws {
        let machine = try machine(model)
        let is386 = model == .i386
        for bit in 0..<31 as Range<UInt32> where bit != 29 {
            machine.state.pointee.general[0] = 1 | 1 << bit
            #expect(machine.execute([0x0F, 0x22, 0xC0]) == nil)
            let exists = bit <= 4 || !is386 && [5, 16, 18, 30].contains(bit)
            #expect(machine.state.pointee.cr0 == 1 | (exists ? 1 << bit : 0) | (is386 ? 0 : 0x10), "bit \(bit)")
        }
        machine.processor.reset()
        #expect(machine.state.pointee.cr0 == (is386 ? 0 : 0x6000_0010))
    }

    @Test("Instructions exist from their generation on")
    func instructions() throws {
        let cases: [(code: [UInt8], since: ProcessorGeneration, otherwise: Raised?)] = [
            ([0x0F, 0xC8], .i486, nil),  // bswap eax
            ([0x0F, 0xC0, 0xC0], .i486, nil),  // xadd al, al
            ([0x0F, 0xB1, 0xC0], .i486, nil),  // cmpxchg eax, eax
            ([0x0F, 0x01, 0x38], .i486, nil),  // invlpg [eax]
            ([0x0F, 0x08], .i486, nil), ([0x0F, 0x09], .i486, nil),  // invd, wbinvd
            ([0x0F, 0xA2], .i486, nil),  // cpuid
            ([0x0F, 0x31], .pentium, nil),  // rdtsc
            ([0x0F, 0x32], .pentium, nil),  // rdmsr, with 10h in ECX
            ([0x0F, 0x30], .pentium, nil),  // wrmsr
            ([0x0F, 0xC7, 0x0E], .pentium, nil),  // cmpxchg8b [esi]
            ([0x0F, 0x40, 0xC0], .pentiumPro, nil),  // cmovo eax, eax
            ([0x0F, 0x1F, 0xC0], .pentiumPro, nil),  // nop eax
            ([0x0F, 0x34], .pentium2, .protection), ([0x0F, 0x35], .pentium2, .protection),  // sysenter, sysexit
        ]
        for model in ProcessorModel.all {
            for (code, since, otherwise) in cases {
                let machine = try machine(model)
                machine.state.pointee.general[1] = ModelSpecificRegister.timestamp
                machine.state.pointee.general[6] = 0x7000
                let expected = model.generation >= since ? otherwise : Raised.invalidOpcode
                #expect(machine.execute(code) == expected, "\(code) on \(model.name)")
            }
            // rsm is for system management mode only.
            #expect(try machine(model).execute([0x0F, 0xAA]) == .invalidOpcode)
        }
    }

    @Test("Test registers: TR6 and TR7 of the 386, TR3 to TR7 of the 486, none later")
    func testRegisters() throws {
        for model in ProcessorModel.all {
            let machine = try machine(model)
            for number in 0..<8 as Range<UInt8> {
                let exists = model == .i386 ? number >= 6 : model == .i486 ? number >= 3 : false
                machine.state.pointee.general[0] = 0x1234_5678
                // mov trN, eax; mov ebx, trN
                let name = "TR\(number) of \(model.name)"
                #expect(
                    machine.execute([0x0F, 0x26, 0xC0 | number << 3]) == (exists ? nil : .invalidOpcode), "\(name)")
                #expect(
                    machine.execute([0x0F, 0x24, 0xC3 | number << 3]) == (exists ? nil : .invalidOpcode), "\(name)")
                if exists { #expect(machine.state.pointee.general[3] == 0x1234_5678) }
            }
            guard model == .i386 else { continue }
            // A look-up of the TLB finds nothing.
            machine.state.pointee.general[0] = 0x10
            #expect(machine.execute([0x0F, 0x26, 0xF8]) == nil)
            machine.state.pointee.general[0] = 1
            #expect(machine.execute([0x0F, 0x26, 0xF0]) == nil)
            #expect(machine.state.pointee.testRegisters[7] == 0)
            machine.enterUserMode()
            machine.poke32(SystemFixture.tssBase + 4, 0x8000)
            #expect(machine.execute([0x0F, 0x24, 0xF0]) == .protection)
        }
    }
}
