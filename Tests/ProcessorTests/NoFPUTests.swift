import Testing

@testable import Processor

/// A 386 without a 387: ESC opcodes and `wait` are for somebody who does not answer, or for an emulator (SDM vol. 3A,
/// section 2.5); MMX and SSE instructions do not exist.
@Suite("Without an FPU")
struct NoFPUTests {
    private let machine: SystemFixture
    private var state: UnsafeMutablePointer<ProcessorState> { machine.state }

    private static let monitor = ControlRegister.monitorCoprocessor
    private static let emulation = ControlRegister.emulation
    private static let switched = ControlRegister.taskSwitched
    private static let undefinedHandler: UInt32 = 0x6000
    private static let unavailableHandler: UInt32 = 0x6100

    init() throws {
        machine = try SystemFixture(model: .i386)
        machine.setInterruptGate(Vector.invalidOpcode, offset: Self.undefinedHandler)
        machine.setInterruptGate(Vector.deviceNotAvailable, offset: Self.unavailableHandler)
    }

    /// Takes one step of `code` at 0x5000.
    private func step(_ code: [UInt8]) {
        machine.memory.write(code, at: 0x5000)
        state.pointee.eip = 0x5000
        state.pointee.general[4] = 0x8000
        _ = machine.processor.run(until: machine.processor.steps + 1)
    }

    private func setControl(_ bits: UInt32) throws {
        let others = state.pointee.cr0 & ~(Self.monitor | Self.emulation | Self.switched)
        try machine.core.movToControl(0, others | bits)
    }

    /// Bytes of an ESC instruction whose SIB byte and displacement are zeros.
    private func escapeLength(_ modRM: UInt8, is32Bit: Bool) -> UInt32 {
        let (mod, rm) = (modRM >> 6, modRM & 7)
        let wide: UInt32 = is32Bit ? 4 : 2
        let scaleIndexBase: UInt32 = is32Bit && rm == 4 && mod != 3 ? 1 : 0
        switch mod {
        case 0: return 2 + scaleIndexBase + (rm == (is32Bit ? 5 : 6) ? wide : 0)
        case 1: return 2 + scaleIndexBase + 1
        case 2: return 2 + scaleIndexBase + wide
        default: return 2
        }
    }

    @Test("ESC opcodes are passed over and touch no memory", arguments: UInt8(0xD8)...0xDF)
    func ignored(opcode: UInt8) throws {
        machine.enablePaging()
        // Every address below is in a page that is not there.
        machine.setPage(0, 0)
        machine.setPage(0x20_0000, 0)
        try machine.core.movToControl(3, 0x10000)
        try setControl(Self.monitor)
        for index in [0, 1, 2, 3, 5, 6, 7] { state.pointee.general[index] = 0x20_0000 }
        let flags = machine.core.eflags
        for modRM in UInt8.min...UInt8.max {
            step([opcode, modRM, 0, 0, 0, 0, 0, 0])
            #expect(state.pointee.eip == 0x5000 + escapeLength(modRM, is32Bit: true), "\(modRM)")
            step([0x67, opcode, modRM, 0, 0, 0, 0, 0])
            #expect(state.pointee.eip == 0x5001 + escapeLength(modRM, is32Bit: false), "\(modRM), 16-bit address")
        }
        #expect(state.pointee.cr2 == 0)
        #expect(machine.core.eflags == flags)
        for index in [0, 1, 2, 3, 5, 6, 7] { #expect(state.pointee.general[index] == 0x20_0000) }
    }

    @Test("ESC opcodes raise #NM with EM or TS set", arguments: UInt8(0xD8)...0xDF)
    func unavailable(opcode: UInt8) throws {
        for bits in [Self.emulation, Self.switched, Self.emulation | Self.switched, Self.monitor | Self.switched] {
            try setControl(bits)
            for form in [[0xC1], [0x03], [0x05, 0x00, 0x00, 0xFF, 0xFF], [0x44, 0x24, 0x08]] as [[UInt8]] {
                step([opcode] + form)
                #expect(state.pointee.eip == Self.unavailableHandler)
                // A fault without an error code.
                #expect(machine.stack(2) == [0x5000, UInt32(SystemFixture.code0)])
            }
        }
        try machine.core.clearTaskSwitched()
        step([opcode, 0xC1])
        #expect(state.pointee.eip == 0x5002)
    }

    @Test("wait raises #NM with both MP and TS set")
    func wait() throws {
        for number in 0..<8 as Range<UInt32> {
            let bits =
                (number & 1 != 0 ? Self.monitor : 0) | (number & 2 != 0 ? Self.switched : 0)
                | (number & 4 != 0 ? Self.emulation : 0)
            try setControl(bits)
            step([0x9B])
            #expect(state.pointee.eip == (number & 3 == 3 ? Self.unavailableHandler : 0x5001), "\(bits)")
        }
    }

    @Test("A program that looks for an FPU finds none")
    func probing() throws {
        try setControl(0)
        state.pointee.general[0] = 0x5A5A_5A5A
        machine.poke32(0x7000, 0x5A5A_5A5A)
        step([0xDB, 0xE3])  // fninit
        step([0xDF, 0xE0])  // fnstsw ax
        #expect(state.pointee.general[0] == 0x5A5A_5A5A)
        step([0xDD, 0x3D, 0x00, 0x70, 0x00, 0x00])  // fnstsw [0x7000]
        step([0xD9, 0x3D, 0x00, 0x70, 0x00, 0x00])  // fnstcw [0x7000]
        #expect(state.pointee.eip == 0x5006)
        #expect(machine.peek32(0x7000) == 0x5A5A_5A5A)
    }

    @Test(
        "MMX and SSE opcodes raise #UD",
        arguments: [
            [0x0F, 0x10], [0x0F, 0x11], [0x0F, 0x28], [0x0F, 0x29], [0x0F, 0x2A], [0x0F, 0x2E], [0x0F, 0x54],
            [0x0F, 0x57], [0x0F, 0x58], [0x0F, 0x60], [0x0F, 0x6E], [0x0F, 0x6F], [0x0F, 0x77], [0x0F, 0x7E],
            [0x0F, 0x7F], [0x0F, 0xAE], [0x0F, 0xC2], [0x0F, 0xC6], [0x0F, 0xD4], [0x0F, 0xEF], [0x0F, 0xFE],
            [0x66, 0x0F, 0x10], [0x66, 0x0F, 0x28], [0x66, 0x0F, 0x6E], [0x66, 0x0F, 0x6F], [0x66, 0x0F, 0xEF],
            [0xF3, 0x0F, 0x10], [0xF3, 0x0F, 0x6F], [0xF3, 0x0F, 0x7E], [0xF2, 0x0F, 0x10], [0xF2, 0x0F, 0x58],
        ] as [[UInt8]])
    func simd(opcode: [UInt8]) throws {
        // Whatever CR0 says: an instruction that does not exist cannot be unavailable.
        for bits in [0, Self.emulation, Self.switched] {
            try setControl(bits)
            for form in [[0xC1], [0x03], [0x05, 0x00, 0x70, 0x00, 0x00]] as [[UInt8]] {
                step(opcode + form)
                #expect(state.pointee.eip == Self.undefinedHandler)
                #expect(machine.stack(2) == [0x5000, UInt32(SystemFixture.code0)])
            }
        }
    }
}
