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
/// row 0: #UD. Where one of the prefixes 66h, F2h and F3h is part of the opcode, there is a row for each, too.
///
/// What is absent although some processor of the time had it: `xbts` and `ibts` (0Fh A6h, A7h), which only the first
/// 386 steppings had, and `cmpxchg` in the same place of the first 486; `umov` (0Fh 10h-13h) and `loadall` (0Fh 07h) of
/// the 386 and 486, made for in-circuit emulators and never documented; `fisttp`, `monitor` and all else that came with
/// SSE3; `syscall` (AMD's, and Intel's in 64-bit mode only). All of them are #UD, as they are on the other processors
/// of their time. `rsm` is here for its #UD outside of system-management mode.
///
/// Built once, at first use; about 1000 rows.
public enum OpcodeTable {
    /// All rows; row 0 stands for every opcode that is not an instruction.
    public static let rows: [OpcodeRow] = tables.rows

    static let tables = Builder.build()

    /// Slots that hold a group (index into ``Lookup/groups``) have this bit.
    static let groupBit: UInt16 = 0x8000
    /// Slots that hold a choice by mandatory prefix (index into ``Lookup/prefixed``) have this bit, and so have the
    /// places of groups that hold a choice by ModRM.rm (index into ``Lookup/registerForms``).
    static let choiceBit: UInt16 = 0x4000
    /// What remains of a slot with one of the bits.
    static let indexMask: UInt16 = 0x3FFF
}

extension OpcodeTable {
    /// What ``Builder`` makes: the rows and the way from an opcode to its row.
    struct Lookup: Sendable {
        var rows: [OpcodeRow] = []
        /// 256 slots per map: a row, a group, or a choice by prefix.
        var opcodes: [UInt16] = Array(repeating: 0, count: 512)
        /// 4 slots per choice, in the order of ``MandatoryPrefix``: a row or a group.
        var prefixed: [UInt16] = []
        /// 16 places per group: ModRM.reg for memory forms, then for register forms. A row or, of a register form, a
        /// choice by ModRM.rm.
        var groups: [UInt16] = []
        /// 8 rows per choice.
        var registerForms: [UInt16] = []
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
            builder.addX87()
            builder.addTwoByteMap()
            builder.addSSE()
            builder.addIntegerSIMD()
            return builder.lookup
        }

        private static func operands(_ text: String) -> [OperandKind] {
            text.isEmpty ? [] : text.split(separator: ",").compactMap { OperandKind(rawValue: String($0)) }
        }

        /// Where an opcode is: its map, its byte, and the prefix if one is part of it.
        struct Place {
            var map: UInt8
            var opcode: UInt8
            var prefix: MandatoryPrefix?
        }

        private mutating func append(
            _ place: Place, _ opcodeExtension: UInt8?, fixedModRM: UInt8? = nil, _ mnemonic: String,
            _ operands: String, _ register: Operation, _ memory: Operation?, _ flags: OpcodeRow.Flags,
            _ minimum: ProcessorGeneration
        ) -> UInt16 {
            lookup.rows.append(
                OpcodeRow(
                    map: place.map, opcode: place.opcode, opcodeExtension: opcodeExtension, fixedModRM: fixedModRM,
                    prefix: place.prefix, mnemonic: mnemonic, operands: Self.operands(operands), register: register,
                    memory: memory ?? register, flags: flags, minimum: minimum))
            return UInt16(truncatingIfNeeded: lookup.rows.count - 1)
        }

        /// An instruction of the one-byte map.
        mutating func row(
            _ opcode: UInt8, _ mnemonic: String, _ operands: String, _ register: Operation, _ memory: Operation? = nil,
            _ flags: OpcodeRow.Flags = [], _ minimum: ProcessorGeneration = .i386, prefix: MandatoryPrefix? = nil
        ) {
            let place = Place(map: 0, opcode: opcode, prefix: prefix)
            self[place] = append(place, nil, mnemonic, operands, register, memory, flags, minimum)
        }

        /// An instruction of the two-byte map (after 0Fh).
        mutating func row0F(
            _ opcode: UInt8, _ mnemonic: String, _ operands: String, _ register: Operation, _ memory: Operation? = nil,
            _ flags: OpcodeRow.Flags = [], _ minimum: ProcessorGeneration = .i386, prefix: MandatoryPrefix? = nil
        ) {
            let place = Place(map: 1, opcode: opcode, prefix: prefix)
            self[place] = append(place, nil, mnemonic, operands, register, memory, flags, minimum)
        }

        /// Which forms of the ModRM byte a group's row is for.
        enum Forms { case both, memory, register }

        /// One value of ModRM.reg of a group in the one-byte map.
        mutating func group(
            _ opcode: UInt8, _ opcodeExtension: UInt8, _ mnemonic: String, _ operands: String, _ register: Operation,
            _ memory: Operation? = nil, _ flags: OpcodeRow.Flags = [], forms: Forms = .both,
            _ minimum: ProcessorGeneration = .i386
        ) {
            let place = Place(map: 0, opcode: opcode)
            let row = append(place, opcodeExtension, mnemonic, operands, register, memory, flags, minimum)
            enter(row, in: place, opcodeExtension...opcodeExtension, forms)
        }

        /// One value of ModRM.reg of a group in the two-byte map.
        mutating func group0F(
            _ opcode: UInt8, _ opcodeExtension: UInt8, _ mnemonic: String, _ operands: String, _ register: Operation,
            _ memory: Operation? = nil, _ flags: OpcodeRow.Flags = [], forms: Forms = .both,
            _ minimum: ProcessorGeneration = .i386, prefix: MandatoryPrefix? = nil
        ) {
            let place = Place(map: 1, opcode: opcode, prefix: prefix)
            let row = append(place, opcodeExtension, mnemonic, operands, register, memory, flags, minimum)
            enter(row, in: place, opcodeExtension...opcodeExtension, forms)
        }

        /// The memory form or the register form of an opcode in the two-byte map whose other form is another
        /// instruction.
        mutating func form0F(
            _ opcode: UInt8, _ form: Forms, _ mnemonic: String, _ operands: String, _ operation: Operation,
            _ minimum: ProcessorGeneration, prefix: MandatoryPrefix? = nil
        ) {
            let place = Place(map: 1, opcode: opcode, prefix: prefix)
            let row = append(
                place, nil, mnemonic, operands, form == .register ? operation : .invalid,
                form == .memory ? operation : .invalid, [], minimum)
            enter(row, in: place, 0...7, form)
        }

        /// One register form of a group, for one value of ModRM.rm as well.
        mutating func single(
            map: UInt8 = 0, _ opcode: UInt8, modRM: UInt8, _ mnemonic: String, _ operands: String,
            _ operation: Operation, _ flags: OpcodeRow.Flags, _ minimum: ProcessorGeneration,
            prefix: MandatoryPrefix? = nil
        ) {
            let place = Place(map: map, opcode: opcode, prefix: prefix)
            let opcodeExtension = modRM >> 3 & 7
            let row = append(
                place, opcodeExtension, fixedModRM: modRM, mnemonic, operands, operation, .invalid, flags, minimum)
            let group = self.group(at: place) + Int(opcodeExtension) + 8
            let previous = lookup.groups[group]
            if previous & OpcodeTable.choiceBit == 0 {
                lookup.groups[group] =
                    OpcodeTable.choiceBit | UInt16(truncatingIfNeeded: lookup.registerForms.count / 8)
                lookup.registerForms.append(contentsOf: repeatElement(previous, count: 8))
            }
            let choice = Int(lookup.groups[group] & OpcodeTable.indexMask) * 8
            lookup.registerForms[choice + Int(modRM & 7)] = row
        }

        /// Makes a row what all forms of an opcode mean that no other row is for.
        mutating func fallback(
            map: UInt8 = 0, _ opcode: UInt8, _ mnemonic: String, _ operands: String, _ operation: Operation,
            _ flags: OpcodeRow.Flags, _ minimum: ProcessorGeneration, prefix: MandatoryPrefix? = nil
        ) {
            let place = Place(map: map, opcode: opcode, prefix: prefix)
            let row = append(place, nil, mnemonic, operands, operation, nil, flags.union(.modRM), minimum)
            enter(row, in: place, 0...7, .both)
        }

        // MARK: The lookup

        /// The slot of an opcode.
        private subscript(place: Place) -> UInt16 {
            get {
                let slot = lookup.opcodes[Int(place.map) * 256 + Int(place.opcode)]
                guard slot & OpcodeTable.choiceBit != 0, slot & OpcodeTable.groupBit == 0 else { return slot }
                return lookup.prefixed[Int(slot & OpcodeTable.indexMask) * 4 + Int(place.prefix?.rawValue ?? 0)]
            }
            set {
                let opcode = Int(place.map) * 256 + Int(place.opcode)
                guard let prefix = place.prefix else {
                    lookup.opcodes[opcode] = newValue
                    return
                }
                if lookup.opcodes[opcode] & OpcodeTable.choiceBit == 0 {
                    let previous = lookup.opcodes[opcode]
                    lookup.opcodes[opcode] =
                        OpcodeTable.choiceBit | UInt16(truncatingIfNeeded: lookup.prefixed.count / 4)
                    lookup.prefixed.append(contentsOf: repeatElement(previous, count: 4))
                }
                let choice = Int(lookup.opcodes[opcode] & OpcodeTable.indexMask) * 4
                lookup.prefixed[choice + Int(prefix.rawValue)] = newValue
            }
        }

        /// Where in ``Lookup/groups`` an opcode's group begins; makes the group if there is none.
        private mutating func group(at place: Place) -> Int {
            if self[place] & OpcodeTable.groupBit == 0 {
                let previous = self[place]
                self[place] = OpcodeTable.groupBit | UInt16(truncatingIfNeeded: lookup.groups.count / 16)
                lookup.groups.append(contentsOf: repeatElement(previous, count: 16))
            }
            return Int(self[place] & OpcodeTable.indexMask) * 16
        }

        private mutating func enter(
            _ row: UInt16, in place: Place, _ extensions: ClosedRange<UInt8>, _ forms: Forms
        ) {
            let group = self.group(at: place)
            for opcodeExtension in extensions {
                if forms != .register { lookup.groups[group + Int(opcodeExtension)] = row }
                if forms != .memory { lookup.groups[group + Int(opcodeExtension) + 8] = row }
            }
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
