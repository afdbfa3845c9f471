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
#define TIMER_TICKS         0x46C           /* BIOS data area: 18.2 a second */

enable_a20:
    mov     byte ptr [BR_A20_METHOD], A20_WAS_ON
    call    test_a20
    jnz     done

    mov     byte ptr [BR_A20_METHOD], A20_BIOS
    mov     ax, 0x2401
    call    bios_15
    call    await_a20
    jnz     done

    mov     byte ptr [BR_A20_METHOD], A20_PORT_92
    in      al, 0x92
    cmp     al, 0xFF                        /* nobody there */
    je      1f
    or      al, 2
    and     al, 0xFE                        /* bit 0 would reset the machine */
    out     0x92, al
    call    await_a20
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
    call    await_a20
    jnz     done

    mov     byte ptr [BR_A20_METHOD], A20_PORT_EE
    in      al, 0xEE                        /* reading is enough where this port exists */
    call    await_a20
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
 * Gives a switch time to act, four timer ticks (about 0.2 s) unless A20 is on before. Should the timer not run, a count
 * ends the wait. Out: zero flag clear if A20 is on.
 */
await_a20:
    push    fs
    xor     ax, ax
    mov     fs, ax
    mov     ebx, fs:[TIMER_TICKS]
    mov     ecx, 0x400000
1:  call    test_a20
    jnz     2f
    mov     eax, fs:[TIMER_TICKS]
    sub     eax, ebx
    cmp     eax, 4
    jae     3f
    dec     ecx
    jnz     1b
3:  call    test_a20
2:  pop     fs
    ret

/*
 * Is the word at 0FFFF:0210 (1 MB + 200h) another than that at 0000:0200? Out: zero flag clear if so, A20 is on.
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
    inc     eax
    mov     fs:[0x200], eax
    out     0x80, al                        /* the bus forgets the value */
    mov     eax, fs:[0x200]
    cmp     eax, gs:[0x210]
    jne     1f
    inc     eax                             /* equal by chance? */
    mov     fs:[0x200], eax
    out     0x80, al
    mov     eax, fs:[0x200]
    cmp     eax, gs:[0x210]
1:  pop     dword ptr fs:[0x200]
    sti
    pop     gs
    pop     fs
    ret

    .section .setup_data, "a"
a20_dead:
    .asciz  "address line A20 cannot be switched on"
