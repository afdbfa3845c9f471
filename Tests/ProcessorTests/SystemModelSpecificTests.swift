import Testing

@testable import Processor

/// Model-specific registers (SDM vol. 4), `rdpmc`, `rdtsc`.
@Suite("Model-specific registers")
struct SystemModelSpecificTests {
    typealias Raised = SystemFixture.Raised

    private func machine(_ model: ProcessorModel) throws -> SystemFixture {
        let machine = try SystemFixture(model: model)
        machine.catchExceptions()
        return machine
    }

    private func write(_ machine: SystemFixture, _ number: UInt32, _ value: UInt64) -> Raised? {
        machine.state.pointee.general[1] = number
        machine.state.pointee.general[0] = UInt32(truncatingIfNeeded: value)
        machine.state.pointee.general[2] = UInt32(truncatingIfNeeded: value >> 32)
        return machine.execute([0x0F, 0x30])
    }

    /// Nil for #GP(0).
    private func read(_ machine: SystemFixture, _ number: UInt32) -> UInt64? {
        machine.state.pointee.general[1] = number
        let raised = machine.execute([0x0F, 0x32])
        guard raised == nil else {
            #expect(raised == .protection)
            return nil
        }
        return UInt64(machine.state.pointee.general[2]) << 32 | UInt64(machine.state.pointee.general[0])
    }

    @Test("Each model has its registers, and others are #GP(0)")
    func existence() throws {
        let p6: Set<UInt32> = [
            0x17, 0x1B, 0x2A, 0x8B, 0xFE, 0x174, 0x175, 0x176, 0x250, 0x258, 0x259, 0x268, 0x269, 0x26A, 0x26B, 0x26C,
            0x26D, 0x26E, 0x26F, 0x277, 0x2FF,
        ]
        let ranges = Set(0x200..<0x210 as Range<UInt32>)
        let expected: [(ProcessorModel, Set<UInt32>)] = [
            (.pentium, [0x10]), (.pentium2, p6.union(ranges).union([0x10, 0xC1, 0xC2, 0x186, 0x187])),
            (.pentium3, p6.union(ranges).union([0x10, 0xC1, 0xC2, 0x186, 0x187])),
            (.pentium4, p6.union(ranges).union([0x10, 0x1A0, 0xC000_0080])),
        ]
        for (model, numbers) in expected {
            let machine = try machine(model)
            for number in Array(0..<0x420 as Range<UInt32>) + Array(0xC000_0070..<0xC000_0090) {
                #expect((read(machine, number) != nil) == numbers.contains(number), "\(model.name) \(number)")
            }
        }
    }

    @Test("Reading and writing is privileged, in virtual-8086 mode too")
    func privilege() throws {
        let machine = try machine(.pentium3)
        machine.enterUserMode()
        machine.state.pointee.general[1] = ModelSpecificRegister.timestamp
        #expect(machine.execute([0x0F, 0x32]) == .protection)
        machine.enterUserMode()
        #expect(write(machine, ModelSpecificRegister.timestamp, 0) == .protection)
        machine.enterVirtual8086(ioPrivilege: 3)
        #expect(
            machine.fault { () throws(Fault) in try machine.core.readModelSpecificRegister() } == .generalProtection(0))
    }

    @Test("The counter can be set; the P6 clears its high half then (SDM vol. 3B, 17.17)")
    func timestamp() throws {
        for (model, high) in [(ProcessorModel.pentium, 5), (.pentium2, 0), (.pentium3, 0), (.pentium4, 5)]
            as [(ProcessorModel, UInt64)]
        {
            let machine = try machine(model)
            #expect(write(machine, ModelSpecificRegister.timestamp, 5 << 32 | 1000) == nil)
            #expect(read(machine, ModelSpecificRegister.timestamp) == high << 32 | 1001)
            #expect(machine.execute([0x0F, 0x31]) == nil)
            #expect(machine.state.pointee.general[0] == 1002)
            #expect(machine.state.pointee.general[2] == UInt32(high))
        }
    }

    @Test("CR4.TSD makes rdtsc privileged, CR4.PCE makes rdpmc free; real mode does not care")
    func counterPrivileges() throws {
        let machine = try machine(.pentium3)
        machine.state.pointee.general[1] = 0
        machine.enterUserMode()
        #expect(machine.execute([0x0F, 0x31]) == nil)
        #expect(machine.execute([0x0F, 0x33]) == .protection)
        machine.state.pointee.cr4 = ControlRegister.timestampDisable | ControlRegister.performanceCounterEnable
        machine.enterUserMode()
        #expect(machine.execute([0x0F, 0x33]) == nil)
        #expect(machine.execute([0x0F, 0x31]) == .protection)
        let real = try SystemFixture(protected: false, model: .pentium3)
        real.state.pointee.cr4 = ControlRegister.timestampDisable
        try real.core.readTimestamp()
        try real.core.readPerformanceCounter()
    }

    @Test("rdpmc reads what wrmsr wrote, and refuses counters that do not exist")
    func performanceCounters() throws {
        let machine = try machine(.pentium2)
        #expect(write(machine, 0xC2, 0x12_3456_789A) == nil)
        machine.state.pointee.general[1] = 1
        #expect(machine.execute([0x0F, 0x33]) == nil)
        #expect(machine.state.pointee.general[0] == 0x3456_789A && machine.state.pointee.general[2] == 0x12)
        machine.state.pointee.general[1] = 2
        #expect(machine.execute([0x0F, 0x33]) == .protection)
        let later = try self.machine(.pentium4)
        for (number, exists) in [(0, true), (17, true), (0x8000_0011, true), (18, false)] as [(UInt32, Bool)] {
            later.state.pointee.general[1] = number
            #expect(later.execute([0x0F, 0x33]) == (exists ? nil : .protection))
        }
        #expect(try self.machine(.pentium).execute([0x0F, 0x33]) == .invalidOpcode)
    }

    @Test("The APIC is disabled, as CPUID says, and cannot be enabled; its address can be moved")
    func apicBase() throws {
        for model in [ProcessorModel.pentium2, .pentium3, .pentium4] {
            let machine = try machine(model)
            #expect(read(machine, 0x1B) == 0xFEE0_0100)
            #expect(write(machine, 0x1B, 0xF_1234_5900) == nil)
            #expect(read(machine, 0x1B) == 0xF_1234_5100)
            for bit in [0, 7, 9, 10, 36, 63] as [UInt64] {
                #expect(write(machine, 0x1B, 1 << bit) == .protection, "bit \(bit)")
            }
        }
    }

    @Test("MTRRs are storage that refuses reserved bits and types (SDM vol. 3A, 11.11.2)")
    func memoryTypes() throws {
        let machine = try machine(.pentium3)
        #expect(read(machine, 0xFE) == 0x508)
        #expect(write(machine, 0xFE, 0x508) == .protection)
        #expect(read(machine, 0x2FF) == 0)
        #expect(write(machine, 0x2FF, 0xC06) == nil)
        #expect(read(machine, 0x2FF) == 0xC06)
        for value in [0x100, 0x200, 0x1000, 2, 3, 7, 8, 1 << 32] as [UInt64] {
            #expect(write(machine, 0x2FF, value) == .protection)
        }
        #expect(write(machine, 0x20E, 0xF_C000_0001) == nil)
        #expect(write(machine, 0x20F, 0xF_FC00_0800) == nil)
        #expect(read(machine, 0x20E) == 0xF_C000_0001 && read(machine, 0x20F) == 0xF_FC00_0800)
        for value in [0x100, 2, 1 << 36] as [UInt64] { #expect(write(machine, 0x200, value) == .protection) }
        for value in [1, 0x400, 1 << 36] as [UInt64] { #expect(write(machine, 0x201, value) == .protection) }
        #expect(write(machine, 0x26F, 0x0606_0504_0100_0606) == nil)
        #expect(read(machine, 0x26F) == 0x0606_0504_0100_0606)
        for value in [2, 3 << 8, 7 << 16, 8 << 56] as [UInt64] { #expect(write(machine, 0x250, value) == .protection) }
    }

    @Test("The page attribute table has its reset value, and refuses types 2, 3 and above 7 (SDM vol. 3A, 11.12.2)")
    func pageAttributes() throws {
        let machine = try machine(.pentium2)
        #expect(read(machine, 0x277) == 0x0007_0406_0007_0406)
        #expect(write(machine, 0x277, 0x0706_0504_0100_0000) == nil)
        for type in [2, 3, 8, 0x80] as [UInt64] {
            for position in 0..<8 as Range<UInt64> {
                #expect(write(machine, 0x277, type << (position * 8)) == .protection)
            }
        }
        #expect(read(machine, 0x277) == 0x0706_0504_0100_0000)
        #expect(try read(self.machine(.pentium), 0x277) == nil)
    }

    @Test("EFER has NXE only")
    func extendedFeatures() throws {
        let machine = try machine(.pentium4)
        for bit in 0..<64 as Range<UInt64> {
            #expect(write(machine, 0xC000_0080, 1 << bit) == (bit == 11 ? nil : .protection), "bit \(bit)")
        }
        #expect(read(machine, 0xC000_0080) == 0x800)
        #expect(write(machine, 0xC000_0080, 0) == nil)
        #expect(read(machine, 0xC000_0080) == 0)
    }

    @Test("What software reads at start-up: platform, microcode, enables")
    func startUp() throws {
        let machine = try machine(.pentium4)
        #expect(read(machine, 0x17) == 0)
        #expect(write(machine, 0x17, 0) == .protection)
        #expect(write(machine, 0x8B, 0) == nil)
        #expect(read(machine, 0x8B) == 0)
        #expect(write(machine, 0x79, 0x1000) == nil)
        #expect(read(machine, 0x79) == nil)
        #expect(read(machine, 0x1A0) == 0x1801)
        #expect(write(machine, 0x1A0, 0) == nil)
        #expect(read(machine, 0x1A0) == 0x1800)
        #expect(write(machine, 0x1A0, 1 << 34) == .protection)
    }

    @Test("A reset restores them; what the words of a snapshot say is what comes back")
    func resetAndWords() throws {
        let machine = try machine(.pentium4)
        let fresh = machine.state.pointee.modelSpecific
        for number in [0x174, 0x175, 0x176, 0x200, 0x20F, 0x250, 0x26F, 0x2FF] as [UInt32] {
            #expect(write(machine, number, number == 0x20F ? 0x800 : 6) == nil)
        }
        #expect(write(machine, 0xC000_0080, 0x800) == nil)
        let changed = machine.state.pointee.modelSpecific
        #expect(changed != fresh)
        var copy = ModelSpecificRegisters()
        copy.words = changed.words
        #expect(copy == changed)
        copy.words = (1...UInt64(ModelSpecificRegisters.wordCount)).map { $0 }
        #expect(copy.words == (1...UInt64(ModelSpecificRegisters.wordCount)).map { $0 })
        copy.words = [1]
        #expect(copy.words.count == ModelSpecificRegisters.wordCount)
        machine.processor.reset()
        #expect(machine.state.pointee.modelSpecific == fresh)
    }
}
