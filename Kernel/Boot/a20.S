/*
 * Address line 20: off after reset on a PC/AT, so that addresses wrap at 1 MB as on an 8086. There is no one way to
 * switch it on, and a way that fails does so silently; so try them in turn and look at memory after each.
 */
#include "layout.h"
#include "code16.h"

    .section .setup, "ax"
    .globl enable_a20

#define KEYBOARD_DATA       0x60
#define KEYBOARD_COMMAND    0x64

enable_a20:
    mov     byte ptr [BR_A20_METHOD], A20_WAS_ON
    mov     cx, 2
    call    test_a20
    jnz     done

    mov     byte ptr [BR_A20_METHOD], A20_BIOS
    mov     ax, 0x2401
    call    bios_15
    mov     cx, 32
    call    test_a20
    jnz     done

    mov     byte ptr [BR_A20_METHOD], A20_PORT_92
    in      al, 0x92
    cmp     al, 0xFF                        /* nobody there */
    je      1f
    or      al, 2
    and     al, 0xFE                        /* bit 0 would reset the machine */
    out     0x92, al
    mov     cx, 512
    call    test_a20
    jnz     done

1:  mov     byte ptr [BR_A20_METHOD], A20_8042
    cli
    call    wait_8042
    jc      2f
    mov     al, 0xD1                        /* write output port */
    out     KEYBOARD_COMMAND, al
    call    wait_8042
    mov     al, 0xDF                        /* A20 on, no reset */
    out     KEYBOARD_DATA, al
    call    wait_8042
    mov     al, 0xFF                        /* null command: some chips act only on the next one */
    out     KEYBOARD_COMMAND, al
    call    wait_8042
2:  sti
    mov     cx, 0xFFFF
    call    test_a20
    jnz     done

    mov     byte ptr [BR_A20_METHOD], A20_PORT_EE
    in      al, 0xEE                        /* reading is enough where this port exists */
    mov     cx, 512
    call    test_a20
    jnz     done

    mov     si, offset a20_dead
    jmp     fail
done:
    ret

/* Waits until the 8042 takes a byte, throwing away what it has to say. Carry: no 8042, or it hangs. */
wait_8042:
    push    cx
    push    dx
    xor     cx, cx
    mov     dx, 32
1:  in      al, 0x80                        /* about a microsecond */
    in      al, KEYBOARD_COMMAND
    cmp     al, 0xFF
    jne     2f
    dec     dx
    jz      4f                              /* a floating bus, not a busy chip */
2:  test    al, 1
    jz      3f
    in      al, 0x80
    in      al, KEYBOARD_DATA
    jmp     5f
3:  test    al, 2
    jz      6f
5:  dec     cx
    jnz     1b
4:  stc
    jmp     7f
6:  clc
7:  pop     dx
    pop     cx
    ret

/*
 * Looks up to CX times whether 0FFFF:0210 (1 MB + 200h) differs from 0000:0200. Out: zero flag clear if it does, A20 on.
 * The place is the vector of interrupt 80h, which no BIOS uses.
 */
test_a20:
    push    fs
    push    gs
    xor     ax, ax
    mov     fs, ax
    dec     ax
    mov     gs, ax
    cli
    mov     eax, fs:[0x200]
    push    eax
1:  inc     eax
    mov     fs:[0x200], eax
    in      al, 0x80                        /* lets a slow switch settle, and the bus forget the value */
    mov     eax, fs:[0x200]
    cmp     eax, gs:[0x210]
    jne     2f
    dec     cx
    jnz     1b
2:  pop     dword ptr fs:[0x200]
    sti
    pop     gs
    pop     fs
    ret

    .section .setup_data, "a"
a20_dead:
    .asciz  "address line A20 cannot be switched on"
