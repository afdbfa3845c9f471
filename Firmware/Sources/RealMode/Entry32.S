// The way into flat 32-bit mode for POST, and back.
//
// Constraint: the ROM cannot be written, so the descriptors carry their accessed bit already (the processor would
// set it in memory otherwise), and Swift's variables are copied to low RAM first.
//
// The way back passes 16-bit segments whose limit is 64 KiB, so that a program which wants real mode gets it.

#include "realmode.inc"

    .globl enter_post, main

#define CODE32 0x08
#define DATA32 0x10
#define CODE16 0x18
#define DATA16 0x20

enter_post:
    cli
    lgdt cs:[gdt_pointer]
    mov eax, cr0
    and eax, 0x9FFFFFFF         // reset leaves the caches of a 486 off (CD, NW)
    or al, 1
    mov cr0, eax
    .byte 0x66, 0xEA            // jmp CODE32:post_start
    .long post_start
    .word CODE32

    .balign 8
gdt:
    .quad 0
    .quad 0x00CF9B000000FFFF    // CODE32: 4 GB, execute/read, accessed
    .quad 0x00CF93000000FFFF    // DATA32: 4 GB, read/write, accessed
    .quad 0x00009B0F0000FFFF    // CODE16: 64 KiB at F0000h
    .quad 0x000093000000FFFF    // DATA16: 64 KiB at 0
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt + 0xF0000

real_mode_idt:
    .word 0x3FF
    .long 0

// Entered from leave_protected_mode through CODE16, still in protected mode.
back_in_16_bit_segment:
    mov ax, DATA16
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov eax, cr0
    and al, 0xFE
    mov cr0, eax
    .byte 0xEA
    .word back_in_real_mode, 0xF000
back_in_real_mode:
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov sp, POST_STACK_TOP
    lidt cs:[real_mode_idt]
    jmp post_done

    .section .text32, "ax"
    .code32
post_start:
    mov ax, DATA32
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    mov ss, ax
    mov esp, POST_STACK_TOP
    xor ebp, ebp
    cld
    mov esi, offset post_data_load
    mov edi, offset post_data_start
    mov ecx, offset post_data_end
    sub ecx, edi
    rep movsb
    mov edi, offset post_bss_start
    mov ecx, offset post_bss_end
    sub ecx, edi
    xor eax, eax
    rep stosb
    call set_up_exceptions
    push 0
    push 0
    call main
    .byte 0xEA                  // jmp CODE16:back_in_16_bit_segment
    .long back_in_16_bit_segment
    .word CODE16

// POST runs with interrupts off; an exception there is a bug of ours, or broken RAM. Say so on the debug port and
// in the top left corner of the screen, then stop: a triple fault would only reset and try again for ever.
// All vectors share one handler in a table built here in RAM, because gates split the address in halves that no
// relocation can fill.
set_up_exceptions:
    mov edi, offset post_idt
    mov ecx, 32
    mov eax, offset post_exception
    mov edx, eax
    and edx, 0xFFFF0000
    and eax, 0x0000FFFF
    or eax, CODE32 << 16
    or edx, 0x8E00
1:  mov [edi], eax
    mov [edi + 4], edx
    add edi, 8
    loop 1b
    sub esp, 8
    mov word ptr [esp], 32 * 8 - 1
    mov dword ptr [esp + 2], offset post_idt
    lidt [esp]
    add esp, 8
    ret

post_exception:
    mov esi, offset post_exception_message
    mov edi, 0xB8000
    mov ah, 0x4F
2:  lodsb
    test al, al
    jz 3f
    out 0xE9, al
    stosw
    jmp 2b
3:  hlt
    jmp 3b
post_exception_message:
    .asciz "Martlet BIOS stopped: exception during POST"

    .section .bss
    .balign 8
post_idt:
    .skip 256
