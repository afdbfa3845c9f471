/// How the small guests of these tests come from a ROM's real mode to flat 32-bit protected mode: code 0x08, data 0x10,
/// a stack below 0x8000. The guest brings a `gdt_pointer` with both descriptors.
public enum ProtectedModeEntry {
    /// 16-bit code that ends with a far jump to the label `target`. `start`: the label at offset 0 of the code segment.
    public static func jump(from start: String, to target: String) -> String {
        """

            cli
            .byte 0x2e, 0x66, 0x0f, 0x01, 0x16      # lgdtd cs:[...]
            .short gdt_pointer - \(start)
            mov eax, cr0
            or al, 1
            mov cr0, eax
            .byte 0x66, 0xea                        # jmp far
            .long \(target)
            .short 8

        """
    }

    /// 32-bit code for where the jump leads.
    public static let segmentsAndStack = """

            mov ax, 0x10
            mov ds, ax
            mov es, ax
            mov ss, ax
            mov esp, 0x8000
            xor ebp, ebp

        """
}
