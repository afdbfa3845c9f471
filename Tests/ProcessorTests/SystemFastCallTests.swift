import Testing

@testable import Processor

/// `sysenter` and `sysexit` (SDM vol. 2).
@Suite("Fast system calls")
struct SystemFastCallTests {
    private let enter: [UInt8] = [0x0F, 0x34]
    private let exit: [UInt8] = [0x0F, 0x35]

    private func machine() throws -> SystemFixture {
        let machine = try SystemFixture(model: .pentium2)
        machine.catchExceptions()
        machine.state.pointee.modelSpecific.sysenterCS = 0xFFFF_0103
        machine.state.pointee.modelSpecific.sysenterESP = 0x7800
        machine.state.pointee.modelSpecific.sysenterEIP = 0x5800
        return machine
    }

    private func expectFlat(_ register: SegmentRegister, _ selector: UInt16, attributes: UInt16) {
        #expect(register.selector == selector)
        #expect(register.base == 0 && register.limit == 0xFFFF_FFFF)
        #expect(register.attributes == attributes)
    }

    @Test("sysenter makes flat segments of level 0, whatever the tables hold, and clears IF, VM and RF")
    func entering() throws {
        let machine = try machine()
        machine.enterUserMode()
        machine.state.pointee.systemFlags |= Flag.interrupt | Flag.nestedTask | Flag.direction
        machine.state.pointee.arithmeticFlags.bits = Flag.carry
        #expect(machine.execute(enter) == nil)
        #expect(machine.state.pointee.eip == 0x5800)
        #expect(machine.state.pointee.general[4] == 0x7800)
        #expect(machine.state.pointee.cpl == 0)
        // RPL and bits 16-31 of the MSR do not count.
        expectFlat(machine.core.segment(.cs), 0x100, attributes: 0xC09B)
        expectFlat(machine.core.segment(.ss), 0x108, attributes: 0xC093)
        #expect(machine.core.segment(.ds).selector == SystemFixture.data3)
        #expect(machine.core.eflags == 2 | Flag.nestedTask | Flag.direction | Flag.carry)
    }

    @Test("From virtual-8086 mode, too; and from level 0")
    func enteringFromElsewhere() throws {
        let machine = try machine()
        machine.enterVirtual8086(ioPrivilege: 0)
        machine.memory.write(enter, at: 0x1010 + 0x40)
        #expect(machine.execute([]) == nil)
        #expect(machine.state.pointee.eip == 0x5800 && machine.state.pointee.cpl == 0)
        #expect(machine.core.eflags & (Flag.virtual8086 | Flag.interrupt) == 0)
        #expect(machine.execute(enter) == nil)
        #expect(machine.state.pointee.eip == 0x5800)
    }

    @Test("TF survives: the first instruction behind sysenter is trapped before it executes")
    func singleStep() throws {
        let machine = try machine()
        machine.enterUserMode()
        machine.state.pointee.systemFlags |= Flag.trap
        #expect(machine.execute(enter) == nil)
        #expect(machine.execute([]) == .init(Vector.debug))
        #expect(machine.stack(1)[0] == 0x5800)
    }

    @Test("sysexit makes flat segments of level 3; flags stay")
    func leaving() throws {
        let machine = try machine()
        machine.state.pointee.general[1] = 0x9000
        machine.state.pointee.general[2] = 0x5900
        let flags = machine.core.eflags
        #expect(machine.execute(exit) == nil)
        #expect(machine.state.pointee.eip == 0x5900 && machine.state.pointee.general[4] == 0x9000)
        #expect(machine.state.pointee.cpl == 3)
        expectFlat(machine.core.segment(.cs), 0x113, attributes: 0xC0FB)
        expectFlat(machine.core.segment(.ss), 0x11B, attributes: 0xC0F3)
        #expect(machine.core.eflags == flags)
        // Not for users.
        #expect(machine.execute(exit) == .protection)
    }

    @Test("A null selector in SYSENTER_CS is #GP(0) for both; so is real mode")
    func refused() throws {
        let machine = try machine()
        for selector in [0, 3, 0xFFFF_0002] as [UInt32] {
            machine.state.pointee.modelSpecific.sysenterCS = selector
            #expect(machine.execute(enter) == .protection)
            #expect(machine.execute(exit) == .protection)
        }
        let real = try SystemFixture(protected: false, model: .pentium4)
        real.state.pointee.modelSpecific.sysenterCS = 8
        #expect(real.fault { () throws(Fault) in try real.core.systemEnter() } == .generalProtection(0))
        #expect(real.fault { () throws(Fault) in try real.core.systemExit() } == .generalProtection(0))
        let virtual = try self.machine()
        virtual.enterVirtual8086(ioPrivilege: 3)
        #expect(virtual.fault { () throws(Fault) in try virtual.core.systemExit() } == .generalProtection(0))
    }
}
