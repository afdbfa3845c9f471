/// How an attribute's value is stored (DWARF 5, 7.5.6).
struct DWARFForm: Equatable {
    let rawValue: UInt64

    /// What a form holds, as far as anybody here wants to know.
    enum Value {
        case number(UInt64)
        case string(String)
        /// A block of bytes: a location, for instance.
        case block(DWARFReader)
        case other
    }

    /// Its value follows in the abbreviation (DW_FORM_implicit_const).
    var isImplicit: Bool { rawValue == 0x21 }

    /// The form itself is stored with the value (DW_FORM_indirect).
    var isIndirect: Bool { rawValue == 0x16 }

    /// A reference that counts from the beginning of its unit (DW_FORM_ref1 to DW_FORM_ref_udata).
    var isRelativeToUnit: Bool { 0x11...0x15 ~= rawValue }

    /// What sizes depend on.
    struct Unit {
        let sections: DWARFSections
        let version: UInt16
        let offsetSize: Int
        let addressSize: Int
    }

    /// Reads a value, or steps over it.
    func read(_ reader: inout DWARFReader, _ unit: Unit) throws(DWARFError) -> Value {
        switch rawValue {
        case 0x01: return .number(try reader.unsigned(unit.addressSize))  // addr
        case 0x0B, 0x0C, 0x11: return .number(try reader.unsigned(1))  // data1, flag, ref1
        case 0x05, 0x12: return .number(try reader.unsigned(2))  // data2, ref2
        case 0x06, 0x13, 0x1C: return .number(try reader.unsigned(4))  // data4, ref4, ref_sup4
        case 0x07, 0x14, 0x20, 0x24: return .number(try reader.unsigned(8))  // data8, ref8, ref_sig8, ref_sup8
        case 0x0D: return .number(UInt64(bitPattern: try reader.signedLEB()))  // sdata
        case 0x0F, 0x15: return .number(try reader.unsignedLEB())  // udata, ref_udata
        case 0x17: return .number(try reader.unsigned(unit.offsetSize))  // sec_offset
        case 0x19: return .number(1)  // flag_present: nothing stored
        case 0x21: return .other  // implicit_const: nothing stored here
        case 0x08: return .string(try reader.string())  // string
        case 0x0E:  // strp
            return try string(at: try reader.unsigned(unit.offsetSize), unit.sections.strings, ".debug_str")
        case 0x1F:  // line_strp
            return try string(at: try reader.unsigned(unit.offsetSize), unit.sections.lineStrings, ".debug_line_str")
        case 0x0A: return .block(try reader.part(try reader.unsigned(1)))  // block1
        case 0x03: return .block(try reader.part(try reader.unsigned(2)))  // block2
        case 0x04: return .block(try reader.part(try reader.unsigned(4)))  // block4
        case 0x09, 0x18: return .block(try reader.part(try reader.unsignedLEB()))  // block, exprloc
        case 0x10:  // ref_addr: of an address' size in DWARF 2
            return .number(try reader.unsigned(unit.version == 2 ? unit.addressSize : unit.offsetSize))
        case 0x1D: try reader.skip(UInt64(unit.offsetSize))  // strp_sup
        case 0x1E: try reader.skip(16)  // data16
        case 0x1A, 0x1B, 0x22, 0x23: _ = try reader.unsignedLEB()  // strx, addrx, loclistx, rnglistx
        case 0x25, 0x29: try reader.skip(1)  // strx1, addrx1
        case 0x26, 0x2A: try reader.skip(2)  // strx2, addrx2
        case 0x27, 0x2B: try reader.skip(3)  // strx3, addrx3
        case 0x28, 0x2C: try reader.skip(4)  // strx4, addrx4
        default: throw DWARFError("\(reader.section) uses the unknown form \(rawValue.hexadecimal)")
        }
        return .other
    }

    /// Steps over a value, without looking up the text that it may stand for.
    func skip(_ reader: inout DWARFReader, _ unit: Unit) throws(DWARFError) {
        switch rawValue {
        case 0x08: try reader.skipString()
        case 0x0E, 0x1F: try reader.skip(UInt64(unit.offsetSize))
        default: _ = try read(&reader, unit)
        }
    }

    private func string(
        at offset: UInt64, _ section: UnsafeRawBufferPointer, _ name: StaticString
    ) throws(DWARFError) -> Value {
        var reader = try DWARFReader(section, name, at: offset)
        return .string(try reader.string())
    }
}
