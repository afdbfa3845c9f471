import Debugger
import ELF
import Machine
import ToolchainTestSupport

/// A machine with 4 MiB whose ROM is a small program in real, then protected mode, then with paging.
public enum TestMachine {
    public static let isAvailable = Toolchain.has("clang") && Toolchain.has("ld.lld")

    /// The program as an ELF file, linked at 0xF0000; assembled once.
    public static let program: [UInt8] = (try? Toolchain.assemble(source, at: 0xF_0000)) ?? []

    /// A machine with `program` in its ROM.
    public static func make(_ program: [UInt8] = program) throws -> Machine {
        var configuration = Machine.Configuration()
        configuration.memorySize = 4 << 20
        configuration.firmware = rom(program)
        return try Machine(configuration)
    }

    /// A debugger at its reset vector, with the program's symbols.
    public static func commands(_ program: [UInt8] = program, name: String = "program.elf") throws -> DebuggerCommands {
        let commands = DebuggerCommands(machine: try make(program))
        try commands.debugger.symbols.load(program, name: name)
        return commands
    }

    /// 64 KiB: the code of `program`, an ELF file, and the reset vector.
    public static func rom(_ program: [UInt8]) -> [UInt8] {
        var rom = [UInt8](repeating: 0x90, count: 0x1_0000)
        program.withUnsafeBytes { bytes in
            guard let file = try? ELFFile(bytes), let text = try? file.sections().first(named: ".text") else { return }
            for (index, byte) in text.contents.enumerated() where index < 0xFFF0 { rom[index] = byte }
        }
        rom.replaceSubrange(0xFFF0..<0xFFF5, with: [0xEA, 0x00, 0x00, 0x00, 0xF0])
        return rom
    }

    private static let source = """
        .code16
        .type real_start, @function
        real_start:
            mov ax, 5
            mov sp, 0x7000
            call double_it
        after_call:
            xor di, di
            mov cx, 4
            mov al, 0x41
            rep stosb
        after_store:
        \(ProtectedModeEntry.jump(from: "real_start", to: "protected_start"))

        double_it:
            add ax, ax
            ret
        undefined:
            ud2
        behind_undefined:
            int 0x21
        behind_int:
            nop
            nop
        handler:
            iret

        .code32
        .type protected_start, @function
        protected_start:
        \(ProtectedModeEntry.segmentsAndStack)
            call outer
        after_outer:
            mov dword ptr [0x1000], 0x83            # 4 MiB at 0
            mov dword ptr [0x1004], 0x2007
            mov dword ptr [0x2000], 0x5065          # 0x400000 -> 0x5000, read-only, user
            mov eax, 0x1000
            mov cr3, eax
            mov eax, cr4
            or al, 0x10
            mov cr4, eax
            mov eax, cr0
            or eax, 0x80000000
            mov cr0, eax
        paging_on:
            mov dword ptr [0x5008], 0x12345678
            nop
        break_it:
            mov eax, dword ptr [0xC0000000]
        .size protected_start, . - protected_start

        .type outer, @function
        outer:
            push ebp
            mov ebp, esp
            mov ecx, 3
        outer_loop:
            call inner
            dec ecx
            jnz outer_loop
            pop ebp
            ret
        .size outer, . - outer

        .type inner, @function
        inner:
            push ebp
            mov ebp, esp
        inner_body:
            inc edx
            pop ebp
            ret
        .size inner, . - inner

        .type fibonacci, @function
        fibonacci:
            nop
            ret
        .size fibonacci, . - fibonacci

        .balign 8
        gdt:
            .quad 0
            .quad 0x00CF9B000000FFFF
            .quad 0x00CF93000000FFFF
            .quad 0x0000820012345678
        gdt_end:
        gdt_pointer:
            .short gdt_end - gdt - 1
            .long gdt
        """
}
