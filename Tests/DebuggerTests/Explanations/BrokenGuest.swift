import Debugger
import DebuggerTestSupport
import Machine
import ToolchainTestSupport

/// Small programs that are broken on purpose, each in its own way.
///
/// A guest is a ROM whose reset vector leads to flat 32-bit protected mode (code 0x08, data 0x10, user code 0x1B, user
/// data 0x23, a segment of 4 KiB 0x28, a TSS 0x30), with a stack below 0x8000; then to `main`, the guest's own code. An
/// interrupt descriptor table is there only if the guest brings one.
enum BrokenGuest {
    static let isAvailable = TestMachine.isAvailable

    /// A debugger of a machine that has run until it ended, or for a million steps.
    static func run(_ source: String, processor: String = "pentium4", steps: UInt64 = 1_000_000) throws -> Debugger {
        let program = try program(source)
        let debugger = Debugger(try machine(program, processor))
        try debugger.symbols.load(program, name: "guest.elf")
        debugger.continue(until: steps)
        return debugger
    }

    /// The machine at power-on.
    static func machine(_ source: String) throws -> Machine { try machine(try program(source), "pentium4") }

    private static func program(_ source: String) throws -> [UInt8] {
        try Toolchain.assemble(prologue + source + epilogue, at: 0xF_0000)
    }

    private static func machine(_ program: [UInt8], _ processor: String) throws -> Machine {
        var configuration = Machine.Configuration()
        configuration.memorySize = 4 << 20
        configuration.processorModel = processor
        configuration.firmware = TestMachine.rom(program)
        return try Machine(configuration)
    }

    /// The table's entries up to #PF: `gates` says which lead to the label `handler`.
    static func interruptTable(_ gates: Set<Int>) -> String {
        var text = "\n.balign 8\nidt:\n"
        for vector in 0..<15 {
            text +=
                gates.contains(vector)
                ? ".short handler - begin, 8, 0x8E00, 0xF\n" : ".quad 0\n"
        }
        return text + "idt_end:\nidt_pointer: .short idt_end - idt - 1\n.long idt\n"
    }

    /// Loads the table.
    static let loadInterruptTable = "\nlidt [idt_pointer]\n"

    /// Maps 4 MiB, but for the page at 0x6000, below the stack, and the one at 0x21000.
    static let enablePaging = """

        mov dword ptr [0x1000], 0x2007
        mov edi, 0x2000
        mov eax, 7
        1: mov dword ptr [edi], eax
        add edi, 4
        add eax, 0x1000
        cmp edi, 0x3000
        jb 1b
        mov dword ptr [0x2018], 0
        mov dword ptr [0x2084], 0
        mov eax, 0x1000
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80010000
        mov cr0, eax

        """

    /// Goes to `user` at privilege level 3.
    static let enterUserMode = """

        mov dword ptr [0x5004], 0x7800              # esp0 and ss0 of the TSS
        mov dword ptr [0x5008], 0x10
        mov dword ptr [0x5066], 0x70                # the I/O map begins behind the limit
        mov ax, 0x30
        ltr ax
        push 0x23
        push 0x7F00
        push 2
        push 0x1B
        mov eax, offset user
        push eax
        iretd

        """

    private static let prologue = """
        .code16
        begin:
        \(ProtectedModeEntry.jump(from: "begin", to: "protected"))
        .code32
        protected:
        \(ProtectedModeEntry.segmentsAndStack)
            mov esi, offset gdt                     # a copy that can be written to: ltr marks the TSS busy
            mov edi, 0x4000
            mov ecx, 14
            rep movsd
            lgdt [ram_gdt_pointer]
        .type main, @function
        main:

        """

    private static let epilogue = """

        .balign 8
        gdt:
            .quad 0
            .quad 0x00CF9B000000FFFF
            .quad 0x00CF93000000FFFF
            .quad 0x00CFFB000000FFFF
            .quad 0x00CFF3000000FFFF
            .quad 0x0040930000000FFF
            .quad 0x0000890050000067
        gdt_end:
        gdt_pointer:
            .short gdt_end - gdt - 1
            .long gdt
        ram_gdt_pointer:
            .short gdt_end - gdt - 1
            .long 0x4000

        """
}
