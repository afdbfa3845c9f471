import Disassembler
import Processor

/// Instructions for the comparison with LLVM: every opcode of both maps, with ModRM bytes, SIB bytes and prefixes.
struct Sample {
    /// The instruction, and nothing behind it.
    let bytes: [UInt8]
    let instruction: Instruction
    let row: OpcodeRow
    let code32: Bool

    /// All samples that our decoder takes for instructions.
    ///
    /// Without prefix, every ModRM byte; with prefixes, a selection: each value of `reg` with a register, and with
    /// several forms of memory operand.
    static func all(code32: Bool) -> [Sample] {
        var samples: [Sample] = []
        for map in 0...1 {
            for opcode in UInt8.min...UInt8.max where map == 1 || !prefixes.contains(opcode) && opcode != 0x0F {
                let opcodeBytes = map == 1 ? [0x0F, opcode] : [opcode]
                for prefix in prefixLists {
                    append(prefix, opcodeBytes, code32, to: &samples)
                }
            }
        }
        return samples
    }

    static let prefixes: Set<UInt8> = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3]
    private static let prefixLists: [[UInt8]] = [
        [], [0x66], [0x67], [0x66, 0x67], [0x26], [0x65], [0xF0], [0xF2], [0xF3], [0xF3, 0x66], [0x67, 0x36],
    ]
    /// What follows the opcode: displacements and immediates, with and without the sign bit.
    private static let tails: [[UInt8]] = [
        [0x12, 0x34, 0x56, 0x78, 0x1A, 0x2B, 0x3C, 0x4D], [0x81, 0xF2, 0xE3, 0xD4, 0x95, 0xB6, 0xC7, 0xD8],
        [0x7F, 0x00, 0x00, 0x00, 0x80, 0xFF, 0xFF, 0xFF], [0x00, 0x00, 0x00, 0x00, 0x0A, 0x00, 0x00, 0x00],
    ]

    private static func append(_ prefix: [UInt8], _ opcode: [UInt8], _ code32: Bool, to samples: inout [Sample]) {
        var hasModRM = false
        for modRM in UInt8.min...UInt8.max {
            // A register form, and [eax], [disp], and a SIB byte with disp8.
            let isSelected = modRM >> 6 == 3 && modRM & 7 == 1 || [0x00, 0x05, 0x06, 0x44].contains(modRM & 0xC7)
            guard prefix.isEmpty || isSelected else { continue }
            var tail = tails[Int(modRM ^ modRM >> 3) % tails.count]
            // The SIB byte walks through all values.
            if modRM & 7 == 4, modRM < 0xC0 { tail.insert(modRM &* 37 &+ opcode[opcode.count - 1], at: 0) }
            guard let sample = Sample(prefix + opcode + [modRM] + tail, code32: code32) else { continue }
            // LLVM is of two minds about repeat prefixes where they do nothing.
            let isRepeat = prefix.contains(0xF2) || prefix.contains(0xF3)
            guard !isRepeat || sample.row.flags.contains(.string) || sample.row.prefix != nil else { break }
            samples.append(sample)
            hasModRM = hasModRM || sample.row.flags.contains(.modRM)
            if !hasModRM, modRM >= 3 { break }
        }
    }

    private init?(_ bytes: [UInt8], code32: Bool) {
        guard let instruction = try? Decoder.decode(bytes, code32: code32), instruction.operation != .invalid,
            Disassembler().text(of: instruction, at: 0) != Disassembler.bad
        else {
            return nil
        }
        self.bytes = Array(bytes.prefix(Int(instruction.length)))
        self.instruction = instruction
        self.code32 = code32
        row = OpcodeTable.rows[Int(instruction.row)]
    }
}
