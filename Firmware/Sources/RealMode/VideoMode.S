// int 10h AH=00: program every register of a VGA for 80x25 text, load the font into plane 2, the palette into the DAC.
// Nothing did this before us: there is no video BIOS. Register values: FreeVGA, "VGA/SVGA Video Programming"; IBM
// VGA Technical Reference.

#include "realmode.inc"

    .globl video_set_mode, video_combination, video_alternate

#define VGA_MISC_WRITE 0x3C2
#define VGA_SEQUENCER 0x3C4
#define VGA_GRAPHICS 0x3CE
#define VGA_ATTRIBUTE 0x3C0
#define VGA_STATUS 0x3DA
#define VGA_CRTC 0x3D4

// AL = mode; bit 7: leave the picture.
video_set_mode:
    mov ah, al
    and al, 0x7F
    cmp al, 2
    je 1f
    cmp al, 3
    je 1f
    retw
1:  push ax
    // What the BDA says of the mode
    mov [BDA_VIDEO_MODE], al
    mov word ptr [BDA_VIDEO_COLUMNS], 80
    mov word ptr [BDA_VIDEO_PAGE_SIZE], 0x1000
    mov word ptr [BDA_VIDEO_PAGE_START], 0
    mov byte ptr [BDA_VIDEO_PAGE], 0
    mov word ptr [BDA_CRTC_PORT], VGA_CRTC
    mov byte ptr [BDA_VIDEO_LAST_ROW], 24
    mov word ptr [BDA_CHARACTER_HEIGHT], 16
    mov al, ah
    and al, 0x80
    or al, 0x60                     // 256 KiB, EGA/VGA active; bit 7: memory was not cleared
    mov [BDA_VIDEO_CONTROL], al
    mov byte ptr [BDA_VIDEO_SWITCHES], 0xF9
    mov byte ptr [BDA_VIDEO_MODE_OPTIONS], 0x11 // 400 lines, VGA active
    mov byte ptr [BDA_VIDEO_COMBINATION], 0x0B  // index of "VGA with colour display"
    mov word ptr [0x65], 0x3029     // CGA mode and palette registers as a CGA would have them
    push ds
    pop es
    mov di, BDA_CURSOR_POSITIONS
    mov cx, 8
    xor ax, ax
    rep stosw

    push ds
    push cs
    pop ds

    mov dx, VGA_SEQUENCER
    mov ax, 0x0100                  // synchronous reset while clocks change
    out dx, ax
    mov si, offset sequencer_values
    mov al, 1
    mov cx, 4
    callw write_indexed
    mov dx, VGA_MISC_WRITE
    mov al, 0x67                    // colour addresses, RAM on, 28 MHz, 400 lines
    out dx, al
    mov dx, VGA_SEQUENCER
    mov ax, 0x0300
    out dx, ax

    mov dx, VGA_CRTC
    mov ax, 0x0011                  // unlock registers 0-7
    out dx, ax
    mov si, offset crtc_values
    xor al, al
    mov cx, 25
    callw write_indexed

    mov dx, VGA_GRAPHICS
    mov si, offset graphics_values
    xor al, al
    mov cx, 9
    callw write_indexed

    // The attribute controller takes index and value at one port; reading the status resets which comes next.
    mov dx, VGA_STATUS
    in al, dx
    mov dx, VGA_ATTRIBUTE
    mov si, offset attribute_values
    xor ah, ah
    mov cx, 21
2:  mov al, ah
    out dx, al
    lodsb
    out dx, al
    inc ah
    loop 2b
    mov al, 0x20                    // picture on
    out dx, al

    pop ds
    callw load_default_palette
    callw load_rom_font

    pop ax
    test ah, 0x80
    jnz 3f
    mov ax, 0xB800
    mov es, ax
    xor di, di
    mov ax, 0x0720
    mov cx, 0x4000
    rep stosw
3:  mov cx, 0x0607
    callw video_set_cursor_shape
    xor dx, dx
    callw set_hardware_cursor
    mov byte ptr [bp + FRAME_AL], 0x30  // what VGA BIOSes return in AL for text modes
    retw

// Write CX bytes from DS:SI to the indexed registers AL... at DX.
write_indexed:
    mov ah, [si]
    out dx, ax
    inc si
    inc al
    loop write_indexed
    retw

// Registers 1-4: 9-dot characters, planes 0 and 1, font A, odd/even addressing with extended memory.
sequencer_values:
    .byte 0x00, 0x03, 0x00, 0x02
crtc_values:
    .byte 0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F
    .byte 0x00, 0x4F, 0x0D, 0x0E, 0x00, 0x00, 0x00, 0x00
    .byte 0x9C, 0x8E, 0x8F, 0x28, 0x1F, 0x96, 0xB9, 0xA3
    .byte 0xFF
// Odd/even, memory at B8000.
graphics_values:
    .byte 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0E, 0x0F, 0xFF
// The sixteen colours, then mode (text, blinking, ninth column of line graphics), border, planes, panning, colour.
attribute_values:
    .byte 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07
    .byte 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F
    .byte 0x0C, 0x00, 0x0F, 0x08, 0x00

// AH=1A: AL=00 reads the display combination: VGA with colour display, no second one.
video_combination:
    cmp al, 0x00
    jne 1f
    mov word ptr [bp + FRAME_BX], 0x0008
1:  mov byte ptr [bp + FRAME_AL], 0x1A
    retw

// AH=12: BL selects.
video_alternate:
    cmp bl, 0x10
    je 1f
    cmp bl, 0x30
    je 2f
    cmp bl, 0x34
    je 3f
    retw
1:  mov word ptr [bp + FRAME_BX], 0x0003 // colour, 256 KiB
    mov word ptr [bp + FRAME_CX], 0x0009 // switches
    retw
2:  mov byte ptr [bp + FRAME_AL], 0x12   // scan lines: 400 it is, whatever was asked
    retw
3:  and byte ptr [BDA_VIDEO_CONTROL], 0xFE  // AL = 0: scale cursor shapes, 1: do not
    and al, 1
    or [BDA_VIDEO_CONTROL], al
    mov byte ptr [bp + FRAME_AL], 0x12
    retw
