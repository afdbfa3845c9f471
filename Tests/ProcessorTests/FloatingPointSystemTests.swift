import Testing

@testable import Processor

/// The FPU as the system sees it: who may use it, how errors are reported, environment and state in memory, faults in
/// the middle of an instruction.
@Suite("x87 and the system")
struct FloatingPointSystemTests {
    private let machine: SystemFixture
    private var state: UnsafeMutablePointer<ProcessorState> { machine.state }

    init() throws {
        machine = try SystemFixture()
        machine.catchExceptions()
        state.pointee.x87.initialize()
        state.pointee.cr0 |= ControlRegister.numericError
    }

    private static let unavailable = SystemFixture.Raised(Vector.deviceNotAvailable)
    private static let error = SystemFixture.Raised(Vector.floatingPoint)

    /// Executes one instruction after another; what the last one raises.
    private func run(_ instructions: [UInt8]...) -> SystemFixture.Raised? {
        var raised: SystemFixture.Raised?
        for instruction in instructions {
            state.pointee.general[4] = 0x8000
            raised = machine.execute(instruction)
        }
        return raised
    }

    // MARK: Availability

    @Test(
        "#NM with EM or TS, before anything else", arguments: [ControlRegister.emulation, ControlRegister.taskSwitched])
    func unavailable(bit: UInt32) {
        state.pointee.cr0 |= bit
        for instruction in [
            [0xD9, 0xE8], [0xDB, 0xE3], [0xDF, 0xE0], [0xD9, 0xD1], [0xDD, 0x35, 0, 0, 0xFF, 0xFF],
        ] as [[UInt8]] {
            #expect(run(instruction) == Self.unavailable)
        }
        #expect(run([0x9B]) == nil)
        state.pointee.cr0 |= ControlRegister.monitorCoprocessor
        #expect(run([0x9B]) == (bit == ControlRegister.taskSwitched ? Self.unavailable : nil))
    }

    @Test(
        "What the map leaves open is #UD",
        arguments: [[0xD9, 0xD1], [0xD9, 0x08], [0xDB, 0xFF], [0xDF, 0xFF]] as [[UInt8]])
    func reserved(instruction: [UInt8]) {
        #expect(run(instruction) == .invalidOpcode)
    }

    // MARK: Errors

    /// 1/0, unmasked.
    private func divideByZero() {
        state.pointee.x87.control = 0x0340
        #expect(run([0xD9, 0xE8], [0xD9, 0xEE], [0xD8, 0xF9]) == nil)
        #expect(state.pointee.x87.statusWord & 0x80FF == 0x8084)
    }

    @Test("#MF comes with the next instruction that waits")
    func pendingError() {
        divideByZero()
        let kept = state.pointee.x87.significands
        // fnstsw ax, fnstcw, fnstsw do not wait.
        #expect(run([0xDF, 0xE0], [0xD9, 0x3D, 0, 0x70, 0, 0], [0xDD, 0x3D, 2, 0x70, 0, 0]) == nil)
        #expect(machine.peek32(0x7000) & 0x80FF_FFFF == 0x8084_0340)
        for instruction in [
            [0x9B], [0xD9, 0xD0], [0xD9, 0xC0], [0xDD, 0x1D, 0, 0, 0xFF, 0xFF], [0xD9, 0x2D, 0, 0x70, 0, 0],
        ]
            as [[UInt8]]
        {
            #expect(run(instruction) == Self.error)
            #expect(machine.stack(1)[0] == SystemFixture.code)
        }
        for index in 0..<8 { #expect(state.pointee.x87.significands[index] == kept[index]) }
        #expect(run([0xDB, 0xE2], [0xD9, 0xD0]) == nil)
        #expect(state.pointee.x87.statusWord & 0x80FF == 0)
    }

    @Test("fldcw can make an exception pending, and fnstenv masks it again")
    func masksDecide() {
        #expect(run([0xD9, 0xE8], [0xD9, 0xEE], [0xD8, 0xF9], [0xD9, 0xD0]) == nil)
        #expect(state.pointee.x87.status & X87Status.errorSummary == 0)
        machine.poke16(0x7000, 0x0300)
        #expect(run([0xD9, 0x2D, 0, 0x70, 0, 0]) == nil)
        #expect(state.pointee.x87.status & 0x8080 == 0x8080)
        #expect(run([0xD9, 0xD0]) == Self.error)
        #expect(run([0xD9, 0x35, 0, 0x72, 0, 0]) == nil)
        #expect(state.pointee.x87.control == 0x037F)
        #expect(run([0xD9, 0xD0]) == nil)
        // The environment still says "pending".
        #expect(run([0xD9, 0x25, 0, 0x72, 0, 0]) == nil)
        #expect(run([0xD9, 0xD0]) == Self.error)
    }

    @Test("With NE clear the processor stands still until an interrupt comes")
    func standstill() {
        state.pointee.cr0 &= ~ControlRegister.numericError
        divideByZero()
        let steps = machine.processor.steps
        machine.memory.write([0xD9, 0xD0], at: 0x5000)
        state.pointee.eip = 0x5000
        #expect(machine.processor.run(until: steps + 10) == .halted)
        // To stop is a step, to stand still is none.
        #expect(machine.processor.steps == steps + 1)
        #expect(state.pointee.eip == 0x5000)
        #expect(machine.bus.numericErrors == [true])
        // An interrupt's handler finds the instruction as its return address.
        state.pointee.nmiRequested = true
        #expect(machine.processor.run(until: steps + 2) == .deadline)
        #expect(machine.stack(1)[0] == 0x5000)
        // IGNNE#: the instruction is executed.
        state.pointee.x87.ignoresErrors = true
        #expect(run([0xD9, 0xD0]) == nil)
        #expect(state.pointee.eip == 0x5002)
        #expect(run([0xDB, 0xE2]) == nil)
        #expect(machine.bus.numericErrors == [true, false])
    }

    // MARK: Environment and state

    /// A state whose every field is different, and where its instruction and operand were.
    private func fill() {
        #expect(run([0xDB, 0xE3], [0xD9, 0xEB], [0xD9, 0xE8], [0xD9, 0x05, 0x24, 0x71, 0, 0]) == nil)
        #expect(state.pointee.x87.lastOpcode == 0x105)
        #expect(state.pointee.x87.instructionOffset == 0x5000)
        #expect(state.pointee.x87.instructionSelector == SystemFixture.code0)
        #expect(state.pointee.x87.dataOffset == 0x7124)
        #expect(state.pointee.x87.dataSelector == SystemFixture.data0)
        state.pointee.x87.status |= X87Status.c3 | X87Status.precision
    }

    private func words(_ count: UInt32) -> [UInt16] { (0..<count).map { machine.peek16(0x7200 + $0 * 2) } }

    @Test("The formats of protected mode")
    func protectedFormats() {
        fill()
        #expect(run([0xD9, 0x35, 0, 0x72, 0, 0]) == nil)
        #expect(
            words(14) == [
                0x37F, 0xFFFF, 0x6820, 0xFFFF, 0x07FF, 0xFFFF, 0x5000, 0, 0x08, 0x105, 0x7124, 0, 0x10, 0xFFFF,
            ])
        #expect(run([0x66, 0xD9, 0x35, 0, 0x72, 0, 0]) == nil)
        #expect(words(7) == [0x37F, 0x6820, 0x07FF, 0x5000, 0x08, 0x7124, 0x10])
    }

    @Test("The formats of real and virtual-8086 mode", arguments: [false, true])
    func realFormats(virtual: Bool) {
        fill()
        state.pointee.x87.instructionSelector = 0x1234
        state.pointee.x87.instructionOffset = 0x5678
        state.pointee.x87.dataSelector = 0xF000
        state.pointee.x87.dataOffset = 0xABCD
        if virtual {
            machine.enterVirtual8086(ioPrivilege: 3)
        } else {
            state.pointee.cr0 &= ~ControlRegister.protection
        }
        for index in 0..<6 {
            machine.core.setSegment(UInt8(index), SegmentRegister(realModeSelector: 0, privilege: virtual ? 3 : 0))
        }
        // fnstenv [7200h] with either operand size.
        machine.memory.write([0xD9, 0x36, 0x00, 0x72], at: 0x5000)
        state.pointee.eip = 0x5000
        _ = machine.processor.run(until: machine.processor.steps + 1)
        #expect(words(7) == [0x37F, 0x6820, 0x07FF, 0x79B8, 0x1105, 0xABCD, 0xF000])
        machine.memory.write([0x66, 0xD9, 0x36, 0x00, 0x72], at: 0x5000)
        state.pointee.eip = 0x5000
        _ = machine.processor.run(until: machine.processor.steps + 1)
        #expect(
            words(14) == [
                0x37F, 0xFFFF, 0x6820, 0xFFFF, 0x07FF, 0xFFFF, 0x79B8, 0xFFFF, 0x1105, 0, 0xABCD, 0xFFFF, 0xF000, 0,
            ])
    }

    @Test("fnsave and frstor carry everything", arguments: [[], [0x66]] as [[UInt8]])
    func saveAndRestore(prefix: [UInt8]) {
        fill()
        let before = state.pointee.x87
        #expect(run(prefix + [0xDD, 0x35, 0, 0x72, 0, 0]) == nil)
        #expect(state.pointee.x87.emptyRegisters == 0xFF)
        #expect(state.pointee.x87.control == 0x037F)
        #expect(state.pointee.x87.statusWord == 0)
        for index in 0..<8 { state.pointee.x87.significands[index] = 0 }
        #expect(run(prefix + [0xDD, 0x25, 0, 0x72, 0, 0]) == nil)
        let after = state.pointee.x87
        for index in 0..<8 {
            #expect(after.significands[index] == before.significands[index])
            #expect(after.signExponents[index] == before.signExponents[index])
        }
        #expect(after.statusWord == before.statusWord)
        #expect(after.tagWord == before.tagWord)
        #expect(after.control == before.control)
        #expect(after.instructionOffset == before.instructionOffset)
        #expect(after.dataOffset == before.dataOffset)
        #expect(after.dataSelector == before.dataSelector)
        #expect(after.lastOpcode == (prefix.isEmpty ? before.lastOpcode : 0))
    }

    @Test("Control instructions leave the pointers alone")
    func pointers() {
        fill()
        #expect(
            run([0x90], [0xD9, 0x3D, 0, 0x70, 0, 0], [0xD9, 0x2D, 0, 0x70, 0, 0], [0xDF, 0xE0], [0xDB, 0xE2]) == nil)
        #expect(state.pointee.x87.lastOpcode == 0x105)
        #expect(state.pointee.x87.dataOffset == 0x7124)
        // A prefix belongs to the instruction, not to the opcode; without memory the data pointer stays.
        #expect(run([0x3E, 0xD9, 0xC9]) == nil)
        #expect(state.pointee.x87.lastOpcode == 0x1C9)
        #expect(state.pointee.x87.instructionOffset == 0x5000)
        #expect(state.pointee.x87.dataOffset == 0x7124)
    }

    @Test(
        "fnstsw behind a comparison, in one run with it, answers and is not recorded",
        arguments: [0x037F, 0x0340] as [UInt16])
    func statusBehindComparison(control: UInt16) {
        state.pointee.x87.control = control
        // fld1; fldz; fdivr st(1), st: with zero divide unmasked an exception is pending then; fcomp st(1); fnstsw ax.
        let isMasked = control == 0x037F
        let comparison: [UInt8] = isMasked ? [0xD8, 0xD9] : []
        let code: [UInt8] = [0xD9, 0xE8, 0xD9, 0xEE, 0xD8, 0xF9] + comparison + [0xDF, 0xE0]
        machine.memory.write(code, at: SystemFixture.code)
        state.pointee.eip = SystemFixture.code
        _ = machine.processor.run(until: machine.processor.steps + UInt64(code.count / 2))
        #expect(state.pointee.eip == SystemFixture.code + UInt32(code.count))
        #expect(UInt16(truncatingIfNeeded: state.pointee.general[0]) == state.pointee.x87.statusWord)
        #expect(state.pointee.x87.statusWord & 0x80FF == (isMasked ? 0x0004 : 0x8084))
        #expect(state.pointee.x87.lastOpcode == (isMasked ? 0x0D9 : 0x0F9))
        #expect(state.pointee.x87.instructionOffset == SystemFixture.code + UInt32(code.count) - 4)
    }

    // MARK: Faults in the middle

    /// Every store, at an address where only its first two bytes can be written.
    @Test(
        "A store that faults changes nothing",
        arguments: [
            [0xD9, 0x15], [0xD9, 0x1D], [0xDD, 0x1D], [0xDB, 0x3D], [0xDB, 0x1D], [0xDF, 0x3D], [0xDF, 0x35],
            [0xD9, 0x35],
            [0xDD, 0x35],
        ] as [[UInt8]])
    func faultingStore(opcode: [UInt8]) {
        fill()
        machine.enablePaging()
        machine.setPage(0x20_1000, 0)
        machine.poke32(0x20_0FFC, 0x1122_3344)
        let before = state.pointee.x87
        let instruction = opcode + [0xFE, 0x0F, 0x20, 0x00]
        #expect(run(instruction)?.vector == Vector.pageFault)
        #expect(state.pointee.cr2 == 0x20_1000)
        #expect(machine.peek32(0x20_0FFC) == 0x1122_3344)
        let after = state.pointee.x87
        #expect(after.statusWord == before.statusWord)
        #expect(after.tagWord == before.tagWord)
        #expect(after.control == before.control)
        #expect(after.instructionOffset == before.instructionOffset)
        #expect(after.lastOpcode == before.lastOpcode)
    }

    @Test(
        "A load that faults changes nothing",
        arguments: [[0xD9, 0x05], [0xDD, 0x05], [0xDB, 0x2D], [0xDD, 0x25], [0xD9, 0x25], [0xDC, 0x05]] as [[UInt8]])
    func faultingLoad(opcode: [UInt8]) {
        fill()
        machine.enablePaging()
        machine.setPage(0x20_1000, 0)
        let before = state.pointee.x87
        #expect(run(opcode + [0xFE, 0x0F, 0x20, 0x00])?.vector == Vector.pageFault)
        #expect(state.pointee.x87.statusWord == before.statusWord)
        #expect(state.pointee.x87.tagWord == before.tagWord)
        #expect(state.pointee.x87.control == before.control)
        #expect(state.pointee.x87.lastOpcode == before.lastOpcode)
    }

    // MARK: MMX

    @Test("The registers that MMX shares")
    func aliases() {
        var x87 = X87State()
        x87.initialize()
        x87.top = 5
        x87.enterMMX()
        x87.setMMX(3, 0x0123_4567_89AB_CDEF)
        #expect(x87.top == 0)
        #expect(x87.emptyRegisters == 0)
        #expect(x87.significands[3] == 0x0123_4567_89AB_CDEF)
        #expect(x87.signExponents[3] == 0xFFFF)
        #expect(x87.mmx(3) == 0x0123_4567_89AB_CDEF)
        x87.leaveMMX()
        #expect(x87.tagWord == 0xFFFF)
    }
}
