import Debugger
import Machine
import Testing

@Suite("Looking at the machine", .enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
struct InspectionTests {
    private func debugger(at symbol: String) throws -> Debugger {
        let debugger = Debugger(try TestMachine.make())
        try debugger.symbols.load(TestMachine.program, name: "program.elf")
        debugger.run(toAddress: try debugger.address(symbol))
        return debugger
    }

    @Test func memoryIsReadThroughThePageTables() throws {
        let debugger = try debugger(at: "paging_on")
        debugger.step()
        #expect(debugger.readValue(at: 0x5008, size: 4) == 0x1234_5678)
        #expect(debugger.readValue(at: 0x40_0008, size: 4) == 0x1234_5678)
        #expect(debugger.physicalAddress(of: 0x40_0008) == 0x5008)
        // Across the end of the mapped page.
        #expect(debugger.readMemory(at: 0x40_0FFF, count: 2).map { $0 == nil } == [false, true])
        #expect(debugger.physicalAddress(of: 0x40_1000) == nil)
    }

    /// Looking must not change what the guest could see.
    @Test func lookingHasNoSideEffects() throws {
        let debugger = try debugger(at: "paging_on")
        let before = debugger.machine.stateDigest()
        _ = debugger.readMemory(at: 0x3F_FFF0, count: 0x2000)
        _ = debugger.pageWalkText(0x40_0000)
        _ = debugger.disassemble(at: debugger.location.offset, count: 20)
        _ = debugger.backtrace()
        _ = debugger.registers
        #expect(debugger.machine.stateDigest() == before)
    }

    @Test func writing() throws {
        let debugger = try debugger(at: "paging_on")
        #expect(debugger.writeMemory([1, 2, 3], at: 0x40_0000))
        #expect(debugger.readPhysicalMemory(at: 0x5000, count: 3) == [1, 2, 3])
        // Not mapped behind the page: nothing is written at all.
        #expect(!debugger.writeMemory([9, 9], at: 0x40_0FFF))
        #expect(debugger.readMemory(at: 0x40_0FFF, count: 1) == [0])
        #expect(debugger.setRegister("eax", to: 0xAABB_CCDD))
        #expect(debugger.setRegister("ah", to: 0x11))
        #expect(debugger.setRegister("bx", to: 0x1_2345))
        #expect(debugger.registers.general[0] == 0xAABB_11DD)
        #expect(debugger.registers.general[3] & 0xFFFF == 0x2345)
        #expect(!debugger.setRegister("cr9", to: 0))
        #expect(debugger.setRegister("eflags", to: 0x41))
        #expect(debugger.registers.eflags & 0xFF == 0x43)
    }

    @Test func backtraces() throws {
        let debugger = try debugger(at: "inner_body")
        let names = debugger.backtrace().map { $0.symbol?.symbol.name }
        #expect(names.count == 3)
        #expect(names.first == "inner_body")
        #expect(names.last == "after_outer")
        // At its first instruction a function has no frame yet.
        let early = try self.debugger(at: "inner")
        #expect(early.backtrace().count == 3)
        // Nor was the program's entry called by anybody: the stack holds a zero.
        #expect(try self.debugger(at: "protected_start").backtrace().count == 1)
    }

    @Test func modesInWords() throws {
        #expect(RegisterText.mode(try debugger(at: "real_start").registers) == "real mode")
        #expect(RegisterText.mode(try debugger(at: "outer").registers) == "protected mode, 32-bit code")
        #expect(RegisterText.mode(try debugger(at: "paging_on").registers) == "protected mode, 32-bit code, paging")
    }
}
