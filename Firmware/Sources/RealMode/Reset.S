// From reset to POST and on to the boot services.
//
// The processor starts at F000:FFF0 with the ROM as the only memory it can trust. The 16-bit part here sets up a
// stack, the vectors and the screen, then hands over to Swift in flat 32-bit mode (Entry32.S), which comes back to
// `post_done` in real mode.

#include "realmode.inc"

    .globl reset_start, post_done

// Vectors that point at code, 00-1C.
#define VECTORS 0x1D

reset_start:
    cli
    cld
    // CMOS shutdown byte: a 286 program that resets the processor to leave protected mode leaves a note there
    // (IBM PC AT Technical Reference, "Shutdown"). Codes 5 and 0Ah resume through 40:67, 5 after an EOI.
    mov al, 0x8F
    out 0x70, al
    in al, 0x71
    mov ah, al
    mov al, 0x8F
    out 0x70, al
    xor al, al
    out 0x71, al
    cmp ah, 0x05
    je resume_with_eoi
    cmp ah, 0x0A
    je resume

    // Only now may memory be touched. The stack lies below the boot sector's place.
    xor ax, ax
    mov ss, ax
    mov sp, POST_STACK_TOP

    callw clear_data_area
    callw install_vectors
    mov ax, 0x0003
    int 0x10
    jmp enter_post

resume_with_eoi:
    mov al, 0x20
    out 0xA0, al
    out 0x20, al
resume:
    push BDA_SEGMENT
    pop ds
    ljmp [BDA_RESUME_POINTER]

// Zero the BDA except the warm-boot flag at 40:72, and what a resuming program wrote to 40:67.
clear_data_area:
    push BDA_SEGMENT
    pop es
    push word ptr es:[BDA_WARM_BOOT]
    xor di, di
    mov cx, 0x80
    xor ax, ax
    rep stosw
    pop word ptr es:[BDA_WARM_BOOT]
    retw

// Fill the interrupt vector table: 78h pointers to handlers in this ROM, the rest zero, as DOS programs expect of
// vectors 60h-67h, which are theirs.
install_vectors:
    push cs
    pop ds
    xor ax, ax
    mov es, ax
    xor di, di
    mov cx, 0x200
    rep stosw

    xor di, di
    mov si, offset vector_table
    mov cx, VECTORS
1:  movsw
    mov ax, cs
    stosw
    loop 1b
    // The slave PIC's interrupts, 70h-77h.
    mov di, 0x70 * 4
    mov cx, 8
    mov si, offset slave_vector_table
2:  movsw
    mov ax, cs
    stosw
    loop 2b
    // These are not code: 1Eh points at diskette parameters, 43h at the glyphs of the current font.
    mov word ptr es:[0x1E * 4], offset diskette_parameters
    mov word ptr es:[0x1E * 4 + 2], cs
    mov word ptr es:[0x43 * 4], offset font_8x16
    mov word ptr es:[0x43 * 4 + 2], cs
    retw

    .balign 2
vector_table:
    // 00-07: exceptions.
    .word exception_00, ignore_interrupt, irq_unexpected, ignore_interrupt
    .word ignore_interrupt, ignore_interrupt, exception_06, exception_07
    // 08-0F: IRQ 0-7, shared with exceptions 8 and up.
    .word irq0, irq1, exception_0A, exception_0B, exception_0C, exception_0D, exception_0E, irq_unexpected
    // 10-1A: services; 1B: Ctrl-Break; 1C: timer tick.
    .word int10, int11, int12, int13, int14, int15, int16, int17
    .word int18, int19, int1A, ignore_interrupt, ignore_interrupt
    .if . - vector_table != 2 * VECTORS
    .error "VECTORS does not count the vectors"
    .endif

slave_vector_table:
    .word irq8, irq_unexpected, irq_unexpected, irq_unexpected
    .word irq_unexpected, irq13, irq14, irq_unexpected

// POST is over, and everything is in the BDA and EBDA.
post_done:
    sti
    int 0x19

    .section .vector, "ax"
    .globl reset_vector
reset_vector:
    // Offset by hand: LLVM has no far jump to a symbol in 16-bit Intel syntax.
    .byte 0xEA
    .word reset_start, 0xF000
    .ascii "11/22/26"           // F000:FFF5, release date
    .byte 0
    .byte 0xFC                  // F000:FFFE, model: AT
    .byte 0                     // checksum of the ROM, set by mkrom

    .section .font, "a"
    .fill 4096, 1, 0
