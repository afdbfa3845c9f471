// int 11h, 12h, 15h, 1Ah, 14h, 17h, on a machine with 64 MB, one serial port and no printer.
#include "test.inc"

    program 14

#define BUFFER 0xA000
#define MEGABYTES 64

test_start:
    int 0x12
    expect 639, "int 12h: 639 KB"
    int 0x11
    and ax, 0x0E31
    expect 0x0220, "int 11h: no diskette, 80 columns in colour, one serial port"
    mov ax, [0x40E]
    expect 0x9FC0, "40:0E: the EBDA is the last of the 640 KB"
    mov ah, 0xC1
    int 0x15
    expect_carry 0, "int 15h C1h"
    expect_word es, 0x9FC0, "says so, too"
    mov ah, 0xC0
    int 0x15
    expect_carry 0, "int 15h C0h"
    expect_byte es:[bx + 2], 0xFC, "points at the model byte of an AT"
    push 0
    pop es

    // Memory sizes.
    mov ah, 0x88
    int 0x15
    expect_carry 0, "int 15h 88h"
    expect (MEGABYTES - 1) * 1024, "KB above 1 MB"
    mov ax, 0xE801
    int 0x15
    expect_carry 0, "int 15h E801h"
    expect 15 * 1024, "KB below 16 MB"
    expect_word bx, (MEGABYTES - 16) * 16, "64 KB above"
    expect_word cx, 15 * 1024, "CX like AX"
    expect_word dx, (MEGABYTES - 16) * 16, "DX like BX"
    // The map: each entry must begin where or behind the last one ended.
    xor ebx, ebx
    xor ebp, ebp
    mov word ptr [entries], 0
1:  mov eax, 0xE820
    mov edx, 0x534D4150
    mov ecx, 20
    mov di, BUFFER
    int 0x15
    jc 3f
    cmp eax, 0x534D4150
    jne 3f
    cmp ecx, 20
    jne 3f
    cmp [BUFFER], ebp
    jb 3f
    cmp dword ptr [BUFFER + 4], 0
    jne 3f
    mov ebp, [BUFFER]
    add ebp, [BUFFER + 8]
    cmp word ptr [BUFFER + 16], 1
    jne 2f
    mov eax, [BUFFER + 8]
    add [usable], eax
2:  inc word ptr [entries]
    test ebx, ebx
    jnz 1b
    jmp 4f
3:  mov word ptr [entries], -1
4:  expect_word [entries], 5, "int 15h E820h: five ranges in order"
    mov eax, [usable]
    shr eax, 10
    expect 639 + (MEGABYTES - 1) * 1024 - 0x10000 * 0, "of which all RAM but the EBDA is usable"
    mov eax, 0xE820
    mov edx, 0x12345678
    mov ecx, 20
    xor ebx, ebx
    int 0x15
    expect_carry 1, "without SMAP it fails"
    mov eax, 0xE820
    mov edx, 0x534D4150
    mov ecx, 19
    xor ebx, ebx
    int 0x15
    expect_carry 1, "and without room for an entry"
    mov eax, 0xE820
    mov edx, 0x534D4150
    mov ecx, 20
    mov ebx, 1000
    int 0x15
    expect_carry 1, "and at an entry which does not exist"

    // A20.
    mov ax, 0x2403
    int 0x15
    expect_carry 0, "2403h"
    mov ax, 0x2402
    int 0x15
    expect_byte al, 1, "A20 is on after POST"
    mov ax, 0x2400
    int 0x15
    expect_carry 0, "2400h"
    mov ax, 0x2402
    int 0x15
    expect_byte al, 0, "turns it off"
    push 0xFFFF
    pop fs
    mov word ptr [0x600], 0x1111
    expect_word fs:[0x610], 0x1111, "and memory wraps at 1 MB"

    // Block move, with A20 off.
    mov dword ptr [0x600], 0x12345678
    mov dword ptr [descriptors + 0x12], 0x93000600
    mov dword ptr [descriptors + 0x1A], 0x93300000
    mov si, offset descriptors
    mov cx, 2
    mov ah, 0x87
    int 0x15
    expect_carry 0, "87h copies to 3 MB"
    expect_byte ah, 0, "without error"
    mov dword ptr [0x600], 0
    mov dword ptr [descriptors + 0x12], 0x93300000
    mov dword ptr [descriptors + 0x1A], 0x93000600
    mov si, offset descriptors
    mov cx, 2
    mov ah, 0x87
    int 0x15
    expect_word [0x600], 0x5678, "and back"
    expect_word [0x602], 0x1234, "all of it"
    mov ax, 0x2402
    int 0x15
    expect_byte al, 0, "A20 stays off"
    mov ax, 0x2401
    int 0x15
    mov ax, 0x2402
    int 0x15
    expect_byte al, 1, "2401h turns A20 on"
    mov word ptr fs:[0x610], 0x2222
    expect_word [0x600], 0x5678, "and memory does not wrap"
    mov cx, 0x8001
    mov ah, 0x87
    int 0x15
    expect_carry 1, "87h refuses more than 64 KB"

    // Time: ticks come, and a wait of 0.2 s takes three or four of them.
    sti
    mov ah, 0x00
    int 0x1A
    mov bx, dx
5:  mov ah, 0x00
    int 0x1A
    cmp dx, bx
    je 5b
    mov bx, dx
    mov ah, 0x86
    mov cx, 0x0003
    mov dx, 0x0D40
    int 0x15
    expect_carry 0, "86h waits"
    mov ah, 0x00
    int 0x1A
    sub dx, bx
    cmp dx, 3
    mov ax, 0
    jb 6f
    inc ax
6:  expect 1, "for at least the time it was told"
    mov ah, 0x01
    mov cx, 0x0012
    mov dx, 0x3456
    int 0x1A
    mov ah, 0x00
    int 0x1A
    expect_word cx, 0x0012, "1Ah 01h sets the tick count"
    // Midnight.
    mov ah, 0x01
    mov cx, 0x0018
    mov dx, 0x00AF
    int 0x1A
7:  mov ah, 0x00
    int 0x1A
    test cx, cx
    jnz 7b
    expect_byte al, 1, "which begins again at midnight"
    mov ah, 0x00
    int 0x1A
    expect_byte al, 0, "and says so once"

    // Clock and calendar.
    mov ah, 0x03
    mov cx, 0x1234
    mov dx, 0x5600
    int 0x1A
    expect_carry 0, "1Ah 03h sets the time"
    mov ah, 0x02
    int 0x1A
    expect_carry 0, "02h reads it"
    expect_word cx, 0x1234, "hours and minutes"
    mov ah, 0x05
    mov cx, 0x1999
    mov dx, 0x1231
    int 0x1A
    mov ah, 0x04
    int 0x1A
    expect_carry 0, "04h reads the date"
    expect_word cx, 0x1999, "century and year"
    expect_word dx, 0x1231, "month and day that 05h set"
    mov ax, 0xB101
    int 0x1A
    expect_carry 1, "there is no PCI BIOS"

    // What is not there.
    mov ah, 0x41
    int 0x15
    expect_carry 1, "unknown functions of int 15h fail"
    expect_byte ah, 0x86, "with 86h"
    mov ax, 0x4F1E
    stc
    int 0x15
    expect_carry 1, "4Fh lets keys pass"
    expect_byte al, 0x1E, "unchanged"
    mov ah, 0x00
    mov dx, 0
    int 0x17
    expect_byte ah, 0x01, "int 17h: no printer"
    mov ah, 0x03
    mov dx, 1
    int 0x14
    expect_byte ah, 0x03, "int 14h leaves the registers if there is no such port"

    // Serial port: 9600 8N1, in loop-back.
    expect_word [0x400], 0x3F8, "40:00: COM1"
    mov ax, 0x00E3
    mov dx, 0
    int 0x14
    and ah, 0x60
    expect_byte ah, 0x60, "int 14h 00h: ready to send"
    mov dx, 0x3FC
    mov al, 0x13
    out dx, al
    mov dx, 0x3F8
    mov al, 0x5A
    out dx, al
    mov ah, 0x02
    mov dx, 0
    int 0x14
    // 02h sets DTR and so ends the loop; what was sent has arrived before.
    expect_byte al, 0x5A, "02h receives"
    jmp test_end

entries:
    .word 0
    .balign 4
usable:
    .long 0
    .balign 8
descriptors:
    .quad 0, 0, 0x000093000000FFFF, 0x000093000000FFFF, 0, 0

test_end:
    finish
