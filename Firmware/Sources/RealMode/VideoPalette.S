// int 10h AH=10 (palette, border, blinking, DAC), AH=0B (border).

#include "realmode.inc"

    .globl video_palette, video_set_border, load_default_palette

#define VGA_ATTRIBUTE 0x3C0
#define VGA_STATUS 0x3DA
#define VGA_DAC_MASK 0x3C6
#define VGA_DAC_READ 0x3C7
#define VGA_DAC_WRITE 0x3C8
#define VGA_DAC_DATA 0x3C9

// Attribute register AL takes AH; the picture stays on. Destroys AL, DX.
write_attribute:
    push ax
    mov dx, VGA_STATUS
    in al, dx
    pop ax
    mov dx, VGA_ATTRIBUTE
    out dx, al
    mov al, ah
    out dx, al
    mov al, 0x20
    out dx, al
    retw

// Attribute register AL is read into AL. Destroys DX.
read_attribute:
    push ax
    mov dx, VGA_STATUS
    in al, dx
    pop ax
    mov dx, VGA_ATTRIBUTE
    out dx, al
    inc dx
    in al, dx
    push ax
    mov dx, VGA_STATUS
    in al, dx
    mov dx, VGA_ATTRIBUTE
    mov al, 0x20
    out dx, al
    pop ax
    retw

// AH=0B: BH = 0: BL = border colour.
video_set_border:
    test bh, bh
    jnz 1f
    mov al, 0x11
    mov ah, bl
    and ah, 0x0F
    callw write_attribute
1:  retw

video_palette:
    cmp al, 0x1B
    ja palette_nothing
    movzx si, al
    shl si, 1
    jmp word ptr cs:[si + palette_functions]

    .balign 2
palette_functions:
    .word palette_set, palette_border, palette_set_all, palette_blink       // 00-03
    .word palette_nothing, palette_nothing, palette_nothing, palette_get    // 04-07
    .word palette_get_border, palette_get_all                               // 08-09
    .word palette_nothing, palette_nothing, palette_nothing, palette_nothing, palette_nothing, palette_nothing
    .word dac_set, palette_nothing, dac_set_block, palette_nothing          // 10-13
    .word palette_nothing, dac_get, palette_nothing, dac_get_block          // 14-17
    .word dac_set_mask, dac_get_mask, palette_nothing, palette_nothing      // 18-1B

palette_nothing:
    retw

// AL=00: BL = register, BH = colour.
palette_set:
    mov al, bl
    cmp al, 0x14
    ja palette_nothing
    mov ah, bh
    jmp write_attribute

// AL=01: BH = border.
palette_border:
    mov al, 0x11
    mov ah, bh
    jmp write_attribute

// AL=02: ES:DX = 16 colours and the border.
palette_set_all:
    mov si, dx
    xor bl, bl
1:  mov al, bl
    cmp al, 16
    jb 2f
    mov al, 0x11
2:  mov ah, es:[si]
    callw write_attribute
    inc si
    inc bl
    cmp bl, 17
    jb 1b
    retw

// AL=03: BL = 0: bit 7 of an attribute is a bright background, 1: it blinks.
palette_blink:
    mov al, 0x10
    callw read_attribute
    and al, 0xF7
    test bl, bl
    jz 1f
    or al, 0x08
1:  mov ah, al
    mov al, 0x10
    jmp write_attribute

// AL=07: BL = register; returns BH.
palette_get:
    mov al, bl
1:  callw read_attribute
    mov [bp + FRAME_BH], al
    retw

// AL=08: returns BH = border.
palette_get_border:
    mov al, 0x11
    jmp 1b

// AL=09: ES:DX = room for 17 bytes.
palette_get_all:
    mov di, dx
    xor bl, bl
1:  mov al, bl
    cmp al, 16
    jb 2f
    mov al, 0x11
2:  callw read_attribute
    stosb
    inc bl
    cmp bl, 17
    jb 1b
    retw

// AL=10: BX = DAC register, DH, CH, CL = red, green, blue, 6 bits each.
dac_set:
    mov ah, dh
    mov dx, VGA_DAC_WRITE
    mov al, bl
    out dx, al
    inc dx
    mov al, ah
    out dx, al
    mov al, ch
    out dx, al
    mov al, cl
    out dx, al
    retw

// AL=12: BX = first register, CX = count, ES:DX = triplets.
dac_set_block:
    mov si, dx
    mov dx, VGA_DAC_WRITE
    mov al, bl
    out dx, al
    inc dx
    jcxz 2f
1:  mov al, es:[si]
    out dx, al
    mov al, es:[si + 1]
    out dx, al
    mov al, es:[si + 2]
    out dx, al
    add si, 3
    loop 1b
2:  retw

// AL=15: BX = register; returns DH, CH, CL.
dac_get:
    mov dx, VGA_DAC_READ
    mov al, bl
    out dx, al
    mov dx, VGA_DAC_DATA
    in al, dx
    mov [bp + FRAME_DH], al
    in al, dx
    mov [bp + FRAME_CH], al
    in al, dx
    mov [bp + FRAME_CL], al
    retw

// AL=17: BX = first register, CX = count, ES:DX = room.
dac_get_block:
    mov di, dx
    mov dx, VGA_DAC_READ
    mov al, bl
    out dx, al
    mov dx, VGA_DAC_DATA
    jcxz 2f
1:  in al, dx
    stosb
    in al, dx
    stosb
    in al, dx
    stosb
    loop 1b
2:  retw

// AL=18: BL = mask. AL=19: returns BL.
dac_set_mask:
    mov dx, VGA_DAC_MASK
    mov al, bl
    out dx, al
    retw
dac_get_mask:
    mov dx, VGA_DAC_MASK
    in al, dx
    mov [bp + FRAME_BL], al
    retw

// The 64 colours of an EGA: in a number rgbRGB the capitals are worth two thirds of full brightness, the small
// letters one third. The palette registers choose sixteen of them.
load_default_palette:
    mov dx, VGA_DAC_MASK
    mov al, 0xFF
    out dx, al
    mov dx, VGA_DAC_WRITE
    xor al, al
    out dx, al
    inc dx
    xor bl, bl
1:  mov cl, 2                       // red, green, blue: bits 2, 1, 0 and 5, 4, 3
2:  mov ah, bl
    shr ah, cl
    xor al, al
    test ah, 0x01
    jz 3f
    mov al, 0x2A
3:  test ah, 0x08
    jz 4f
    add al, 0x15
4:  out dx, al
    dec cl
    jns 2b
    inc bl
    cmp bl, 64
    jb 1b
    retw
