import Disassembler
import Processor

/// Bytes for the comparison with LLVM: an opcode of one of the maps, with prefixes before and ModRM, SIB, displacement
/// and immediates behind it.
struct Sample {
    /// The instruction, and nothing behind it; of what is no instruction, all bytes.
    let bytes: [UInt8]
    let code32: Bool
    /// What our decoder makes of it; with operation `.invalid` where it is no instruction.
    let instruction: Instruction
    let row: OpcodeRow
    /// Whether our disassembler takes it for an instruction.
    let isInstruction: Bool

    /// How many samples there are.
    enum Extent {
        /// Without prefix, every ModRM byte; with prefixes, a selection: each value of `reg` with a register, and with
        /// several forms of memory operand.
        case selection
        /// Every ModRM byte with all combinations of prefixes, and every SIB byte.
        case everything
    }

    static let prefixes: [UInt8] = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3]

    /// The opcodes of both maps, as the bytes that name them.
    static let opcodes: [[UInt8]] =
        (UInt8.min...UInt8.max).filter { !prefixes.contains($0) && $0 != 0x0F }.map { [$0] }
        + (UInt8.min...UInt8.max).map { [0x0F, $0] }

    /// All samples of an opcode.
    static func all(of opcode: [UInt8], code32: Bool, _ extent: Extent) -> [Sample] {
        var samples: [Sample] = []
        for prefix in extent == .everything ? everyPrefixList : selectedPrefixLists {
            append(prefix, opcode, code32, extent, to: &samples)
        }
        return samples
    }

    private static let selectedPrefixLists: [[UInt8]] = [
        [], [0x66], [0x67], [0x66, 0x67], [0x26], [0x65], [0xF0], [0xF2], [0xF3], [0xF3, 0x66], [0x66, 0xF3],
        [0x67, 0x36], [0xF3, 0xF2], [0xF2, 0x67], [0xF0, 0x67], [0xF3, 0xF0], [0x26, 0xF3],
    ]

    /// None, each one, and each pair of two different ones; two segment prefixes stand for all in pairs.
    private static let everyPrefixList: [[UInt8]] = {
        let kinds: [UInt8] = [0x26, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3]
        let pairs = kinds.flatMap { first in kinds.filter { $0 != first }.map { [first, $0] } }
        return [[]] + prefixes.map { [$0] } + pairs
    }()

    /// What follows the opcode: displacements and immediates, with and without the sign bit.
    private static let tails: [[UInt8]] = [
        [0x12, 0x34, 0x56, 0x78, 0x1A, 0x2B, 0x3C, 0x4D], [0x81, 0xF2, 0xE3, 0xD4, 0x95, 0xB6, 0xC7, 0xD8],
        [0x7F, 0x00, 0x00, 0x00, 0x80, 0xFF, 0xFF, 0xFF], [0x00, 0x00, 0x00, 0x00, 0x0A, 0x00, 0x00, 0x00],
    ]

    private static func append(
        _ prefix: [UInt8], _ opcode: [UInt8], _ code32: Bool, _ extent: Extent, to samples: inout [Sample]
    ) {
        var hasModRM = false
        let last = opcode[opcode.count - 1]
        // Where ModRM.rm extends the opcode, no register form stands for the others.
        let isFixed = opcode.count == 1 && last & 0xF8 == 0xD8 || opcode == [0x0F, 0x1E] || opcode == [0x0F, 0xAE]
        for modRM in UInt8.min...UInt8.max {
            // A register form, and [eax], [disp], and a SIB byte with disp8.
            let isSelected =
                extent == .everything || prefix.isEmpty || modRM >> 6 == 3 && (modRM & 7 == 1 || isFixed)
                || [0x00, 0x05, 0x06, 0x44].contains(modRM & 0xC7)
            guard isSelected else { continue }
            var tail = tails[Int(modRM ^ modRM >> 3) % tails.count]
            if modRM & 7 == 4, modRM < 0xC0 {
                // The SIB byte walks through all values.
                tail.insert(modRM &* 37 &+ last, at: 0)
                if extent == .everything, prefix.isEmpty || prefix == [0x67] {
                    for sib in UInt8.min...UInt8.max {
                        tail[0] = sib
                        if let sample = Sample(prefix + opcode + [modRM] + tail, code32: code32) {
                            samples.append(sample)
                        }
                    }
                    continue
                }
            }
            guard let sample = Sample(prefix + opcode + [modRM] + tail, code32: code32) else { continue }
            samples.append(sample)
            hasModRM = hasModRM || sample.row.flags.contains(.modRM) || !sample.isInstruction
            if !hasModRM, modRM >= 3 { break }
        }
    }

    /// 0 for the one-byte map, 1 for that after 0Fh.
    var map: UInt8 { bytes.first { !Self.prefixes.contains($0) } == 0x0F ? 1 : 0 }
    /// The last byte of the opcode.
    var opcode: UInt8 { instruction.opcode }
    /// ModRM.reg, as it extends the opcode.
    var `extension`: UInt8 {
        let start = (bytes.firstIndex { !Self.prefixes.contains($0) } ?? 0) + Int(map) + 1
        return start < bytes.count ? bytes[start] >> 3 & 7 : 0
    }

    init?(_ bytes: [UInt8], code32: Bool) {
        guard let instruction = try? Decoder.decode(bytes, code32: code32) else { return nil }
        self.instruction = instruction
        self.code32 = code32
        row = OpcodeTable.rows[Int(instruction.row)]
        // A misplaced `lock` makes an instruction #UD, but not another instruction.
        isInstruction = Disassembler().text(of: instruction, at: 0) != Disassembler.bad
        self.bytes = isInstruction ? Array(bytes.prefix(Int(instruction.length))) : bytes
    }
}
