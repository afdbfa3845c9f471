// int 10h.
#include "test.inc"

    program 8

test_start:
    mov ah, 0x0F
    int 0x10
    expect 0x5003, "mode 3 with 80 columns after POST"
    expect_byte bh, 0, "page 0 is displayed"

    // Characters and attributes.
    mov ax, 0x0003
    int 0x10
    mov ax, 0xB800
    mov es, ax
    expect_word es:[0], 0x0720, "setting the mode clears the screen"
    expect_word es:[24 * 160 + 158], 0x0720, "to its last cell"
    mov ax, 0x0200
    mov bh, 0
    mov dx, 0x0305
    int 0x10
    mov ax, 0x0941
    mov bx, 0x001E
    mov cx, 3
    int 0x10
    expect_word es:[3 * 160 + 10], 0x1E41, "09h writes a character and its attribute"
    expect_word es:[3 * 160 + 14], 0x1E41, "CX times"
    expect_word es:[3 * 160 + 16], 0x0720, "and not once more"
    mov ax, 0x0A42
    mov bx, 0x004F
    mov cx, 1
    int 0x10
    expect_word es:[3 * 160 + 10], 0x1E42, "0Ah leaves the attribute"
    mov ah, 0x08
    mov bh, 0
    int 0x10
    expect 0x1E42, "08h reads both"
    mov ah, 0x03
    mov bh, 0
    int 0x10
    expect_word dx, 0x0305, "none of them moves the cursor"
    expect_word cx, 0x0607, "03h knows its shape"

    // Teletype.
    mov ax, 0x0E43
    mov bx, 0x0007
    int 0x10
    expect_word es:[3 * 160 + 10], 0x1E43, "0Eh writes"
    mov ah, 0x03
    int 0x10
    expect_word dx, 0x0306, "and moves the cursor on"
    mov ax, 0x0E08
    int 0x10
    mov ah, 0x03
    int 0x10
    expect_word dx, 0x0305, "backspace moves it back"
    mov ax, 0x0E0A
    int 0x10
    mov ah, 0x03
    int 0x10
    expect_word dx, 0x0405, "line feed down"
    mov ax, 0x0E0D
    int 0x10
    mov ah, 0x03
    int 0x10
    expect_word dx, 0x0400, "carriage return to the left"
    mov ax, 0x0200
    mov dx, 0x184F
    int 0x10
    mov ax, 0x0E5A
    int 0x10
    mov ah, 0x03
    int 0x10
    expect_word dx, 0x1800, "the last cell wraps to the next line"
    expect_word es:[23 * 160 + 158], 0x075A, "which scrolls the screen up"
    expect_word es:[2 * 160 + 10], 0x1E43, "all of it"
    expect_word es:[24 * 160], 0x0720, "with an empty last line"
    mov ax, [0x450]
    expect 0x1800, "40:50 holds the cursor"
    // The hardware cursor: CRTC 0E, 0F.
    mov dx, 0x3D4
    mov al, 0x0E
    out dx, al
    inc dx
    in al, dx
    mov ah, al
    dec dx
    mov al, 0x0F
    out dx, al
    inc dx
    in al, dx
    expect 24 * 80, "and so does the CRTC"

    // Windows.
    mov ax, 0x0600
    mov bh, 0x17
    xor cx, cx
    mov dx, 0x184F
    int 0x10
    expect_word es:[0], 0x1720, "06h with AL=0 clears in the attribute of BH"
    expect_word es:[24 * 160 + 158], 0x1720, "the whole window"
    mov ax, 0x0200
    mov bh, 0
    mov dx, 0x0A0A
    int 0x10
    mov ax, 0x0930
    mov bx, 0x0070
    mov cx, 10
    int 0x10
    mov ax, 0x0602
    mov bh, 0x4F
    mov cx, 0x080A
    mov dx, 0x0A0C
    int 0x10
    expect_word es:[8 * 160 + 20], 0x7030, "06h scrolls a window up"
    expect_word es:[8 * 160 + 24], 0x7030, "to its right edge"
    expect_word es:[8 * 160 + 26], 0x1720, "and nothing beside it"
    expect_word es:[10 * 160 + 26], 0x7030, "which stays where it was"
    expect_word es:[9 * 160 + 20], 0x4F20, "new lines have the attribute of BH"
    mov ax, 0x0701
    mov bh, 0x2F
    mov cx, 0x080A
    mov dx, 0x0A0C
    int 0x10
    expect_word es:[9 * 160 + 20], 0x7030, "07h scrolls down"
    expect_word es:[8 * 160 + 20], 0x2F20, "new line on top"
    expect_word es:[10 * 160 + 20], 0x4F20, "the others one lower"

    // Strings.
    push es
    push 0
    pop es
    mov ax, 0x1301
    mov bx, 0x001F
    mov cx, 6
    mov dx, 0x0500
    mov bp, offset plain_text
    int 0x10
    pop es
    expect_word es:[5 * 160], 0x1F61, "13h writes a string in the attribute of BL"
    expect_word es:[6 * 160 + 4], 0x1F64, "obeys the control characters in it"
    mov ah, 0x03
    mov bh, 0
    int 0x10
    expect_word dx, 0x0603, "and leaves the cursor behind it"
    push es
    push 0
    pop es
    mov ax, 0x1302
    mov bx, 0x0000
    mov cx, 2
    mov dx, 0x0700
    mov bp, offset coloured_text
    int 0x10
    pop es
    expect_word es:[7 * 160], 0x4C78, "or takes attributes from the string"
    expect_word es:[7 * 160 + 2], 0x2A79, "for each character"
    mov ah, 0x03
    mov bh, 0
    int 0x10
    expect_word dx, 0x0603, "and leaves the cursor alone if asked to"

    // Pages.
    mov ax, 0x0501
    int 0x10
    mov ah, 0x0F
    int 0x10
    expect_byte bh, 1, "05h shows page 1"
    expect_word [0x44E], 0x1000, "which begins at 4096"
    mov ax, 0x0E50
    mov bx, 0x0107
    int 0x10
    expect_byte es:[0x1000], 0x50, "teletype writes there"
    mov ax, 0x0500
    int 0x10

    // Fonts, colours, cursor.
    mov ax, 0x1130
    mov bh, 6
    mov dx, 0
    int 0x10
    expect_word cx, 16, "1130h: 16 bytes per glyph"
    expect_byte dl, 24, "25 lines"
    mov ax, es:[bp + 0xDB * 16]
    expect 0xFFFF, "and ES:BP points at glyphs: DBh is solid"
    mov ax, 0x1A00
    int 0x10
    expect_byte al, 0x1A, "1A00h exists"
    expect_word bx, 0x0008, "VGA with colour display"
    mov ax, 0x1003
    mov bl, 0
    int 0x10
    callw attribute_mode
    and ax, 8
    expect 0, "1003h turns blinking off"
    mov ax, 0x1003
    mov bl, 1
    int 0x10
    callw attribute_mode
    and ax, 8
    expect 8, "and on"
    mov ax, 0x1007
    mov bl, 6
    int 0x10
    expect_byte bh, 0x14, "1007h: brown is EGA colour 14h"
    mov ax, 0x1015
    mov bx, 0x14
    int 0x10
    expect_word cx, 0x1500, "1015h: of which the DAC makes half green"
    expect_byte dh, 0x2A, "and two thirds red"
    mov ah, 0x01
    mov cx, 0x2000
    int 0x10
    mov dx, 0x3D4
    mov al, 0x0A
    out dx, al
    inc dx
    in al, dx
    mov ah, 0
    and al, 0x20
    expect 0x20, "01h hides the cursor"
    mov ah, 0x01
    mov cx, 0x0607
    int 0x10
    mov dx, 0x3D4
    mov al, 0x0A
    out dx, al
    inc dx
    in al, dx
    and ax, 0x1F
    expect 0x0D, "a CGA underline becomes one of VGA"

    // Unknown functions and modes change nothing.
    mov ax, 0x0013
    int 0x10
    mov ah, 0x0F
    int 0x10
    expect 0x5003, "a graphics mode is refused"
    mov ebx, 0x12345678
    mov ax, 0xFE00
    int 0x10
    expect 0xFE00, "an unknown function leaves AX"
    expect_word bx, 0x5678, "and BX"

    // Glyphs in plane 2, where int 10h put them.
    mov dx, 0x3CE
    mov ax, 0x0204
    out dx, ax
    mov ax, 0x0005
    out dx, ax
    mov ax, 0x0406
    out dx, ax
    mov dx, 0x3C4
    mov ax, 0x0604
    out dx, ax
    mov ax, 0xA000
    mov es, ax
    mov ax, es:[0xDB * 32]
    expect 0xFFFF, "plane 2 holds the font"
    mov ax, 0x0003
    int 0x10
    mov ax, 0xB800
    mov es, ax
    expect_word es:[0], 0x0720, "and setting the mode finds the way back"
    jmp test_end

attribute_mode:
    mov dx, 0x3DA
    in al, dx
    mov dx, 0x3C0
    mov al, 0x10
    out dx, al
    inc dx
    in al, dx
    push ax
    mov dx, 0x3DA
    in al, dx
    mov dx, 0x3C0
    mov al, 0x20
    out dx, al
    pop ax
    mov ah, 0
    retw

plain_text:
    .ascii "a\r\nbcd"
    .byte 0
coloured_text:
    .byte 'x', 0x4C, 'y', 0x2A

test_end:
    finish
