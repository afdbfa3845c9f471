import Testing

@testable import Processor

/// Each row of the opcode table, in each form and operand size, retires where nothing is wrong: what decodes is also
/// implemented. What it computes is for other tests.
///
/// The operands are such that nothing faults: small numbers in registers, a mapped and aligned address, three values on
/// the x87 stack; and for what loads segments or transfers control, descriptors and stacks that fit.
@Suite("Every row of the opcode table")
struct EveryInstructionTests {
    private static let operand: UInt32 = 0x10000
    private static let target: UInt32 = 0x7000
    /// Instructions that end in a handler, and its vector.
    private static let traps: [String: UInt8] = ["int3": 3, "into": 4, "int1": 1]
    /// Instructions behind which the next one need not be executed.
    private static let transfers: Set<String> = [
        "call", "call far", "jmp", "jmp far", "ret", "retf", "iret|iretd", "int", "int3", "into", "int1", "sysenter",
        "sysexit", "loop", "loope", "loopne", "jcxz|jecxz",
    ]

    @Test("Every form retires") func everyFormRetires() throws {
        let latest = try Machine(model: .pentium4)
        let older = try Machine(model: .i486)
        for (number, row) in OpcodeTable.rows.enumerated() where row.mnemonic != "rsm" {
            for variant in row.variants {
                // Test registers are gone from later processors.
                let machine = row.operands.contains(.td) ? older : latest
                let bytes = Self.encoding(of: row, variant)
                let decoded = try Decoder.decode(bytes, code32: true)
                #expect(decoded.row == UInt16(number), "\(row.name(of: variant))")
                machine.prepare(for: row, variant)
                let raised = machine.fixture.execute(bytes)
                let name = row.name(of: variant)
                if let vector = Self.traps[row.mnemonic] {
                    if raised?.vector != vector { Issue.record("\(name): \(String(describing: raised))") }
                    continue
                }
                if let raised { Issue.record("\(name): vector \(raised.vector)") }
                let isTransfer = Self.transfers.contains(row.mnemonic) || row.operands == [.jb] || row.operands == [.jz]
                let next = SystemFixture.code + UInt32(decoded.length)
                if !isTransfer, raised == nil, machine.fixture.state.pointee.eip != next {
                    Issue.record("\(name): EIP is \(String(machine.fixture.state.pointee.eip, radix: 16))")
                }
            }
        }
    }

    /// Bytes for a row in 32-bit code; more than it needs.
    private static func encoding(of row: OpcodeRow, _ variant: OpcodeRow.Variant) -> [UInt8] {
        var bytes: [UInt8] = variant.is32Bit == false ? [0x66] : []
        if let prefix = row.prefix?.byte { bytes.append(prefix) }
        if row.map == 1 { bytes.append(0x0F) }
        bytes.append(row.opcode)
        if row.flags.contains(.modRM) {
            let others: UInt8 =
                if row.operands.contains(.td) {
                    6
                } else if row.operands.contains(.dd) {
                    0
                } else {
                    // 0Fh 18h is prefetches up to /3.
                    row.mnemonic == "nop" ? 7 : 3
                }
            let reg = row.opcodeExtension ?? others
            // ECX, or [0x10000].
            if let fixedModRM = row.fixedModRM {
                bytes.append(fixedModRM)
            } else if variant.isMemory == true {
                bytes += [reg << 3 | 5] + doubleword(operand)
            } else {
                bytes.append(0xC0 | reg << 3 | 1)
            }
        }
        for kind in row.operands {
            switch kind {
            case .ib where row.mnemonic == "int": bytes.append(0x40)
            case .ap: bytes += pointer(target, SystemFixture.code0, variant.is32Bit)
            case .ob, .ov: bytes += doubleword(operand)
            default: break
            }
        }
        return bytes + [1, 0, 0, 0, 0, 0, 0, 0]
    }

    private static func doubleword(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func pointer(_ offset: UInt32, _ selector: UInt16, _ is32Bit: Bool?) -> [UInt8] {
        Array(doubleword(offset).prefix(is32Bit == false ? 2 : 4))
            + [UInt8(truncatingIfNeeded: selector), UInt8(truncatingIfNeeded: selector >> 8)]
    }

    /// A processor that begins each instruction in the same state.
    private struct Machine {
        let fixture: SystemFixture
        private let initial: ProcessorState

        init(model: ProcessorModel) throws {
            fixture = try SystemFixture(model: model)
            fixture.catchExceptions()
            fixture.setInterruptGate(0x40, offset: EveryInstructionTests.target)
            // fninit, and 1.0 on the stack three times.
            for code in [[0xDB, 0xE3], [0xD9, 0xE8], [0xD9, 0xE8], [0xD9, 0xE8]] as [[UInt8]] {
                _ = fixture.execute(code)
            }
            let state = fixture.state
            state.pointee.general[0] = 1
            state.pointee.general[1] = 1
            state.pointee.general[2] = 0
            state.pointee.general[3] = 1
            state.pointee.general[4] = 0x8000
            state.pointee.general[5] = 0x7F00
            state.pointee.general[6] = EveryInstructionTests.operand
            state.pointee.general[7] = EveryInstructionTests.operand + 0x100
            if model.generation >= .pentium3 {
                state.pointee.cr4 |= ControlRegister.osFXSR | ControlRegister.osXMMExceptions
            }
            initial = state.pointee
        }

        func prepare(for row: OpcodeRow, _ variant: OpcodeRow.Variant) {
            let state = fixture.state
            state.pointee = initial
            // Tasks and descriptors may have been marked as used.
            fixture.setSegment(
                SystemFixture.free, base: SystemFixture.tssBase, limit: 0x67, access: 0x89, flags: 0)
            var data = [UInt8](repeating: 0, count: 512)
            data[0] = 1
            var stack = [EveryInstructionTests.target, UInt32(SystemFixture.code0), 2]
            switch row.mnemonic {
            case "bound": data[0...7] = variant.is32Bit == false ? [0, 0, 5, 0, 0, 0, 0, 0] : [0, 0, 0, 0, 5, 0, 0, 0]
            case "call far", "jmp far":
                let pointer = EveryInstructionTests.pointer(
                    EveryInstructionTests.target, SystemFixture.code0, variant.is32Bit)
                data.replaceSubrange(0..<pointer.count, with: pointer)
            case "lds", "les", "lss", "lfs", "lgs":
                let pointer = EveryInstructionTests.pointer(1, SystemFixture.data0, variant.is32Bit)
                data.replaceSubrange(0..<pointer.count, with: pointer)
            case "lgdt": data[0...5] = [0xFF, 0x01, 0x00, 0x10, 0, 0]
            case "lidt": data[0...5] = [0xFF, 0x07, 0x00, 0x20, 0, 0]
            case "lldt":
                data[0] = 0
                state.pointee.general[1] = 0
            case "ltr":
                data[0] = UInt8(SystemFixture.free)
                state.pointee.general[1] = UInt32(SystemFixture.free)
            case "call", "jmp":
                data[0...1] = [0x00, 0x70]
                state.pointee.general[1] = EveryInstructionTests.target
            case "pop":
                stack[0] = UInt32(SystemFixture.data0)
            case "popf|popfd": stack[0] = 2
            case "mov" where row.operands.first == .sw:
                data[0] = UInt8(SystemFixture.data0)
                state.pointee.general[1] = UInt32(SystemFixture.data0)
            case "into": fixture.core.flags = LazyFlags(bits: Flag.overflow)
            case "rdmsr", "wrmsr": state.pointee.general[1] = 0x10
            case "rdpmc": state.pointee.general[1] = 0
            case "sysenter", "sysexit":
                state.pointee.general[0] = UInt32(SystemFixture.code0)
                state.pointee.general[1] = 0x174
                _ = fixture.execute([0x0F, 0x30])
                state.pointee.general[1] = 0x9000
                state.pointee.general[2] = EveryInstructionTests.target
            default: break
            }
            fixture.memory.write(data, at: EveryInstructionTests.operand)
            for (index, value) in stack.enumerated() {
                if variant.is32Bit == false {
                    fixture.poke16(0x8000 + UInt32(index) * 2, UInt16(truncatingIfNeeded: value))
                } else {
                    fixture.poke32(0x8000 + UInt32(index) * 4, value)
                }
            }
        }
    }
}
