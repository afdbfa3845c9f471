/// The document by which gdb and lldb learn which registers there are ("Debugging with GDB", appendix G).
enum TargetDescription {
    /// The description for code of 16 or 32 bits: gdb disassembles as the architecture says.
    ///
    /// gdb takes the mode from here when it connects. It asks again only if told to, which `scripts/martlet.gdb` does
    /// at changes of the mode. No OS ABI: gdb has none for the i8086, and would complain.
    static func xml(isCode32: Bool) -> String {
        """
        <?xml version="1.0"?>
        <!DOCTYPE target SYSTEM "gdb-target.dtd">
        <target version="1.0">
        <architecture>\(isCode32 ? "i386" : "i8086")</architecture>
        <osabi>none</osabi>

        """
            + feature("org.gnu.gdb.i386.core", types: flags("i386_eflags", eflags), RemoteRegister.core)
            + feature("org.gnu.gdb.i386.sse", types: vectors, RemoteRegister.sse)
            + feature(
                "org.martlet.i386.system", types: flags("cr0_flags", cr0) + flags("cr4_flags", cr4),
                RemoteRegister.system)
            + "</target>\n"
    }

    private static func feature(_ name: String, types: String, _ registers: [RemoteRegister]) -> String {
        let lines = registers.map { register in
            let group = register.group.map { " group=\"\($0)\"" } ?? ""
            let size = "bitsize=\"\(register.size * 8)\""
            return "<reg name=\"\(register.name)\" \(size) type=\"\(register.type)\"\(group)/>\n"
        }
        return "<feature name=\"\(name)\">\n\(types)\(lines.joined())</feature>\n"
    }

    private static func flags(_ id: String, _ names: KeyValuePairs<String, ClosedRange<Int>>) -> String {
        let fields = names.map { name, bits in
            "<field name=\"\(name)\" start=\"\(bits.lowerBound)\" end=\"\(bits.upperBound)\"/>"
        }
        return "<flags id=\"\(id)\" size=\"4\">\(fields.joined())</flags>\n"
    }

    private static let eflags: KeyValuePairs<String, ClosedRange<Int>> = [
        "CF": 0...0, "": 1...1, "PF": 2...2, "AF": 4...4, "ZF": 6...6, "SF": 7...7, "TF": 8...8, "IF": 9...9,
        "DF": 10...10, "OF": 11...11, "IOPL": 12...13, "NT": 14...14, "RF": 16...16, "VM": 17...17, "AC": 18...18,
        "VIF": 19...19, "VIP": 20...20, "ID": 21...21,
    ]

    private static let cr0: KeyValuePairs<String, ClosedRange<Int>> = [
        "PE": 0...0, "MP": 1...1, "EM": 2...2, "TS": 3...3, "ET": 4...4, "NE": 5...5, "WP": 16...16, "AM": 18...18,
        "NW": 29...29, "CD": 30...30, "PG": 31...31,
    ]

    private static let cr4: KeyValuePairs<String, ClosedRange<Int>> = [
        "VME": 0...0, "PVI": 1...1, "TSD": 2...2, "DE": 3...3, "PSE": 4...4, "PAE": 5...5, "MCE": 6...6, "PGE": 7...7,
        "PCE": 8...8, "OSFXSR": 9...9, "OSXMMEXCPT": 10...10,
    ]

    /// The views of an XMM register, under the names that gdb's users know.
    private static let vectors: String = {
        let views = [
            ("v4_float", "ieee_single", 4), ("v2_double", "ieee_double", 2), ("v16_int8", "int8", 16),
            ("v8_int16", "int16", 8), ("v4_int32", "int32", 4), ("v2_int64", "int64", 2),
        ]
        let vectors = views.map { "<vector id=\"\($0.0)_t\" type=\"\($0.1)\" count=\"\($0.2)\"/>" }
        let fields =
            views.map { "<field name=\"\($0.0)\" type=\"\($0.0)_t\"/>" } + [
                "<field name=\"uint128\" type=\"uint128\"/>"
            ]
        return vectors.joined() + "\n<union id=\"vec128\">\(fields.joined())</union>\n"
    }()
}
