import Foundation
import ToolchainTestSupport

/// What the Swift toolchain's `llvm-objdump` and its assembler say.
///
/// LLVM's objdump reads object files only, so bytes go through the toolchain's assembler as `.byte` directives. A label
/// before each sample makes objdump begin anew there and look no further than the next label, so that one sample's
/// misunderstandings are not the next one's.
enum LLVM {
    /// An instruction as LLVM sees it.
    struct Line {
        /// Offset from the start of the sample.
        let offset: Int
        let text: String
    }

    /// A sample as LLVM sees it.
    struct Listing {
        /// Offset of the sample in its section: what branch targets are relative to.
        let address: Int
        var lines: [Line] = []
    }

    /// Whether the programs are there; they come with the Swift toolchain.
    static let isAvailable = Toolchain.has("llvm-objdump") && Toolchain.has("clang")

    private static func triple(_ code32: Bool) -> String {
        code32 ? "i386-unknown-none" : "i386-unknown-none-code16"
    }

    /// Disassembles each of `samples` for itself. A prefix that LLVM puts on a line of its own is one.
    static func disassemble(_ samples: [[UInt8]], code32: Bool) throws -> [Listing] {
        try Toolchain.withTemporaryDirectory { directory in
            let source = directory.appendingPathComponent("code.s")
            let object = directory.appendingPathComponent("code.o")
            var text = ""
            for (number, bytes) in samples.enumerated() {
                text += "a\(number): .byte "
                for (index, byte) in bytes.enumerated() { text += (index == 0 ? "" : ",") + String(byte) }
                text += "\n"
            }
            try text.write(to: source, atomically: false, encoding: .utf8)
            try Toolchain.run("clang", ["--target=" + triple(code32), "-c", source.path, "-o", object.path])
            let listing = try Toolchain.run(
                "llvm-objdump",
                [
                    "--triple=" + triple(code32), "-M", "intel", "--print-imm-hex", "--no-show-raw-insn", "-D", "-z",
                    "-j", ".text", object.path,
                ])
            var listings: [Listing] = []
            listings.reserveCapacity(samples.count)
            for line in [UInt8](listing).split(separator: UInt8(ascii: "\n")) {
                guard let (address, text) = parse(line) else { continue }
                if text.isEmpty {
                    listings.append(Listing(address: address))
                } else if let last = listings.indices.last {
                    listings[last].lines.append(Line(offset: address - listings[last].address, text: text))
                }
            }
            return listings
        }
    }

    /// Assembles each of `lines` (Intel syntax) for itself: the bytes from its start on, with `nop`s behind it, or nil
    /// where the assembler refuses.
    static func assemble(_ lines: [String], code32: Bool) throws -> [[UInt8]?] {
        try Toolchain.withTemporaryDirectory { directory in
            let source = directory.appendingPathComponent("code.s")
            let object = directory.appendingPathComponent("code.o")
            let binary = directory.appendingPathComponent("code.bin")
            let assembler = ["--target=" + triple(code32), "-c", source.path, "-o", object.path]
            func write(_ lines: [String]) throws {
                // An instruction has at most 15 bytes, so each line has 16 to itself.
                let text = ".intel_syntax noprefix\n" + lines.map { ".balign 16, 0x90; " + $0 + "\n" }.joined()
                try (text + ".balign 16, 0x90\n").write(to: source, atomically: false, encoding: .utf8)
            }
            try write(lines)
            var refused: Set<Int> = []
            for message in try Toolchain.diagnostics("clang", assembler).split(separator: "\n") {
                let fields = message.split(separator: ":", maxSplits: 4)
                guard fields.count == 5, fields[3] == " error", let number = Int(fields[1]) else { continue }
                // Line 1 is the directive.
                refused.insert(number - 2)
            }
            if !refused.isEmpty {
                try write(lines.enumerated().map { refused.contains($0.offset) ? "nop" : $0.element })
                try Toolchain.run("clang", assembler)
            }
            try Toolchain.run("llvm-objcopy", ["-O", "binary", "-j", ".text", object.path, binary.path])
            let bytes = [UInt8](try Data(contentsOf: binary))
            return lines.indices.map { index in
                let start = index * 16
                return refused.contains(index) || start + 16 > bytes.count ? nil : Array(bytes[start..<start + 16])
            }
        }
    }

    /// `      30: call\t0x30 <a0+0x30>`: the name says nothing and is left out, white space becomes one space. So are
    /// the comments behind `#`, which spell out what a shuffle does. `00000030 <a1>:` has no text.
    private static func parse(_ bytes: ArraySlice<UInt8>) -> (address: Int, text: String)? {
        guard let end = bytes.firstIndex(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "<") }) else {
            return nil
        }
        var address = 0
        var digits = 0
        for byte in bytes[..<end] where byte != UInt8(ascii: " ") {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            address = address * 16 + digit
            digits += 1
        }
        guard digits > 0 else { return nil }
        if bytes[end] == UInt8(ascii: "<") { return (address, "") }
        var text: [UInt8] = []
        for byte in bytes[bytes.index(after: end)...] {
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
                if let last = text.last, last != UInt8(ascii: " ") { text.append(UInt8(ascii: " ")) }
            } else if byte == UInt8(ascii: "#") || byte == UInt8(ascii: "<"), text.last == UInt8(ascii: " "),
                text.count > 1
            {
                break
            } else {
                text.append(byte)
            }
        }
        if text.last == UInt8(ascii: " ") { text.removeLast() }
        return (address, String(decoding: text, as: UTF8.self))
    }
}
