// The services in virtual-8086 mode, under a monitor that lets port I/O and the interrupt flag through (IOPL 3, empty
// I/O bitmap) and reflects `int n` and hardware interrupts to the real-mode vectors. Any other privileged instruction,
// `hlt` among them, is a failure.
#include "test.inc"

    program 20

#define IDT 0x1000
#define TSS 0x1800
#define TSS_SIZE 104
#define MONITOR_STACK 0x6800
#define BUFFER 0xA000

#define CODE32 0x08
#define DATA32 0x10
#define TASK 0x18

test_start:
    cli
    cld
    // Task state: stack of ring 0, then an I/O bitmap of 8 KiB of zeros and a byte of ones.
    mov di, TSS
    mov cx, TSS_SIZE + 8192
    xor al, al
    rep stosb
    mov byte ptr [di], 0xFF
    mov dword ptr [TSS + 4], MONITOR_STACK
    mov word ptr [TSS + 8], DATA32
    mov word ptr [TSS + 102], TSS_SIZE
    // Gates of ring 0, so that `int n` in virtual-8086 mode becomes #GP.
    mov di, IDT
    mov ax, offset stubs
    mov cx, 256
1:  stosw
    mov word ptr [di], CODE32
    mov word ptr [di + 2], 0x8E00
    mov word ptr [di + 4], 0
    add di, 6
    add ax, 16
    loop 1b
    lgdt [gdt_pointer]
    lidt [idt_pointer]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    .byte 0xEA
    .word monitor_start, CODE32

    .balign 8
gdt:
    .quad 0
    .quad 0x00CF9A000000FFFF
    .quad 0x00CF92000000FFFF
    .quad 0x0000890018000000 + TSS_SIZE + 8192
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt
idt_pointer:
    .word 256 * 8 - 1
    .long IDT

    .code32
monitor_start:
    mov ax, DATA32
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov esp, MONITOR_STACK
    mov ax, TASK
    ltr ax
    xor eax, eax
    push eax                    // GS, FS, DS, ES
    push eax
    push eax
    push eax
    push eax                    // SS, ESP
    push 0x7C00
    push 0x00023202             // EFLAGS: VM, IOPL 3, IF
    push eax                    // CS, EIP
    mov eax, offset virtual_start
    push eax
    iretd

    .balign 16
stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if vector != 13
    push 0                      // where #GP has its error code
    .endif
    .byte 0x68                  // push vector: LLVM would take the symbol for an address
    .long vector
    .byte 0xE9
    .long monitor - . - 4
    .set vector, vector + 1
    .endr

// Stack behind pushad: vector, error code, EIP, CS, EFLAGS, ESP, SS, ...
    .balign 8
monitor:
    pushad
    mov ebp, esp
    // Coming from virtual-8086 mode these are null.
    mov ax, DATA32
    mov ds, ax
    mov es, ax
    mov ebx, [ebp + 32]
    cmp ebx, 13
    jne 1f
    movzx esi, word ptr [ebp + 44]
    shl esi, 4
    add esi, [ebp + 40]
    cmp byte ptr [esi], 0xCD
    jne 2f
    movzx ebx, byte ptr [esi + 1]
    add dword ptr [ebp + 40], 2
1:  // Reflect EBX: push flags, CS and IP on the 16-bit stack, clear IF and TF, go where the vector points.
    movzx edi, word ptr [ebp + 56]
    shl edi, 4
    movzx ecx, word ptr [ebp + 52]
    mov eax, [ebp + 48]
    mov [edi + ecx - 2], ax
    mov eax, [ebp + 44]
    mov [edi + ecx - 4], ax
    mov eax, [ebp + 40]
    mov [edi + ecx - 6], ax
    sub word ptr [ebp + 52], 6
    and dword ptr [ebp + 48], 0xFFFFFCFF
    movzx eax, word ptr [ebx * 4]
    mov [ebp + 40], eax
    movzx eax, word ptr [ebx * 4 + 2]
    mov [ebp + 44], eax
    popad
    add esp, 8
    iretd
2:  // A privileged instruction: its first byte and where it is, and the end.
    mov dx, 0xE9
    movzx ebx, byte ptr [esi]
    mov esi, offset text_trap
    mov ecx, offset text_trap_end
    sub ecx, esi
    rep outsb
    shl ebx, 24
    mov ecx, 2
    call monitor_say_hex
    mov ebx, [ebp + 44]
    shl ebx, 16
    mov bx, [ebp + 40]
    mov ecx, 8
    call monitor_say_hex
    mov al, 10
    out dx, al
    mov dx, 0x501
    out dx, al
3:  hlt
    jmp 3b

// A blank and the ECX upper digits of EBX.
monitor_say_hex:
    mov al, ' '
    out dx, al
4:  rol ebx, 4
    mov al, bl
    and al, 0x0F
    cmp al, 10
    sbb al, 0x69
    das
    out dx, al
    loop 4b
    ret

text_trap:
    .ascii "FAILED privileged instruction"
text_trap_end:

    .code16
virtual_start:
    smsw ax
    and ax, 1
    expect 1, "virtual-8086 mode"

    mov ax, 0x0003
    int 0x10
    mov ax, 0x0E41
    mov bx, 7
    int 0x10
    mov ax, 0xB800
    mov es, ax
    expect_word es:[0], 0x0741, "int 10h sets the mode and writes"
    push 0
    pop es
    int 0x12
    expect 639, "int 12h"

    mov ax, 0x0208
    mov bx, BUFFER
    mov cx, 1
    mov dx, 0x0080
    int 0x13
    expect_carry 0, "int 13h 02h reads"
    expect_word [BUFFER + 510], 0xAA55, "a boot sector"
    mov si, offset packet
    mov ah, 0x42
    mov dl, 0x80
    int 0x13
    expect_carry 0, "42h reads"
    expect_word [BUFFER + 0x1000 + 510], 0xAA55, "the same"
    mov ah, 0x00
    mov dl, 0x80
    int 0x13
    expect_carry 0, "00h resets"

    mov eax, 0xE820
    mov edx, 0x534D4150
    mov ecx, 20
    xor ebx, ebx
    mov di, BUFFER
    int 0x15
    expect_carry 0, "int 15h E820h"
    expect_word [BUFFER + 16], 1, "memory that can be used"
    mov ax, 0x2402
    int 0x15
    expect_byte al, 1, "2402h: A20"
    mov ah, 0x87
    mov cx, 1
    mov si, offset gdt
    int 0x15
    expect_carry 1, "87h refuses, for the monitor would have to do it"
    expect_byte ah, 0x03, "with error 3"
    mov ah, 0x86
    mov cx, 0
    mov dx, 20000
    int 0x15
    expect_carry 0, "86h waits"

    // The timer's interrupt comes through.
    mov ah, 0x00
    int 0x1A
    mov bx, dx
1:  mov ah, 0x00
    int 0x1A
    cmp dx, bx
    je 1b
    expect 0, "int 1Ah counts"
    mov ah, 0x02
    int 0x1A
    expect_carry 0, "and reads the clock"

    // So does the keyboard's; 10h waits without hlt.
2:  in al, 0x64
    test al, 2
    jnz 2b
    mov al, 0xD2
    out 0x64, al
3:  in al, 0x64
    test al, 2
    jnz 3b
    mov al, 0x1E
    out 0x60, al
    mov ah, 0x10
    int 0x16
    expect 0x1E61, "int 16h 10h waits for a key"
    mov ax, 0x0003
    mov dx, 0
    mov ah, 0x03
    int 0x14
    and ah, 0x20
    expect_byte ah, 0x20, "int 14h 03h"
    int 0x11
    and ax, 0x30
    expect 0x20, "int 11h"
    jmp test_end

    .balign 4
packet:
    .byte 0x10, 0
    .word 1
    .word BUFFER + 0x1000, 0
    .quad 0

test_end:
    finish
