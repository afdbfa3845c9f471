// int 10h AH=11: fonts. A text-mode font lives in plane 2 of the display memory, 32 bytes a glyph.

#include "realmode.inc"

    .globl video_font, load_rom_font

#define VGA_SEQUENCER 0x3C4
#define VGA_GRAPHICS 0x3CE

video_font:
    cmp al, 0x30
    je font_information
    mov ah, al
    and ah, 0xEF                    // 1x: the same with the mode set again, which for 16 lines changes nothing
    cmp ah, 0x04
    je 1f
    cmp ah, 0x00
    je font_load_user
    cmp ah, 0x03
    je font_select_block
    retw
1:  mov si, bx
    jmp load_rom_font_block

// AL=00: ES:BP = glyphs, CX = count, DX = first character, BH = bytes per glyph, BL = block.
font_load_user:
    push ds
    mov si, [bp + FRAME_BP]
    push es
    pop ds
    callw load_glyphs
    pop ds
    retw

// AL=03: BL = sequencer register 3, which of eight fonts attributes choose.
font_select_block:
    mov dx, VGA_SEQUENCER
    mov al, 0x03
    mov ah, bl
    out dx, ax
    retw

// AL=30: BH = which font. Returns ES:BP = glyphs, CX = bytes per glyph, DL = last row. All but the font at vector
// 1Fh (which nothing of ours sets) are the ROM's 8x16.
font_information:
    mov ax, offset font_8x16
    mov dx, cs
    cmp bh, 1
    ja 1f
    push ds
    push 0
    pop ds
    test bh, bh
    mov ax, [0x1F * 4]
    mov dx, [0x1F * 4 + 2]
    je 2f
    mov ax, [0x43 * 4]
    mov dx, [0x43 * 4 + 2]
2:  pop ds
1:  mov [bp + FRAME_BP], ax
    mov [bp + FRAME_ES], dx
    mov ax, [BDA_CHARACTER_HEIGHT]
    mov [bp + FRAME_CX], ax
    mov al, [BDA_VIDEO_LAST_ROW]
    mov [bp + FRAME_DL], al
    retw

// The ROM's font into block 0, or block BL.
load_rom_font:
    xor bl, bl
load_rom_font_block:
    push ds
    push cs
    pop ds
    mov si, offset font_8x16
    mov cx, 256
    xor dx, dx
    mov bh, 16
    callw load_glyphs
    pop ds
    retw

// DS:SI = glyphs, CX = count, DX = first character, BH = bytes per glyph (at most 32), BL = block.
load_glyphs:
    // Block b begins at 16 KiB * (b & 3), plus 8 KiB if bit 2 is set.
    movzx di, bl
    and di, 7
    mov ax, di
    shr ax, 2
    and di, 3
    shl di, 1
    or di, ax
    shl di, 13
    shl dx, 5
    add di, dx
    cmp bh, 32
    ja 4f
    jcxz 4f

    push cx
    push si
    push ds
    push cs
    pop ds
    mov si, offset font_access_on
    callw program_access
    pop ds
    pop si
    pop cx
    mov ax, 0xA000
    mov es, ax
    mov dx, cx
1:  movzx cx, bh
    push di
    rep movsb
    pop di
    add di, 32
    dec dx
    jnz 1b
    push ds
    push cs
    pop ds
    mov si, offset font_access_off
    callw program_access
    pop ds
4:  retw

program_access:
    mov dx, VGA_SEQUENCER
    mov cx, 2
1:  lodsw
    out dx, ax
    loop 1b
    mov dx, VGA_GRAPHICS
    mov cx, 3
2:  lodsw
    out dx, ax
    loop 2b
    retw

// Index in the low byte, value in the high one: plane 2 alone, linear, at A0000; and back to text.
font_access_on:
    .word 0x0402, 0x0604, 0x0204, 0x0005, 0x0406
font_access_off:
    .word 0x0302, 0x0204, 0x0004, 0x1005, 0x0E06
