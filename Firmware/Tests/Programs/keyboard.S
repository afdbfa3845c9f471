// int 16h and IRQ 1. The keys are scan codes that the program hands to the keyboard controller (command D2h), which
// then behaves as if the keyboard had sent them.
#include "test.inc"

    program 10

// Send the bytes that follow, up to a zero.
.macro keys codes:vararg
    callw send_keys
    .byte \codes
    .byte 0
.endm

// The next key of function 10h.
.macro expect_key value, name:vararg
    mov ah, 0x10
    int 0x16
    expect \value, \name
.endm

test_start:
    mov ax, [9 * 4]
    mov [old_interrupt], ax
    mov ax, [9 * 4 + 2]
    mov [old_interrupt + 2], ax
    mov word ptr [9 * 4], offset count_interrupt
    mov word ptr [9 * 4 + 2], 0
    sti
    mov ah, 0x11
    int 0x16
    setz al
    expect_byte al, 1, "11h: no key yet"

    keys 0x1E, 0x9E
    mov ah, 0x11
    int 0x16
    expect 0x1E61, "11h shows a key"
    expect_key 0x1E61, "10h takes it"
    mov ah, 0x01
    int 0x16
    setz al
    expect_byte al, 1, "and then it is gone"

    keys 0x2A, 0x1E, 0x9E, 0xAA
    expect_key 0x1E41, "Shift a"
    keys 0x36, 0x02, 0x82, 0xB6
    expect_key 0x0221, "right Shift 1"
    keys 0x1D, 0x2E, 0xAE, 0x9D
    expect_key 0x2E03, "Ctrl c"
    keys 0x38, 0x10, 0x90, 0xB8
    expect_key 0x1000, "Alt q"
    keys 0xE0, 0x38, 0x10, 0x90, 0xE0, 0xB8
    expect_key 0x1000, "right Alt q"
    keys 0xE0, 0x1D, 0x10, 0x90, 0xE0, 0x9D
    expect_key 0x1011, "right Ctrl q"
    keys 0x3B, 0xBB
    expect_key 0x3B00, "F1"
    keys 0x2A, 0x44, 0xC4, 0xAA
    expect_key 0x5D00, "Shift F10"
    keys 0x57, 0xD7
    expect_key 0x8500, "F11"
    keys 0x1C, 0x9C
    expect_key 0x1C0D, "Enter"
    keys 0xE0, 0x48, 0xE0, 0xC8
    expect_key 0x48E0, "grey Up"
    keys 0xE0, 0x48, 0xE0, 0xC8
    mov ah, 0x00
    int 0x16
    expect 0x4800, "which 00h calls Up"
    keys 0xE0, 0x1C, 0xE0, 0x9C
    mov ah, 0x00
    int 0x16
    expect 0x1C0D, "keypad Enter for 00h"
    keys 0x57, 0xD7, 0x1F, 0x9F
    mov ah, 0x01
    int 0x16
    expect 0x1F73, "01h does not see F11"
    mov ah, 0x00
    int 0x16
    expect 0x1F73, "nor does 00h"

    // Locks.
    keys 0x3A, 0xBA
    mov ah, 0x02
    int 0x16
    and al, 0x40
    expect_byte al, 0x40, "02h: Caps Lock is on"
    keys 0x1E, 0x9E, 0x02, 0x82, 0x2A, 0x1E, 0x9E, 0xAA
    expect_key 0x1E41, "a is A"
    expect_key 0x0231, "1 is 1"
    expect_key 0x1E61, "Shift a is a"
    keys 0x3A, 0xBA, 0x1E, 0x9E
    expect_key 0x1E61, "Caps Lock is off"
    keys 0x47, 0xC7
    expect_key 0x4700, "Home on the keypad"
    keys 0x45, 0xC5, 0x47, 0xC7
    expect_key 0x4737, "with Num Lock 7"
    keys 0x45, 0xC5
    mov ah, 0x02
    int 0x16
    and al, 0x70
    expect_byte al, 0, "all locks are off"

    // Alt and a number: 65.
    keys 0x38, 0x4D, 0xCD, 0x4C, 0xCC, 0xB8
    expect_key 0x0041, "Alt 6 5"

    // Shift states.
    keys 0x2A, 0x1D
    mov ah, 0x02
    int 0x16
    and al, 0x0F
    expect_byte al, 0x06, "02h: left Shift and Ctrl are down"
    mov ah, 0x12
    int 0x16
    and ah, 0x0F
    expect_byte ah, 0x01, "12h: the left Ctrl"
    keys 0xAA, 0x9D
    mov ah, 0x02
    int 0x16
    and al, 0x0F
    expect_byte al, 0, "and up again"

    // Pause is no key, nor are releases.
    keys 0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5
    mov ah, 0x11
    int 0x16
    setz al
    expect_byte al, 1, "Pause leaves no key"

    // The buffer: 15 keys, then no more.
    mov bx, 15
1:  mov ah, 0x05
    mov cx, 0x1234
    int 0x16
    expect_byte al, 0, "05h stores"
    dec bx
    jnz 1b
    mov ah, 0x05
    mov cx, 0x5678
    int 0x16
    expect_byte al, 1, "the sixteenth key does not fit"
    mov bx, 15
2:  expect_key 0x1234, "all of them come back"
    dec bx
    jnz 2b
    mov ah, 0x11
    int 0x16
    setz al
    expect_byte al, 1, "and the buffer is empty"

    // 10h waits with interrupts on, whatever the caller had: the timer's hook types a key.
    cli
    mov ax, [0x1C * 4]
    mov [old_tick], ax
    mov ax, [0x1C * 4 + 2]
    mov [old_tick + 2], ax
    mov word ptr [0x1C * 4], offset tick
    mov word ptr [0x1C * 4 + 2], 0
    expect_key 0x4321, "10h waits for a key"
    jmp test_end

tick:
    push ax
    push cx
    mov cx, 0x4321
    mov ah, 0x05
    int 0x16
    mov ax, cs:[old_tick]
    mov cs:[0x1C * 4], ax
    mov ax, cs:[old_tick + 2]
    mov cs:[0x1C * 4 + 2], ax
    pop cx
    pop ax
    iret

old_tick:
    .word 0, 0

// Hands over one byte after the other, each when int 9 has dealt with the one before.
send_keys:
    push bp
    push ax
    push cx
    mov bp, sp
    push si
    mov si, [bp + 6]
1:  mov al, [si]
    inc si
    test al, al
    jz 4f
    mov byte ptr [handled], 0
    mov ah, al
    callw controller_ready
    mov al, 0xD2
    out 0x64, al
    callw controller_ready
    mov al, ah
    out 0x60, al
2:  cmp byte ptr [handled], 0
    je 2b
    jmp 1b
4:  mov [bp + 6], si
    pop si
    pop cx
    pop ax
    pop bp
    retw

// In front of the BIOS's handler of IRQ 1.
count_interrupt:
    pushf
    lcall cs:[old_interrupt]
    mov byte ptr cs:[handled], 1
    iret

old_interrupt:
    .word 0, 0
handled:
    .byte 0

controller_ready:
    in al, 0x64
    test al, 2
    jnz controller_ready
    retw

test_end:
    finish
