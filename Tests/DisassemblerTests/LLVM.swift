import Foundation
import ToolchainTestSupport

/// What the Swift toolchain's `llvm-objdump` says about a sequence of bytes.
///
/// LLVM's objdump reads object files only, so the bytes go through the toolchain's assembler as `.byte` directives.
enum LLVM {
    /// An instruction as LLVM sees it.
    struct Line {
        /// Offset from the start of the bytes.
        let address: Int
        let text: String
    }

    /// Whether the programs are there; they come with the Swift toolchain.
    static let isAvailable = Toolchain.has("llvm-objdump") && Toolchain.has("clang")

    /// Disassembles `bytes`. Addresses begin with 0. A prefix that LLVM puts on a line of its own is one.
    static func disassemble(_ bytes: [UInt8], code32: Bool) throws -> [Line] {
        try Toolchain.withTemporaryDirectory { directory in
            let source = directory.appendingPathComponent("code.s")
            let object = directory.appendingPathComponent("code.o")
            var text = ""
            for start in stride(from: 0, to: bytes.count, by: 32) {
                let row = bytes[start..<min(start + 32, bytes.count)]
                text += ".byte " + row.map(String.init).joined(separator: ",") + "\n"
            }
            try text.write(to: source, atomically: false, encoding: .utf8)
            let triple = code32 ? "i386-unknown-none" : "i386-unknown-none-code16"
            try Toolchain.run("clang", ["--target=" + triple, "-c", source.path, "-o", object.path])
            let listing = try Toolchain.run(
                "llvm-objdump",
                [
                    "--triple=" + triple, "-M", "intel", "--print-imm-hex", "--no-show-raw-insn", "-D", "-j", ".text",
                    object.path,
                ])
            return listing.split(separator: UInt8(ascii: "\n")).compactMap(line)
        }
    }

    /// `      30: call\t0x30 <.text+0x30>`: the name says nothing and is left out, white space becomes one space.
    /// So are the comments behind `#`, which spell out what a shuffle does.
    private static func line(_ bytes: Data) -> Line? {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        var address = 0
        for byte in bytes[..<colon] where byte != UInt8(ascii: " ") {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            address = address * 16 + digit
        }
        var text: [UInt8] = []
        for byte in bytes[bytes.index(after: colon)...] {
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
                if let last = text.last, last != UInt8(ascii: " ") { text.append(UInt8(ascii: " ")) }
            } else if byte == UInt8(ascii: "#") || byte == UInt8(ascii: "<"), text.last == UInt8(ascii: " "), text.count > 1 {
                break
            } else {
                text.append(byte)
            }
        }
        if text.last == UInt8(ascii: " ") { text.removeLast() }
        return Line(address: address, text: String(decoding: text, as: UTF8.self))
    }
}
