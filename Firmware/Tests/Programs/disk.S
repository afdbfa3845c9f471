// int 13h on disk 80h, which is the one this program was booted from: at least 4 MB, 16 heads, 63 sectors per track,
// zero but for the program. It is written to.
#include "test.inc"

    program 12

#define BUFFER 0xA000

test_start:
    expect_byte [boot_disk], 0x80, "the first disk is 80h"

    mov ah, 0x00
    mov dl, 0x80
    int 0x13
    expect_carry 0, "00h resets it"
    mov ah, 0x08
    mov dl, 0x80
    xor bx, bx
    int 0x13
    expect_carry 0, "08h knows it"
    expect_byte ah, 0, "without an error"
    expect_byte dl, 1, "there is one disk"
    expect_byte dh, 15, "of 16 heads"
    mov al, cl
    and ax, 0x3F
    expect 63, "and 63 sectors"
    expect_byte ch, 15, "and 16 cylinders"
    mov ah, 0x15
    mov dl, 0x80
    int 0x13
    expect_byte ah, 3, "15h: a hard disk"
    expect_word cx, 0, "of 16128"
    expect_word dx, 16128, "sectors"
    mov ah, 0x15
    mov dl, 0x81
    int 0x13
    expect_carry 0, "15h on a missing disk is no error"
    expect_byte ah, 0, "but says there is none"
    mov ax, 0x0201
    mov bx, BUFFER
    mov cx, 1
    mov dx, 0x0081
    int 0x13
    expect_carry 1, "02h on a missing disk is one"
    mov ax, 0x0201
    mov bx, BUFFER
    mov cx, 1
    mov dx, 0x0000
    int 0x13
    expect_carry 1, "and on a diskette, of which there is none"
    expect_byte ah, 0x80, "not ready"
    mov ah, 0x08
    mov dl, 0
    int 0x13
    expect_byte dl, 0, "08h counts no diskettes"

    // Reading by cylinder, head and sector.
    mov ax, 0x0201
    mov bx, BUFFER
    mov cx, 1
    mov dx, 0x0080
    int 0x13
    expect_carry 0, "02h reads"
    expect 0x0001, "one sector"
    expect_word [BUFFER + 510], 0xAA55, "the right one"
    mov ax, 0x0201
    mov cx, 0x0040
    mov dx, 0x0080
    int 0x13
    expect_carry 1, "sector 0 does not exist"
    mov ax, 0x0201
    mov cx, 0x1001
    mov dx, 0x0080
    int 0x13
    expect_carry 1, "neither does cylinder 16"
    expect_byte ah, 4, "sector not found"
    mov ah, 0x01
    mov dl, 0x80
    int 0x13
    expect_byte ah, 4, "01h repeats the error"
    mov ax, 0x0200
    mov cx, 1
    mov dx, 0x0080
    int 0x13
    expect_carry 1, "nothing is not a number of sectors"

    // Write, read back, in both ways of addressing. Sector 5000 is cylinder 4, head 15, sector 24.
    mov di, BUFFER
    mov cx, 512
    mov ax, 0x1357
1:  stosw
    add ax, 0x0101
    loop 1b
    mov ax, 0x0302
    mov bx, BUFFER
    mov cx, 0x0418
    mov dx, 0x0F80
    int 0x13
    expect_carry 0, "03h writes"
    mov di, BUFFER
    mov cx, 512
    xor ax, ax
    rep stosw
    mov ah, 0x41
    mov bx, 0x55AA
    mov dl, 0x80
    int 0x13
    expect_carry 0, "41h: there are extensions"
    expect_word bx, 0xAA55, "with the right signature"
    mov ax, cx
    and ax, 1
    expect 1, "for packets"
    mov si, offset packet
    mov ah, 0x42
    mov dl, 0x80
    int 0x13
    expect_carry 0, "42h reads"
    expect_byte ah, 0, "without error"
    expect_word [packet + 2], 2, "two sectors"
    mov ax, [BUFFER]
    expect 0x1357, "what 03h wrote"
    mov ax, [BUFFER + 1022]
    expect 0x1456, "to the last word"
    not word ptr [BUFFER]
    mov si, offset packet
    mov ax, 0x4300
    mov dl, 0x80
    int 0x13
    expect_carry 0, "43h writes"
    mov ax, 0x0201
    mov bx, BUFFER + 0x400
    mov cx, 0x0418
    mov dx, 0x0F80
    int 0x13
    expect_word [BUFFER + 0x400], 0xECA8, "02h reads it"
    mov si, offset packet
    mov ah, 0x44
    mov dl, 0x80
    int 0x13
    expect_carry 0, "44h verifies"
    mov si, offset packet
    mov ah, 0x47
    mov dl, 0x80
    int 0x13
    expect_carry 0, "47h seeks"
    mov ax, 0x0401
    mov cx, 1
    mov dx, 0x0080
    int 0x13
    expect_carry 0, "04h verifies"

    // Bad packets.
    mov dword ptr [packet + 8], 16127
    mov si, offset packet
    mov ah, 0x42
    mov dl, 0x80
    int 0x13
    expect_carry 1, "a packet beyond the end is refused"
    mov dword ptr [packet + 8], 0
    mov dword ptr [packet + 12], 1
    mov ah, 0x42
    mov dl, 0x80
    int 0x13
    expect_carry 1, "so is one beyond 2^32 sectors"
    mov dword ptr [packet + 12], 0
    mov byte ptr [packet], 8
    mov ah, 0x42
    mov dl, 0x80
    int 0x13
    expect_carry 1, "and one that is too short"

    mov word ptr [BUFFER], 0x1E
    mov si, BUFFER
    mov ah, 0x48
    mov dl, 0x80
    int 0x13
    expect_carry 0, "48h: parameters"
    expect_word [BUFFER], 0x1E, "of 30 bytes"
    expect_word [BUFFER + 4], 16, "cylinders"
    expect_word [BUFFER + 8], 16, "heads"
    expect_word [BUFFER + 12], 63, "sectors per track"
    expect_word [BUFFER + 16], 16128, "sectors"
    expect_word [BUFFER + 24], 512, "bytes in each"
    mov word ptr [BUFFER], 0x10
    mov si, BUFFER
    mov ah, 0x48
    mov dl, 0x80
    int 0x13
    expect_carry 1, "48h needs room"

    // 127 sectors to an odd address in a segment of their own, over the end of a 64 KiB segment.
    mov ax, 0x1000
    mov es, ax
    xor ebx, ebx
    mov ax, 0x027F
    mov bx, 0xF0F1
    mov cx, 0x0001
    mov dx, 0x0080
    int 0x13
    expect_carry 0, "02h reads 127 sectors over a segment's end"
    expect 0x007F, "all of them"
    mov ax, 0x1F0F
    mov es, ax
    expect_word es:[1 + 510], 0xAA55, "to the right place"
    push 0
    pop es

    // Registers and vectors.
    mov eax, 0x12340801
    mov ebx, 0x5678AAAA
    mov ebp, 0x9ABCDEF0
    mov esi, 0x0FEDCBA9
    mov edi, 0x76543210
    mov ah, 0x10
    mov dl, 0x80
    int 0x13
    expect_carry 0, "10h: the disk is ready"
    shr eax, 16
    expect 0x1234, "the upper half of EAX is kept"
    shr ebp, 16
    expect_word bp, 0x9ABC, "and of EBP"
    expect_word si, 0xCBA9, "and SI"
    expect_word di, 0x3210, "and DI"
    les di, [0x41 * 4]
    expect_word es:[di], 16, "vector 41h points at cylinders"
    expect_byte es:[di + 14], 63, "and sectors"
    expect_byte [0x475], 1, "40:75 counts the disks"
    jmp test_end

    .balign 4
packet:
    .byte 0x10, 0
    .word 2
    .word BUFFER, 0
    .quad 5000

test_end:
    finish
