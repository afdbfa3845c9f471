// int 10h, the text side: cursor, characters, scrolling, pages. Setting the mode is in VideoMode.S, colours in
// VideoPalette.S, fonts in VideoFont.S.
//
// The BIOS knows one kind of screen: VGA text of 80 columns (mode 3, and 2, which is the same on a VGA). Other modes
// are refused by leaving the screen as it is, which a caller sees by int 10h AH=0Fh.

#include "realmode.inc"

    .globl int10, set_hardware_cursor, video_set_cursor_shape

int10:
    enter_service
    dispatch video_functions, 0x1B, 1f
1:  leave_service

    .balign 2
video_functions:
    .word video_set_mode            // 00
    .word video_set_cursor_shape    // 01
    .word video_set_cursor          // 02
    .word video_get_cursor          // 03
    .word video_no_light_pen        // 04
    .word video_select_page         // 05
    .word video_scroll              // 06, up
    .word video_scroll              // 07, down
    .word video_read_cell           // 08
    .word video_write_cell          // 09, character and attribute
    .word video_write_cell          // 0A, character only
    .word video_set_border          // 0B
    .word video_nothing             // 0C, graphics
    .word video_nothing             // 0D, graphics
    .word video_teletype            // 0E
    .word video_get_mode            // 0F
    .word video_palette             // 10
    .word video_font                // 11
    .word video_alternate           // 12
    .word video_write_string        // 13
    .word video_nothing, video_nothing, video_nothing, video_nothing, video_nothing, video_nothing
    .word video_combination         // 1A
    .word video_nothing             // 1B

video_nothing:
    retw

// AH=04: no light pen.
video_no_light_pen:
    mov byte ptr [bp + FRAME_AH], 0
    retw

// AH=01: CX = shape, CH = first scan line and bit 5 for "hidden", CL = last. Shapes in the eight lines of a CGA
// cell are scaled to ours, unless the program forbade that (40:87 bit 0).
video_set_cursor_shape:
    mov [BDA_CURSOR_SHAPE], cx
    test ch, 0x20
    jnz 2f
    test byte ptr [BDA_VIDEO_CONTROL], 1
    jnz 2f
    mov ax, cx
    or al, ah
    test al, 0xF8               // already in lines of a VGA cell
    jnz 2f
    cmp ch, cl
    ja 2f
    mov dl, [BDA_CHARACTER_HEIGHT]
    cmp dl, 8
    jbe 2f
    // last = (last + 1) * height / 8 - 1, one line less for an underline
    mov al, cl
    inc al
    mul dl
    shr ax, 3
    dec al
    mov dh, ch
    inc dh
    cmp dh, cl
    mov cl, al
    jne 1f
    dec cl                      // underline: two lines, one above the bottom
    mov ch, cl
    dec ch
    jmp 2f
1:  mov al, ch
    mul dl
    shr ax, 3
    mov ch, al
2:  mov dx, [BDA_CRTC_PORT]
    mov al, 0x0A
    mov ah, ch
    out dx, ax
    mov al, 0x0B
    mov ah, cl
    out dx, ax
    retw

// AH=02: BH = page, DH = row, DL = column.
video_set_cursor:
    movzx si, bh
    and si, 7
    shl si, 1
    mov [si + BDA_CURSOR_POSITIONS], dx
    and bh, 7
    cmp bh, [BDA_VIDEO_PAGE]
    je set_hardware_cursor
    retw

// Put the CRTC's cursor at DH, DL of the displayed page. Destroys AX, DX.
set_hardware_cursor:
    movzx ax, dh
    push dx
    mul word ptr [BDA_VIDEO_COLUMNS]
    pop dx
    movzx dx, dl
    add ax, dx
    mov dx, [BDA_VIDEO_PAGE_START]
    shr dx, 1
    add ax, dx
    mov dx, [BDA_CRTC_PORT]
    push ax
    mov al, 0x0E
    out dx, ax                  // register 0E, high byte
    pop ax
    mov ah, al
    mov al, 0x0F
    out dx, ax
    retw

// AH=03: BH = page. Returns DH, DL = row, column and CX = shape.
video_get_cursor:
    movzx si, bh
    and si, 7
    shl si, 1
    mov ax, [si + BDA_CURSOR_POSITIONS]
    mov [bp + FRAME_DX], ax
    mov ax, [BDA_CURSOR_SHAPE]
    mov [bp + FRAME_CX], ax
    retw

// AH=05: AL = page.
video_select_page:
    cmp al, 7
    ja 1f
    mov [BDA_VIDEO_PAGE], al
    movzx ax, al
    movzx si, al
    shl si, 1
    mul word ptr [BDA_VIDEO_PAGE_SIZE]
    mov [BDA_VIDEO_PAGE_START], ax
    shr ax, 1
    mov bx, ax
    mov dx, [BDA_CRTC_PORT]
    mov al, 0x0C
    mov ah, bh
    out dx, ax
    mov al, 0x0D
    mov ah, bl
    out dx, ax
    mov dx, [si + BDA_CURSOR_POSITIONS]
    jmp set_hardware_cursor
1:  retw

// AH=0F: returns AL = mode, AH = columns, BH = page.
video_get_mode:
    mov al, [BDA_VIDEO_MODE]
    mov ah, [BDA_VIDEO_COLUMNS]
    mov [bp + FRAME_AX], ax
    mov al, [BDA_VIDEO_PAGE]
    mov [bp + FRAME_BH], al
    retw

// ES:DI = address of the cell at DH, DL of page BH. Destroys AX.
cell_address:
    push dx
    movzx ax, bh
    and al, 7
    mul word ptr [BDA_VIDEO_PAGE_SIZE]
    mov di, ax
    pop dx
    push dx
    movzx ax, dh
    mul word ptr [BDA_VIDEO_COLUMNS]
    pop dx
    push dx
    movzx dx, dl
    add ax, dx
    shl ax, 1
    add di, ax
    mov ax, 0xB800
    mov es, ax
    pop dx
    retw

// DX = cursor of page BH. Destroys SI.
page_cursor:
    movzx si, bh
    and si, 7
    shl si, 1
    mov dx, [si + BDA_CURSOR_POSITIONS]
    retw

// AH=08: BH = page. Returns AL = character, AH = attribute.
video_read_cell:
    callw page_cursor
    callw cell_address
    mov ax, es:[di]
    mov [bp + FRAME_AX], ax
    retw

// AH=09: AL = character, BL = attribute, BH = page, CX = count. AH=0A: the same without the attribute.
video_write_cell:
    push ax
    callw page_cursor
    callw cell_address
    pop ax
    jcxz 3f
    cmp ah, 0x0A
    je 2f
    mov ah, bl
    rep stosw
    retw
2:  stosb
    inc di
    loop 2b
3:  retw

// AH=06 and 07: AL = lines (0: clear), BH = attribute of new lines, CH, CL = upper left, DH, DL = lower right.
// Works on the displayed page.
video_scroll:
    cmp dh, [BDA_VIDEO_LAST_ROW]
    jbe 1f
    mov dh, [BDA_VIDEO_LAST_ROW]
1:  cmp dl, [BDA_VIDEO_COLUMNS]
    jb 2f
    mov dl, [BDA_VIDEO_COLUMNS]
    dec dl
2:  cmp ch, dh
    ja 9f
    cmp cl, dl
    ja 9f
    // AL = lines to move by; the window's height if 0 or too many
    mov bl, dh
    sub bl, ch
    inc bl                      // BL = height
    test al, al
    jz 3f
    cmp al, bl
    jbe 4f
3:  mov al, bl
4:  push ax
    // width in cells in a word of its own
    movzx ax, dl
    sub al, cl
    inc al
    mov si, ax                  // SI = width
    pop ax
    cmp ah, 7
    je scroll_down

    // Up: row r takes row r + AL, from the top.
5:  mov ah, ch
    add ah, al
    cmp ah, dh
    ja 6f
    callw copy_row              // row CH from row AH
    inc ch
    jmp 5b
6:  cmp ch, dh
    ja 9f
    callw blank_row
    inc ch
    jmp 6b

scroll_down:
    // Down: row r takes row r - AL, from the bottom.
    xchg ch, dh                 // CH = row at work, DH = top
7:  mov ah, ch
    sub ah, dh
    cmp ah, al
    jb 8f
    mov ah, ch
    sub ah, al
    callw copy_row
    dec ch
    jmp 7b
8:  cmp ch, dh
    jl 9f
    callw blank_row
    dec ch
    jmp 8b
9:  retw

// Copy SI cells from row AH to row CH, column CL.
copy_row:
    pusha
    push ds
    mov bp, si                  // width
    mov bh, [BDA_VIDEO_PAGE]
    mov dh, ah
    mov dl, cl
    callw cell_address
    mov si, di
    mov dh, ch
    callw cell_address
    mov cx, bp
    push es
    pop ds
    rep movsw
    pop ds
    popa
    retw

// Blank SI cells of row CH, column CL, with attribute BH.
blank_row:
    pusha
    mov bl, bh
    mov bh, [BDA_VIDEO_PAGE]
    mov dh, ch
    mov dl, cl
    callw cell_address
    mov al, ' '
    mov ah, bl
    mov cx, si
    rep stosw
    popa
    retw

// AH=0E: AL = character, BH = page. BEL, BS, LF and CR move the cursor; attributes on the screen stay.
video_teletype:
    pusha
    and bh, 7
    callw page_cursor
    cmp al, 0x07
    je 6f
    cmp al, 0x08
    je 3f
    cmp al, 0x0A
    je 2f
    cmp al, 0x0D
    je 4f
    push ax
    callw cell_address
    pop ax
    mov es:[di], al
    inc dl
    cmp dl, [BDA_VIDEO_COLUMNS]
    jb 5f
    xor dl, dl
2:  inc dh
    cmp dh, [BDA_VIDEO_LAST_ROW]
    jbe 5f
    mov dh, [BDA_VIDEO_LAST_ROW]
    // At the bottom: scroll the displayed page by one line, in the attribute of its last line.
    push dx
    push bx
    callw cell_address
    mov bh, es:[di + 1]
    xor cx, cx
    mov dl, 0xFF
    mov ax, 0x0601
    callw video_scroll
    pop bx
    pop dx
    jmp 5f
3:  test dl, dl
    jz 6f
    dec dl
    jmp 5f
4:  xor dl, dl
5:  callw video_set_cursor
6:  popa
    retw

// AH=13: ES:BP = text, CX = length, BH = page, BL = attribute, DX = position; AL bit 0: leave the cursor behind the
// text, bit 1: attributes follow each character in the text.
video_write_string:
    jcxz 5f
    and bh, 7
    push ax
    callw page_cursor
    mov di, dx                  // DI = the cursor to come back to
    pop ax
    mov dx, [bp + FRAME_DX]
    push di
    push ax
    callw video_set_cursor
    pop ax
    mov si, [bp + FRAME_BP]
1:  mov es, [bp + FRAME_ES]
    push ax
    mov ah, bl
    test al, 2
    mov al, es:[si]
    jz 2f
    mov ah, es:[si + 1]
    inc si
2:  inc si
    push si
    push cx
    // Control characters move the cursor, others are stored with their attribute first.
    cmp al, 0x07
    je 3f
    cmp al, 0x08
    je 3f
    cmp al, 0x0A
    je 3f
    cmp al, 0x0D
    je 3f
    push ax
    callw page_cursor
    callw cell_address
    pop ax
    mov es:[di], ax
3:  callw video_teletype
    pop cx
    pop si
    pop ax
    loop 1b
    pop dx
    test al, 1
    jnz 5f
    callw video_set_cursor
5:  retw
