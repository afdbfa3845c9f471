import Foundation
import Testing

/// The kernel and its programs run on a 486 without a floating-point unit. The compiler must not know better: every
/// executable of the kernel package is disassembled, and what a 486 has not is named.
@Suite struct InstructionSetTests {
    private static let products = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Kernel/.build/i686-unknown-none-elf/release")

    /// Functions that are called only after a look at CPUID, or at what the kernel has found there, and what they use;
    /// * = anything.
    private static let exempt: [String: Set<String>] = [
        "write_msr": ["wrmsr"], "sysenter_entry": ["sysexitl"], "system_call": ["sysenter"],
        "sysenter_with_": ["sysenter"], "read_timestamp": ["rdtsc"], "measure_": ["sysenter", "rdtsc"],
        "_by_sysenter": ["sysenter"],
        "fpu_": ["*"], "sse_": ["*"],
    ]

    /// The ELF files among the kernel package's products.
    private static let executables: [URL] = {
        let files = (try? FileManager.default.contentsOfDirectory(at: products, includingPropertiesForKeys: nil)) ?? []
        return files.filter { url in
            guard let file = try? FileHandle(forReadingFrom: url) else { return false }
            defer { try? file.close() }
            return (try? file.read(upToCount: 4)) == Data([0x7F, 0x45, 0x4C, 0x46]) && url.pathExtension.isEmpty
        }.sorted { $0.path() < $1.path() }
    }()

    @Test(.enabled(if: !executables.isEmpty, "the kernel has not been built: scripts/build-image.sh"))
    func kernelAndProcessManagerAreAmongTheProducts() {
        let names = Set(Self.executables.map(\.lastPathComponent))
        #expect(names.isSuperset(of: ["kernel", "process-manager", "shell"]))
    }

    @Test(arguments: executables)
    func needsNoMoreThanA486(executable: URL) throws {
        var count = 0
        var function = ""
        for line in try disassembly(of: executable).split(separator: "\n") {
            // "  10364b: movl (%ecx), %eax"; headings and labels have no tab.
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            if line.hasSuffix(">:") { function = String(line) }
            guard line.hasPrefix(" "), fields.count >= 2, let mnemonic = fields[1].split(separator: " ").first else {
                continue
            }
            count += 1
            let operands = fields.count > 2 ? String(fields[2]) : ""
            let isExempt = Self.exempt.contains { name, mnemonics in
                function.contains(name) && (mnemonics.contains("*") || mnemonics.contains(String(mnemonic)))
            }
            #expect(isExempt || Self.reason(String(mnemonic), operands) == nil, "\(function) \(line)")
        }
        #expect(count > 20, "nothing was disassembled")
    }

    /// What a 486 lacks for an instruction, in AT&T syntax, or nil.
    private static func reason(_ mnemonic: String, _ operands: String) -> String? {
        let later = ["cmpxchg8b", "rdtsc", "rdmsr", "wrmsr", "sysenter", "sysexit", "emms", "prefetch", "clflush"]
        if mnemonic.hasPrefix("f") || mnemonic == "wait" { return "x87" }
        if mnemonic.hasPrefix("cmov") { return "cmov" }
        if later.contains(where: mnemonic.hasPrefix) { return "newer than the 486" }
        if mnemonic.hasPrefix("nop"), !operands.isEmpty { return "a long nop" }
        if ["%mm", "%xmm", "%ymm"].contains(where: operands.contains) { return "MMX or SSE" }
        return nil
    }

    /// After start-up the kernel must not allocate through Swift's runtime: so only start-up does.
    @Test(.enabled(if: !executables.isEmpty, "the kernel has not been built: scripts/build-image.sh"))
    func theKernelAllocatesOnlyWhileItStarts() throws {
        let kernel = try #require(Self.executables.first { $0.lastPathComponent == "kernel" })
        let allocators: Set<String> = [
            "swift_slowAlloc", "swift_allocObject", "swift_allocBox", "posix_memalign", "boot_heap_allocate",
        ]
        var function = ""
        var callers: Set<String> = []
        for line in try disassembly(of: kernel).split(separator: "\n") {
            // "0010387d <name>:" begins a function; "calll\t0x100285 <name>" calls one.
            guard let name = line.split(separator: "<").last?.split(separator: ">").first else { continue }
            if line.hasSuffix(">:") {
                function = String(name)
            } else if line.contains("call") || line.contains("jmp"), allocators.contains(String(name)) {
                callers.insert(function)
            }
        }
        callers.subtract(allocators)
        #expect(!callers.isEmpty, "start-up allocates the table of interrupt lines: what was read?")
        let expected = ["Clock", "InterruptLines", "Scheduler"]
        #expect(
            callers.allSatisfy { caller in
                caller.contains("initialise") && expected.contains(where: caller.contains)
            }, "\(callers)")
    }

    @Test func knowsWhatItLooksFor() {
        #expect(Self.reason("fldz", "") != nil)
        #expect(Self.reason("cmovel", "%eax, %ebx") != nil)
        #expect(Self.reason("movups", "(%eax), %xmm0") != nil)
        #expect(Self.reason("nopw", "(%eax,%eax)") != nil)
        #expect(Self.reason("movl", "%eax, %ebx") == nil)
        #expect(Self.reason("nop", "") == nil)
    }

    private func disassembly(of executable: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["llvm-objdump", "-d", "--no-show-raw-insn", executable.path()]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: text, as: UTF8.self)
    }
}
