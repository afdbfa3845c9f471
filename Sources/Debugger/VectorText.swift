import Processor

/// The names of exceptions (SDM vol. 3A, table 6-1), and what their error codes say.
public enum VectorText {
    private static let names: [UInt8: (short: String, long: String)] = [
        Vector.divideError: ("#DE", "divide error"), Vector.debug: ("#DB", "debug exception"),
        Vector.nonMaskable: ("NMI", "non-maskable interrupt"), Vector.breakpoint: ("#BP", "breakpoint"),
        Vector.overflow: ("#OF", "overflow"), Vector.boundRange: ("#BR", "bound range exceeded"),
        Vector.invalidOpcode: ("#UD", "invalid opcode"), Vector.deviceNotAvailable: ("#NM", "device not available"),
        Vector.doubleFault: ("#DF", "double fault"), Vector.invalidTSS: ("#TS", "invalid TSS"),
        Vector.segmentNotPresent: ("#NP", "segment not present"), Vector.stackFault: ("#SS", "stack fault"),
        Vector.generalProtection: ("#GP", "general protection"), Vector.pageFault: ("#PF", "page fault"),
        Vector.floatingPoint: ("#MF", "floating-point error"), Vector.alignmentCheck: ("#AC", "alignment check"),
        Vector.machineCheck: ("#MC", "machine check"), Vector.simdFloatingPoint: ("#XM", "SIMD floating-point error"),
    ]

    /// `#PF`; nil for what is no exception. In real mode the vectors from 8 on are usually interrupts.
    public static func name(_ vector: UInt8, isRealMode: Bool = false) -> String? {
        isRealMode && vector >= 8 ? nil : names[vector]?.short
    }

    /// `#PF page fault`, or `interrupt 0x20`.
    public static func description(_ vector: UInt8) -> String {
        names[vector].map { "\($0.short) \($0.long)" } ?? "interrupt \(vector.hexadecimal)"
    }

    /// The exception of a name, `#PF` or `pf`; nil if there is none.
    public static func vector(named name: String) -> UInt8? {
        let name = name.uppercased()
        return names.first { $0.value.short == name || $0.value.short == "#" + name }?.key
    }

    /// `#PF page fault, error code 0002 (...), address c0000000`.
    public static func exception(_ vector: UInt8, code: UInt16?, address: UInt32?) -> String {
        var text = description(vector)
        if let code {
            let words = errorCode(code, of: vector)
            text += ", error code \(code.digits)" + (words.isEmpty ? "" : " (\(words))")
        }
        if let address { text += ", address \(address.digits)" }
        return text
    }

    /// What an exception's error code says (SDM vol. 3A, 6.13 and 4.7); empty if nothing. That the exception arose
    /// while another was delivered (EXT) is left to the report's context.
    public static func errorCode(_ code: UInt16, of vector: UInt8) -> String {
        if vector == Vector.pageFault {
            let who = code & 4 != 0 ? "user code" : "the supervisor"
            let what = code & 16 != 0 ? "fetching an instruction from" : code & 2 != 0 ? "writing to" : "reading from"
            if code & 8 != 0 { return "\(who) \(what) a page whose entries have a reserved bit set" }
            return "\(who) \(what) a page that " + (code & 1 != 0 ? "does not allow it" : "is not present")
        }
        if vector == Vector.doubleFault || vector == Vector.alignmentCheck || code == 0 { return "" }
        let index = code >> 3
        if code & 2 != 0 {
            let name = index < 256 ? VectorText.description(UInt8(truncatingIfNeeded: index)) : "vector \(index)"
            return "IDT entry of \(name)"
        }
        return "selector \((code & 0xFFFC).hexadecimal) in the \(code & 4 != 0 ? "LDT" : "GDT")"
    }
}
