import Debugger
import DebuggerTestSupport
import Machine
import ToolchainTestSupport

/// Kernels that go wrong, each in one way: 32-bit code with paging, whose page 0 and the page below the stack are not
/// mapped, and whose exception handler halts.
enum HaltingKernel: String, CaseIterable, Sendable {
    case callThroughNull, jumpIntoZeros, overwrittenReturnAddress, deliberateTrap, invalidOpcode, stackOverflow,
        divisionByZero, nullPointer, handlerMissing, haltWithoutInterrupts

    static let isAvailable = TestMachine.isAvailable

    /// A debugger at the reset vector.
    func commands() throws -> DebuggerCommands {
        try TestMachine.commands(
            try Toolchain.assemble(Self.start + code + Self.tables, at: 0xF_0000), name: "broken.elf")
    }

    /// The function that goes wrong.
    private var code: String {
        switch self {
        case .callThroughNull: "xor eax, eax\n call eax\n ret"
        case .jumpIntoZeros: "mov eax, 0x3FF000\n jmp eax"
        case .overwrittenReturnAddress:
            "push ebp\n mov ebp, esp\n culprit: mov dword ptr [ebp + 4], 0x500\n nop\n pop ebp\n ret"
        case .deliberateTrap: "nop\n ud2"
        case .invalidOpcode: ".byte 0x0F, 0xFF, 0xC0"
        case .stackOverflow: "push ebp\n mov ebp, esp\n call broken\n pop ebp\n ret"
        case .divisionByZero: "xor ecx, ecx\n mov eax, 1\n cdq\n div ecx\n ret"
        case .nullPointer: "xor eax, eax\n mov ebx, dword ptr [eax + 8]\n ret"
        case .handlerMissing: "mov dword ptr [0x3074], 0\n mov eax, dword ptr [0x800000]\n ret"
        case .haltWithoutInterrupts: "sti\n nop\n the_cli: cli\n nop\n hlt"
        }
    }

    private static let start = """
        .code16
        start:
        \(ProtectedModeEntry.jump(from: "start", to: "protected_start"))
        .code32
        .type protected_start, @function
        protected_start:
        \(ProtectedModeEntry.segmentsAndStack)
            mov dword ptr [0x1000], 0x2003
            mov edi, 0x2000
            mov eax, 3
            mov ecx, 1024
        fill:
            mov dword ptr [edi], eax
            add edi, 4
            add eax, 0x1000
            dec ecx
            jnz fill
            mov dword ptr [0x2000], 0               # page 0
            mov dword ptr [0x2018], 0               # the page below the stack's
            mov edi, 0x3000
            mov ecx, 32
        gates:
            mov eax, offset handler
            mov ebx, eax
            and eax, 0xFFFF
            or eax, 0x80000
            mov dword ptr [edi], eax
            and ebx, 0xFFFF0000
            or ebx, 0x8E00
            mov dword ptr [edi + 4], ebx
            add edi, 8
            dec ecx
            jnz gates
            lidt [idt_pointer]
            mov eax, 0x1000
            mov cr3, eax
            mov eax, cr0
            or eax, 0x80000000
            mov cr0, eax
            call broken
            hlt
        .size protected_start, . - protected_start
        .type handler, @function
        handler:
            cli
            hlt
            jmp handler
        .size handler, . - handler
        .type broken, @function
        broken:

        """

    private static let tables = """

        .size broken, . - broken
        .balign 8
        gdt: .quad 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF
        gdt_end:
        gdt_pointer:
            .short gdt_end - gdt - 1
            .long gdt
        idt_pointer:
            .short 255
            .long 0x3000
        """
}
