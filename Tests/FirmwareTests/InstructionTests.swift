import Foundation
import Testing

/// Which instructions the ROM is made of, by the toolchain's disassembler.
struct InstructionTests {
    /// The instructions of one section, by the label they stand under.
    private static func disassembly(section: String, triple: String) throws -> [(label: String, text: String)] {
        try Firmware.built.get()
        let objdump = Process()
        objdump.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        objdump.arguments = [
            "llvm-objdump", "--disassemble", "--no-show-raw-insn", "--triple=\(triple)", "--section=\(section)",
            Firmware.symbols.path,
        ]
        let output = Pipe()
        objdump.standardOutput = output
        try objdump.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        objdump.waitUntilExit()

        var label = ""
        var instructions: [(label: String, text: String)] = []
        for line in text.split(separator: "\n") {
            if line.hasSuffix(">:"), let name = line.split(separator: "<").last {
                label = String(name.dropLast(2))
            } else if !label.isEmpty, let tab = line.firstIndex(of: "\t") {
                instructions.append((label, line[line.index(after: tab)...].replacingOccurrences(of: "\t", with: " ")))
            }
        }
        try #require(instructions.count > 1000)
        return instructions
    }

    /// Services run in the caller's mode: only the way to POST and the block move touch control registers and
    /// descriptor tables, and `hlt` stands where a handler has asked whether it may.
    @Test func servicesNeverSwitchModes() throws {
        let allowed: [String: Set<String>] = [
            "cr0": ["enter_post", "back_in_16_bit_segment", "system_move_block"],
            "lgdt": ["enter_post", "system_move_block"],
            "lidt": ["back_in_real_mode"],
            "hlt": ["wait_for_key", "report_exception"],
            "lmsw": [], "clts": [], "wrmsr": [], "rdmsr": [], "invlpg": [], "ltr": [], "lldt": [],
        ]
        for (label, text) in try Self.disassembly(section: ".text16", triple: "i386-unknown-none-code16") {
            for (word, labels) in allowed where text.hasPrefix(word) || text.contains("%\(word)") {
                #expect(labels.contains(label), "\(label): \(text)")
            }
        }
    }

    /// LLVM assembles a plain `call` or `ret` in 16-bit Intel syntax as its 32-bit form.
    @Test func callsAndReturnsAre16Bit() throws {
        try Firmware.built.get()
        for (label, text) in try Self.disassembly(section: ".text16", triple: "i386-unknown-none-code16") {
            #expect(!text.hasPrefix("calll") && !text.hasPrefix("retl"), "\(label): \(text)")
        }
    }

    /// POST runs on every 486, whatever has no FPU included: no cmov, x87, MMX or SSE but in asking for an FPU.
    @Test func postNeedsNoMoreThanA486() throws {
        for (label, text) in try Self.disassembly(section: ".text", triple: "i386") {
            let mnemonic = text.split(separator: " ").first ?? ""
            #expect(!mnemonic.hasPrefix("f") || ["fninit", "fnstsw"].contains(mnemonic), "\(label): \(text)")
            #expect(!mnemonic.hasPrefix("cmov") && !text.contains("%xmm") && !text.contains("%mm"), "\(label): \(text)")
            #expect(mnemonic != "cmpxchg8b" && mnemonic != "rdtsc", "\(label): \(text)")
        }
    }
}
