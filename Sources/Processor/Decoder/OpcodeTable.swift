/// The one table of opcodes. Decoder, interpreter, disassembler and the coverage report all read it, so that an
/// instruction is described once.
///
/// A row is one encoding of one instruction in the SDM's notation. For example
///
///     row(0x89, "mov", "Ev,Gv", .movRR16, .movMR16, .sized)
///
/// says that 89h has a ModRM byte, and that its register form executes `movRR16` or `movRR32`, its memory form
/// `movMR16` or `movMR32`, as the operand size is. Opcodes that ModRM.reg extends have one row per value of ModRM.reg,
/// and separate rows for memory and register forms where these are different instructions. An opcode without a row is
/// row 0: #UD.
///
/// Built once, at first use; about 500 rows.
public enum OpcodeTable {
    /// All rows; row 0 stands for every opcode that is not an instruction.
    public static let rows: [OpcodeRow] = tables.rows

    static let tables = Builder.build()

    /// Slots of the lookup table that hold a group (index into ``Lookup/groups``) have this bit.
    static let groupBit: UInt16 = 0x8000
}

extension OpcodeTable {
    /// What ``Builder`` makes: the rows and the way from an opcode to its row.
    struct Lookup: Sendable {
        var rows: [OpcodeRow] = []
        /// 256 slots per map: a row, or a group.
        var opcodes: [UInt16] = Array(repeating: 0, count: 512)
        /// 16 rows per group: ModRM.reg for memory forms, then for register forms.
        var groups: [UInt16] = []
    }

    /// Collects rows. The methods are named by the place of the opcode in the table.
    struct Builder {
        private(set) var lookup = Lookup()

        private init() {
            lookup.rows.append(
                OpcodeRow(
                    map: 0, opcode: 0, opcodeExtension: nil, mnemonic: "(bad)", operands: [], register: .invalid,
                    memory: .invalid, flags: [], minimum: .i386))
        }

        static func build() -> Lookup {
            var builder = Builder()
            builder.addOneByteMap()
            builder.addTwoByteMap()
            return builder.lookup
        }

        private static func operands(_ text: String) -> [OperandKind] {
            text.isEmpty ? [] : text.split(separator: ",").compactMap { OperandKind(rawValue: String($0)) }
        }

        private mutating func append(
            map: UInt8, _ opcode: UInt8, _ opcodeExtension: UInt8?, _ mnemonic: String, _ operands: String,
            _ register: Operation, _ memory: Operation?, _ flags: OpcodeRow.Flags, _ minimum: ProcessorGeneration
        ) -> UInt16 {
            lookup.rows.append(
                OpcodeRow(
                    map: map, opcode: opcode, opcodeExtension: opcodeExtension, mnemonic: mnemonic,
                    operands: Self.operands(operands), register: register, memory: memory ?? register, flags: flags,
                    minimum: minimum))
            return UInt16(truncatingIfNeeded: lookup.rows.count - 1)
        }

        /// An instruction of the one-byte map.
        mutating func row(
            _ opcode: UInt8, _ mnemonic: String, _ operands: String, _ register: Operation, _ memory: Operation? = nil,
            _ flags: OpcodeRow.Flags = [], _ minimum: ProcessorGeneration = .i386
        ) {
            lookup.opcodes[Int(opcode)] = append(
                map: 0, opcode, nil, mnemonic, operands, register, memory, flags, minimum)
        }

        /// An instruction of the two-byte map (after 0Fh).
        mutating func row0F(
            _ opcode: UInt8, _ mnemonic: String, _ operands: String, _ register: Operation, _ memory: Operation? = nil,
            _ flags: OpcodeRow.Flags = [], _ minimum: ProcessorGeneration = .i386
        ) {
            lookup.opcodes[256 + Int(opcode)] = append(
                map: 1, opcode, nil, mnemonic, operands, register, memory, flags, minimum)
        }

        /// Which forms of the ModRM byte a group's row is for.
        enum Forms { case both, memory, register }

        /// One value of ModRM.reg of a group in the one-byte map.
        mutating func group(
            _ opcode: UInt8, _ opcodeExtension: UInt8, _ mnemonic: String, _ operands: String, _ register: Operation,
            _ memory: Operation? = nil, _ flags: OpcodeRow.Flags = [], forms: Forms = .both,
            _ minimum: ProcessorGeneration = .i386
        ) {
            let row = append(map: 0, opcode, opcodeExtension, mnemonic, operands, register, memory, flags, minimum)
            place(row, in: Int(opcode), opcodeExtension, forms)
        }

        /// One value of ModRM.reg of a group in the two-byte map.
        mutating func group0F(
            _ opcode: UInt8, _ opcodeExtension: UInt8, _ mnemonic: String, _ operands: String, _ register: Operation,
            _ memory: Operation? = nil, _ flags: OpcodeRow.Flags = [], forms: Forms = .both,
            _ minimum: ProcessorGeneration = .i386
        ) {
            let row = append(map: 1, opcode, opcodeExtension, mnemonic, operands, register, memory, flags, minimum)
            place(row, in: 256 + Int(opcode), opcodeExtension, forms)
        }

        private mutating func place(_ row: UInt16, in slot: Int, _ opcodeExtension: UInt8, _ forms: Forms) {
            if lookup.opcodes[slot] & OpcodeTable.groupBit == 0 {
                lookup.opcodes[slot] = OpcodeTable.groupBit | UInt16(truncatingIfNeeded: lookup.groups.count / 16)
                lookup.groups.append(contentsOf: repeatElement(0, count: 16))
            }
            let group = Int(lookup.opcodes[slot] & ~OpcodeTable.groupBit) * 16 + Int(opcodeExtension)
            if forms != .register { lookup.groups[group] = row }
            if forms != .memory { lookup.groups[group + 8] = row }
        }
    }
}

extension Operation {
    /// The case that follows by `distance`: how a row that is written for one size or condition reaches the others.
    /// What is no instruction is none in any size.
    func advanced(by distance: UInt16) -> Operation {
        self == .invalid ? .invalid : Operation(rawValue: rawValue &+ distance) ?? .invalid
    }
}
