@testable import Processor

/// The flags that the manual leaves undefined behind an instruction (SDM vol. 1, appendix A, "EFLAGS Cross-Reference";
/// vol. 2 under the instruction's name, "Flags Affected"). The manual of AMD (APM vol. 3, appendix F) leaves the same
/// ones undefined. Ours are defined: by the comments at the instructions' implementations.
enum UndefinedFlags {
    private static let all = Flag.arithmetic

    /// `count`: of a shift or rotate, modulo 32, where it is known; `width`: of the operand in bits.
    static func after(_ row: OpcodeRow, count: UInt32?, width: UInt32) -> UInt32 {
        switch row.mnemonic {
        // "The OF and CF flags are cleared; the SF, ZF, and PF flags are set according to the result. The state of the
        // AF flag is undefined." (AND, OR, XOR, TEST)
        case "and", "or", "xor", "test": return Flag.adjust
        // "The CF flag ... is undefined for SHL and SHR instructions where the count is greater than or equal to the
        // size (in bits) of the destination operand. The OF flag is affected only for 1-bit shifts; otherwise, it is
        // undefined. ... For a non-zero count, the AF flag is undefined. If the count is 0, the flags are not
        // affected."
        case "shl", "shr", "sar":
            guard let count else { return Flag.adjust | Flag.overflow | Flag.carry }
            if count == 0 { return 0 }
            let beyond = count >= width && row.mnemonic != "sar" ? Flag.carry : 0
            return Flag.adjust | beyond | (count > 1 ? Flag.overflow : 0)
        // "The OF flag is affected only for single-bit rotates; it is undefined for multi-bit rotates."
        // (RCL/RCR/ROL/ROR)
        case "rol", "ror", "rcl", "rcr": return count ?? 2 > 1 ? Flag.overflow : 0
        // "For a 1-bit shift, the OF flag is set on overflow; for shifts greater than 1 bit, the OF flag is undefined.
        // ... the AF flag is undefined. If the count operand is 0, the flags are not affected. If the count is greater
        // than the operand size, the flags are undefined." (SHLD, SHRD)
        case "shld", "shrd":
            guard let count else { return all }
            if count == 0 { return 0 }
            return count > width ? all : Flag.adjust | (count > 1 ? Flag.overflow : 0)
        // "The SF, ZF, AF, and PF flags are undefined." (MUL, IMUL)
        case "mul", "imul": return Flag.sign | Flag.zero | Flag.adjust | Flag.parity
        // "The CF, OF, SF, ZF, AF, and PF flags are undefined." (DIV, IDIV)
        case "div", "idiv": return all
        // "The OF, SF, ZF, and PF flags are undefined." (AAA, AAS)
        case "aaa", "aas": return Flag.overflow | Flag.sign | Flag.zero | Flag.parity
        // "The OF, AF, and CF flags are undefined." (AAM, AAD)
        case "aam", "aad": return Flag.overflow | Flag.adjust | Flag.carry
        // "The OF flag is undefined." (DAA, DAS)
        case "daa", "das": return Flag.overflow
        // "The ZF flag is unaffected. The OF, SF, AF, and PF flags are undefined." (BT, BTC, BTR, BTS)
        case "bt", "bts", "btr", "btc": return all & ~(Flag.zero | Flag.carry)
        // "The CF, OF, SF, AF, and PF flags are undefined." (BSF, BSR)
        case "bsf", "bsr": return all & ~Flag.zero
        default: return 0
        }
    }
}
