/*
 * BIOS calls that survive the BIOS, and the words in which failure is reported.
 *
 * BIOSes destroy registers they promise to keep (EBP, the upper halves, DS and ES, the direction flag, IF). So every
 * call goes through `bios_call`: all registers come back as they were, and what the BIOS answered is found in memory
 * (`answer_*`), written through CS, the one segment register that `iret` itself restores.
 */
#include "layout.h"
#include "code16.h"

    .section .setup, "ax"
    .globl bios_10, bios_12, bios_13, bios_15, answer_ax, answer_bx, answer_cx, answer_dx, fail, print, print_hex, print_decimal

/* int 10h, 12h, 13h, 15h. In: the service's registers. Out: carry as the BIOS left it and answer_*; all else unchanged. */
    .macro  bios_call vector
    pushad
    push    ds
    push    es
    push    fs
    push    gs
    stc
    int     \vector
    mov     dword ptr cs:[answer_ax], eax
    mov     dword ptr cs:[answer_bx], ebx
    mov     dword ptr cs:[answer_cx], ecx
    mov     dword ptr cs:[answer_dx], edx
    pop     gs
    pop     fs
    pop     es
    pop     ds
    popad
    sti
    cld
    ret
    .endm

bios_10:
    bios_call 0x10
bios_13:
    bios_call 0x13
bios_12:
    bios_call 0x12
bios_15:
    bios_call 0x15

#define COM1            0x3F8
#define LINE_CONTROL    (COM1 + 3)
#define LINE_STATUS     (COM1 + 5)

/* Prints "Martlet: ", the text at SI, and halts. Interrupts stay on: Ctrl+Alt+Del restarts the machine. */
fail:
    push    si
    mov     si, offset failure_prefix
    call    print
    pop     si
    call    print
fail_end:
    mov     si, offset line_end
    call    print
1:  sti
    hlt
    jmp     1b
    .globl fail_end, failure_prefix

/* Prints the zero-terminated text at SI on the screen and on COM1. */
print:
    lodsb
    test    al, al
    jz      1f
    call    print_character
    jmp     print
1:  ret

/* Prints AL as two hexadecimal digits and "h". */
print_hex:
    push    ax
    shr     al, 4
    call    print_digit
    pop     ax
    and     al, 15
    call    print_digit
    mov     al, 'h'
    jmp     print_character
print_digit:
    add     al, '0'
    cmp     al, '9'
    jbe     print_character
    add     al, 'A' - '9' - 1
    jmp     print_character

/* Prints EAX in decimal. */
print_decimal:
    xor     edx, edx
    mov     ecx, 10
    div     ecx
    push    dx
    test    eax, eax
    jz      1f
    call    print_decimal
1:  pop     ax
    add     al, '0'

print_character:
    pushad
    mov     ah, 0x0E
    mov     bx, 7
    call    bios_10

    /* COM1, polled, at 115200 8N1; a machine without one answers 0xFF (never ready, never waited for). */
    mov     bl, al
    mov     dx, LINE_CONTROL
    mov     al, 0x80
    out     dx, al
    mov     dx, COM1
    mov     al, 1
    out     dx, al
    inc     dx
    mov     al, 0
    out     dx, al
    mov     dx, LINE_CONTROL
    mov     al, 3
    out     dx, al
    mov     dx, LINE_STATUS
    xor     ecx, ecx
1:  in      al, dx
    cmp     al, 0xFF
    je      3f
    test    al, 0x20                        /* transmitter holding register empty */
    jnz     2f
    dec     cx
    jnz     1b
    jmp     3f
2:  mov     al, bl
    mov     dx, COM1
    out     dx, al
3:  popad
    ret

    .section .setup_data, "aw"
    .balign 4
answer_ax:  .long 0
answer_bx:  .long 0
answer_cx:  .long 0
answer_dx:  .long 0
failure_prefix:
    .asciz  "Martlet: "
line_end:
    .asciz  "\r\n"
