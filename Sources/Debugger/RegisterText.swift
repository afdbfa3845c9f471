import Machine
import Processor

/// Registers in words.
public enum RegisterText {
    /// EAX to ESP, EIP and EFLAGS: three lines of hexadecimal and one of flags.
    public static func general(_ registers: RegisterFile) -> [String] {
        func row(_ names: [String]) -> String {
            names.map { "\($0) \((registers.value(named: $0) ?? 0).digits)" }.joined(separator: "  ")
        }
        return [
            row(["eax", "ebx", "ecx", "edx"]), row(["esi", "edi", "ebp", "esp"]),
            row(["eip", "eflags"]) + "  " + flags(registers.eflags),
        ]
    }

    /// Everything.
    public static func all(_ registers: RegisterFile) -> [String] {
        var lines = general(registers)
        for (name, segment) in zip(RegisterFile.segmentNames, registers.segments) {
            lines.append("\(name)   " + segmentText(segment))
        }
        lines.append("ldtr " + systemSegment(registers.ldtr))
        lines.append("tr   " + systemSegment(registers.tr))
        lines.append("gdtr base \(registers.gdtBase.digits)  limit \(registers.gdtLimit.digits)")
        lines.append("idtr base \(registers.idtBase.digits)  limit \(registers.idtLimit.digits)")
        lines.append("cr0  \(registers.cr0.digits)  \(bits(registers.cr0, control0))")
        lines.append("cr2  \(registers.cr2.digits)  cr3  \(registers.cr3.digits)")
        lines.append("cr4  \(registers.cr4.digits)  \(bits(registers.cr4, control4))")
        lines.append("mode \(mode(registers)), privilege level \(registers.cpl)")
        return lines
    }

    // MARK: Bits by name

    private static let control0 = [
        (0, "PE"), (1, "MP"), (2, "EM"), (3, "TS"), (4, "ET"), (5, "NE"), (16, "WP"), (18, "AM"), (29, "NW"),
        (30, "CD"),
        (31, "PG"),
    ]
    private static let control4 = [
        (0, "VME"), (1, "PVI"), (2, "TSD"), (3, "DE"), (4, "PSE"), (5, "PAE"), (6, "MCE"), (7, "PGE"), (8, "PCE"),
        (9, "OSFXSR"), (10, "OSXMMEXCPT"),
    ]
    private static let flagNames = [
        (0, "CF"), (2, "PF"), (4, "AF"), (6, "ZF"), (7, "SF"), (8, "TF"), (9, "IF"), (10, "DF"), (11, "OF"), (14, "NT"),
        (16, "RF"), (17, "VM"), (18, "AC"), (19, "VIF"), (20, "VIP"), (21, "ID"),
    ]

    private static func bits(_ value: UInt32, _ names: [(bit: Int, name: String)]) -> String {
        names.filter { value >> UInt32($0.bit) & 1 != 0 }.map(\.name).joined(separator: " ")
    }

    /// `CF ZF IF IOPL=3`: the flags that are set.
    public static func flags(_ eflags: UInt32) -> String {
        let set = bits(eflags, flagNames)
        let level = eflags >> 12 & 3
        let parts = [set, level == 0 ? "" : "IOPL=\(level)"].filter { !$0.isEmpty }
        return parts.isEmpty ? "(no flag set)" : parts.joined(separator: " ")
    }

    // MARK: Segments

    private static func segmentText(_ segment: RegisterFile.Segment) -> String {
        "\(segment.selector.digits)  base \(segment.base.digits)  limit \(segment.limit.digits)  "
            + attributes(segment.attributes)
    }

    private static func systemSegment(_ segment: RegisterFile.Segment) -> String {
        guard segment.selector & 0xFFFC != 0 else { return "\(segment.selector.digits)  null" }
        return segmentText(segment)
    }

    /// `code, readable, 32-bit, DPL 0`: what a segment register or a descriptor allows, from its attribute bits
    /// (``SegmentRegister/attributes``).
    public static func attributes(_ attributes: UInt16) -> String {
        guard attributes & SegmentAttribute.present != 0 else { return "not usable" }
        var words: [String] = []
        let right = attributes & SegmentAttribute.readableOrWritable != 0
        if attributes & SegmentAttribute.nonSystem == 0 {
            words.append(DescriptorText.systemTypeName(UInt8(truncatingIfNeeded: attributes) & 0xF))
        } else if attributes & SegmentAttribute.executable != 0 {
            words += ["code", right ? "readable" : "execute-only"]
            if attributes & SegmentAttribute.conforming != 0 { words.append("conforming") }
            words.append(attributes & SegmentAttribute.big != 0 ? "32-bit" : "16-bit")
        } else {
            words += ["data", right ? "writable" : "read-only"]
            if attributes & SegmentAttribute.expandDown != 0 { words.append("expand-down") }
            words.append(attributes & SegmentAttribute.big != 0 ? "32-bit" : "16-bit")
        }
        words.append("DPL \(attributes >> SegmentAttribute.privilegeShift & 3)")
        return words.joined(separator: ", ")
    }

    // MARK: Mode

    /// `real mode`, `virtual-8086 mode` or `protected mode, 32-bit code`, with `paging` where it is on.
    public static func mode(_ registers: RegisterFile) -> String {
        let isProtected = registers.cr0 & ControlRegister.protection != 0
        let code = registers.segments.dropFirst().first ?? RegisterFile.Segment()
        let is32Bit = code.attributes & SegmentAttribute.big != 0
        var words: String
        if !isProtected {
            words = is32Bit ? "real mode with a 32-bit code segment" : "real mode"
        } else if registers.eflags & Flag.virtual8086 != 0 {
            words = "virtual-8086 mode"
        } else {
            words = "protected mode, \(is32Bit ? 32 : 16)-bit code"
        }
        if registers.cr0 & ControlRegister.paging != 0 { words += ", paging" }
        return words
    }
}
