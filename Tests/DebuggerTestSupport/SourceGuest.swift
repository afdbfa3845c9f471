import Debugger
import Foundation
import Machine
import ToolchainTestSupport

/// A machine whose ROM enters protected mode and calls a C program that has source lines.
public struct SourceGuest {
    /// The folder of the source, as it was compiled.
    public let folder: URL
    /// The program as an ELF file.
    public let program: [UInt8]

    public static let isAvailable = TestMachine.isAvailable

    /// Its name, and where its functions are in it.
    public static let fileName = "program.c"

    public static let source = """
        volatile int total;

        __attribute__((noinline)) int square(int number) {
            int result = number * number;
            return result;
        }

        __attribute__((noinline)) int factorial(int number) {
            if (number < 2)
                return 1;
            return number * factorial(number - 1);
        }

        void without_lines(void);

        void main_program(void) {
            total = 1;
            total += square(3);
            total += factorial(4);
            without_lines();
            for (int i = 0; i < 3; i++)
                total += i;
            total = 0;
        }
        """

    private static let start = """
        .intel_syntax noprefix
        .code16
        .globl start
        start:
        \(ProtectedModeEntry.jump(from: "start", to: "protected_start"))
        .code32
        .type protected_start, @function
        protected_start:
        \(ProtectedModeEntry.segmentsAndStack)
            call main_program
            hlt
        .size protected_start, . - protected_start
        .globl without_lines
        .type without_lines, @function
        without_lines:
            inc dword ptr [0x5000]
            ret
        .size without_lines, . - without_lines
        .balign 8
        gdt: .quad 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF
        gdt_end:
        gdt_pointer:
            .short gdt_end - gdt - 1
            .long gdt
        """

    /// Compiles it in `folder`, with source lines in this version of DWARF.
    public init(in folder: URL, dwarf version: Int = 5, optimised: Bool = false) throws {
        self.folder = folder
        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        try Self.start.write(toFile: path("start.s"), atomically: false, encoding: .utf8)
        try Self.source.write(toFile: path(Self.fileName), atomically: false, encoding: .utf8)
        let target = ["--target=i386-unknown-none", "-c"]
        try Toolchain.run("clang", target + [path("start.s"), "-o", path("start.o")])
        try Toolchain.run(
            "clang",
            target + [
                "-ffreestanding", optimised ? "-O1" : "-O0", "-gdwarf-\(version)", path(Self.fileName), "-o",
                path("program.o"),
            ])
        try Toolchain.run(
            "ld.lld",
            [
                "-m", "elf_i386", "--image-base=0", "-Ttext=0xf0000", "-Tbss=0x4000", "-e", "0", path("start.o"),
                path("program.o"), "-o", path("program.elf"),
            ])
        program = [UInt8](try Data(contentsOf: folder.appendingPathComponent("program.elf")))
    }

    /// A debugger at the reset vector.
    public func commands() throws -> DebuggerCommands {
        try TestMachine.commands(program)
    }

    /// Calls `body` with a guest whose source exists as long as the call.
    public static func with<Result>(
        dwarf version: Int = 5, optimised: Bool = false, _ body: (SourceGuest) throws -> Result
    ) throws -> Result {
        try Toolchain.withTemporaryDirectory { folder in
            try body(SourceGuest(in: folder, dwarf: version, optimised: optimised))
        }
    }

    /// The line of the first occurrence of `text`.
    public static func line(_ text: String) -> Int {
        (source.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains(text) } ?? -1) + 1
    }
}
