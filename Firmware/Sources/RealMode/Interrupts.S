// Hardware interrupts and exceptions.
//
// Constraint: IBM gave IRQ 0-7 the vectors 8-0Fh, which Intel had reserved for exceptions. A handler there must ask
// the PIC which of the two it was: an interrupt has its bit set in the in-service register, an exception has not.
//
// An exception whose handler would return to the same instruction (divide error, invalid opcode, no FPU, general
// protection) would repeat for ever. It is reported in words on the screen, and the machine stops.

#include "realmode.inc"

    .globl irq0, irq8, irq13, irq14, irq_unexpected, ignore_interrupt
    .globl exception_00, exception_06, exception_07
    .globl exception_0A, exception_0B, exception_0C, exception_0D, exception_0E

ignore_interrupt:
    iret

// IRQ 0: the 8254 at 18.2 Hz. Keeps the time of day (40:6C), which starts again at midnight.
irq0:
    push ds
    pushad
    push BDA_SEGMENT
    pop ds
    mov eax, [BDA_TICKS]
    inc eax
    cmp eax, 0x1800B0           // ticks per day
    jb 1f
    xor eax, eax
    inc byte ptr [BDA_MIDNIGHT]
1:  mov [BDA_TICKS], eax
    int 0x1C
    cli
    mov al, 0x20
    out 0x20, al
    popad
    pop ds
    iret

// IRQ 8: the real-time clock. Reading register C acknowledges; an alarm goes on to int 4Ah.
irq8:
    push ax
    mov al, 0x8C
    out 0x70, al
    in al, 0x71
    mov ah, al
    mov al, 0x0D
    out 0x70, al
    in al, 0x71
    test ah, 0x20
    jz 1f
    push ds
    push 0
    pop ds
    cmp word ptr [0x4A * 4 + 2], 0
    pop ds
    je 1f
    int 0x4A
    cli
1:  mov al, 0x20
    out 0xA0, al
    out 0x20, al
    pop ax
    iret

// IRQ 13: the coprocessor's error line. Clear its latch and go where an 8087 would have gone, to the NMI vector.
irq13:
    push ax
    xor al, al
    out 0xF0, al
    mov al, 0x20
    out 0xA0, al
    out 0x20, al
    pop ax
    int 2
    iret

// IRQ 14: the primary ATA channel. The disk services poll; whoever waits for the interrupt finds it at 40:8E.
irq14:
    push ds
    push ax
    push BDA_SEGMENT
    pop ds
    mov byte ptr [BDA_DISK_INTERRUPT], 0xFF
    mov al, 0x20
    out 0xA0, al
    out 0x20, al
    pop ax
    pop ds
    iret

// An interrupt nobody asked for: mask it, so that a stuck line cannot stop the machine, and acknowledge it.
irq_unexpected:
    push ax
    push cx
    mov al, 0x0B                // OCW3: read the in-service register
    out 0xA0, al
    in al, 0xA0
    mov ah, al
    test ah, ah
    jz 1f
    in al, 0xA1
    or al, ah
    out 0xA1, al
    mov al, 0x20
    out 0xA0, al
1:  mov al, 0x0B
    out 0x20, al
    in al, 0x20
    test al, al
    jz 2f                       // spurious
    mov ah, al
    and ah, 0xFB                // never mask the cascade
    in al, 0x21
    or al, ah
    out 0x21, al
    mov al, 0x20
    out 0x20, al
2:  pop cx
    pop ax
    iret

// Vectors 0A-0E: bit `number - 8` of the master's in-service register tells an interrupt from an exception.
.macro shared_vector number
exception_\number:
    push ax
    mov al, 0x0B
    out 0x20, al
    in al, 0x20
    test al, 1 << (0x\number - 8)
    pop ax
    jnz irq_unexpected
    push 0x\number
    jmp report_exception
.endm

    shared_vector 0A
    shared_vector 0B
    shared_vector 0C
    shared_vector 0D
    shared_vector 0E

exception_00:
    push 0x00
    jmp report_exception
exception_06:
    push 0x06
    jmp report_exception
exception_07:
    push 0x07

// Stack: exception number, IP, CS, flags.
report_exception:
    cli
    cld
    mov bp, sp
    mov si, offset exception_message
    callw print
    mov al, [bp]
    callw print_hex_byte
    mov si, offset exception_at
    callw print
    mov ax, [bp + 4]
    callw print_hex_word
    mov al, ':'
    callw print_character
    mov ax, [bp + 2]
    callw print_hex_word
    mov si, offset exception_end
    callw print
1:  smsw ax
    test al, 1
    jnz 1b                      // virtual-8086 mode: hlt is the monitor's
    hlt
    jmp 1b

exception_message:
    .asciz "\r\nThe processor raised exception "
exception_at:
    .asciz "h at "
exception_end:
    .asciz ", and the running program does not handle it.\r\nThe machine has stopped.\r\n"
