// The keyboard: IRQ 1 turns scan codes (set 1, translated by the 8042) into key codes in the buffer at 40:1E;
// int 16h takes them out. The tables are in KeyboardTables.S.
//
// A key code is what int 16h returns: the scan code in the high byte, the character in the low one. Keys which the
// first PC keyboard did not have store E0h as the character; functions 00 and 01 hide that from old programs, 10h and
// 11h show it.

#include "realmode.inc"

    .globl irq1, int16

// 40:17
#define SHIFT_RIGHT 0x01
#define SHIFT_LEFT 0x02
#define SHIFT_CONTROL 0x04
#define SHIFT_ALT 0x08
#define LOCK_SCROLL 0x10
#define LOCK_NUM 0x20
#define LOCK_CAPS 0x40
#define INSERT_ON 0x80
// 40:96
#define STATE_LAST_E1 0x01
#define STATE_LAST_E0 0x02
#define STATE_RIGHT_CONTROL 0x04
#define STATE_RIGHT_ALT 0x08

// Keys with a meaning of their own
#define KEY_CONTROL 0x1D
#define KEY_LEFT_SHIFT 0x2A
#define KEY_RIGHT_SHIFT 0x36
#define KEY_PRINT_SCREEN 0x37
#define KEY_ALT 0x38
#define KEY_CAPS_LOCK 0x3A
#define KEY_NUM_LOCK 0x45
#define KEY_SCROLL_LOCK 0x46
#define KEY_INSERT 0x52
#define KEY_DELETE 0x53
#define KEY_SYSTEM_REQUEST 0x54
#define KEY_LAST 0x58

irq1:
    push ds
    push es
    pushad
    cld
    push BDA_SEGMENT
    pop ds
    in al, 0x60
    // A program may translate or swallow the key (int 15h AH=4Fh, carry clear: swallowed).
    mov ah, 0x4F
    stc
    int 0x15
    jnc 1f
    callw process_scan_code
1:  cli
    mov al, 0x20
    out 0x20, al
    popad
    pop es
    pop ds
    iret

// AL = scan code byte, DS = BDA. Destroys AX, BX, CX, DX, SI.
process_scan_code:
    cmp al, 0xE0
    je 1f
    cmp al, 0xE1
    je 2f
    test byte ptr [BDA_KEYBOARD_STATE], STATE_LAST_E1
    jnz 3f
    mov ah, [BDA_KEYBOARD_STATE]
    and byte ptr [BDA_KEYBOARD_STATE], 0xFF - STATE_LAST_E0
    and ah, STATE_LAST_E0           // AH = not zero: this key came behind E0
    test al, 0x80
    jnz key_released
    jmp key_pressed
1:  or byte ptr [BDA_KEYBOARD_STATE], STATE_LAST_E0
    retw
2:  or byte ptr [BDA_KEYBOARD_STATE], STATE_LAST_E1
    retw
3:  // Pause is E1 1D 45 and the same released: no key for us. 45 or C5 ends it.
    and al, 0x7F
    cmp al, KEY_NUM_LOCK
    jne 4f
    and byte ptr [BDA_KEYBOARD_STATE], 0xFF - STATE_LAST_E1
4:  retw

key_released:
    and al, 0x7F
    mov bl, SHIFT_CONTROL
    cmp al, KEY_CONTROL
    je 1f
    mov bl, SHIFT_ALT
    cmp al, KEY_ALT
    je 1f
    test ah, ah
    jnz 9f                          // E0 AA and E0 B6 are made up by the keyboard around grey keys
    mov bl, SHIFT_LEFT
    cmp al, KEY_LEFT_SHIFT
    je 3f
    mov bl, SHIFT_RIGHT
    cmp al, KEY_RIGHT_SHIFT
    je 3f
    mov bl, LOCK_CAPS
    cmp al, KEY_CAPS_LOCK
    je 5f
    mov bl, LOCK_NUM
    cmp al, KEY_NUM_LOCK
    je 5f
    mov bl, LOCK_SCROLL
    cmp al, KEY_SCROLL_LOCK
    je 5f
9:  retw
1:  // Control or Alt: there are two of each, and the flag falls with the last.
    test ah, ah
    jnz 2f
    mov cl, bl
    shr cl, 2                       // left Control is bit 0 of 40:18, left Alt bit 1
    not cl
    and [BDA_SHIFT_FLAGS_2], cl
    test [BDA_KEYBOARD_STATE], bl   // the right one has the same bit in 40:96
    jnz 4f
    jmp 3f
2:  mov cl, bl
    not cl
    and [BDA_KEYBOARD_STATE], cl
    mov cl, bl
    shr cl, 2
    test [BDA_SHIFT_FLAGS_2], cl
    jnz 4f
3:  not bl
    and [BDA_SHIFT_FLAGS], bl
4:  cmp al, KEY_ALT
    jne 6f
    // A number typed on the keypad while Alt was down is a character.
    xor ax, ax
    xchg al, [BDA_ALT_NUMBER]
    test al, al
    jz 6f
    jmp store_key
5:  not bl
    and [BDA_SHIFT_FLAGS_2], bl
6:  retw

key_pressed:
    mov bl, SHIFT_CONTROL
    cmp al, KEY_CONTROL
    je 1f
    mov bl, SHIFT_ALT
    cmp al, KEY_ALT
    je 1f
    test ah, ah
    jnz pressed_extended
    mov bl, SHIFT_LEFT
    cmp al, KEY_LEFT_SHIFT
    je 3f
    mov bl, SHIFT_RIGHT
    cmp al, KEY_RIGHT_SHIFT
    je 3f
    mov bl, LOCK_CAPS
    cmp al, KEY_CAPS_LOCK
    je 4f
    mov bl, LOCK_NUM
    cmp al, KEY_NUM_LOCK
    je 4f
    mov bl, LOCK_SCROLL
    cmp al, KEY_SCROLL_LOCK
    je 4f
    jmp pressed_plain
1:  test ah, ah
    jnz 2f
    mov cl, bl
    shr cl, 2
    or [BDA_SHIFT_FLAGS_2], cl
    jmp 3f
2:  or [BDA_KEYBOARD_STATE], bl
3:  or [BDA_SHIFT_FLAGS], bl
    retw
4:  // A lock key toggles when it goes down, not when it repeats.
    test [BDA_SHIFT_FLAGS_2], bl
    jnz 5f
    or [BDA_SHIFT_FLAGS_2], bl
    xor [BDA_SHIFT_FLAGS], bl
    callw update_leds
5:  retw

// Keys behind E0: the grey ones.
pressed_extended:
    cmp al, KEY_LEFT_SHIFT
    je 9f
    cmp al, KEY_RIGHT_SHIFT
    je 9f
    cmp al, KEY_SCROLL_LOCK         // Ctrl-Break
    je control_break
    cmp al, KEY_PRINT_SCREEN
    je print_screen
    cmp al, KEY_DELETE
    jne 1f
    callw reset_if_control_alt
1:  cmp al, KEY_INSERT
    jne 2f
    callw toggle_insert
2:  mov si, offset extended_keys
3:  cmp byte ptr cs:[si], 0
    je 9f
    cmp cs:[si], al
    je 4f
    add si, 9
    jmp 3b
4:  inc si
    callw shift_column
    mov ax, cs:[si + bx]
    jmp store_key
9:  retw

print_screen:
    test byte ptr [BDA_SHIFT_FLAGS], SHIFT_CONTROL | SHIFT_ALT
    jnz 1f
    int 0x05
    retw
1:  test byte ptr [BDA_SHIFT_FLAGS], SHIFT_CONTROL
    jz 2f
    mov ax, 0x7200
    jmp store_key
2:  mov ax, 0x8500                  // Alt-PrtSc is SysReq
    int 0x15
    retw

control_break:
    mov byte ptr [BDA_BREAK], 0x80
    mov ax, [BDA_KEYBOARD_BUFFER_START]
    mov [BDA_KEYBOARD_HEAD], ax
    mov [BDA_KEYBOARD_TAIL], ax
    int 0x1B
    xor ax, ax
    jmp store_key

// Keys as the first PC had them.
pressed_plain:
    cmp al, KEY_SYSTEM_REQUEST
    je 2b
    cmp al, KEY_LAST
    ja 9b
    cmp al, KEY_DELETE
    jne 1f
    callw reset_if_control_alt
1:  movzx si, al
    shl si, 3
    add si, offset plain_keys
    // Keypad: num lock and shift undo each other; with Alt its digits make a number.
    cmp al, 0x47
    jb 5f
    cmp al, KEY_DELETE
    ja 5f
    cmp al, 0x4A
    je 5f
    cmp al, 0x4E
    je 5f
    test byte ptr [BDA_SHIFT_FLAGS], SHIFT_ALT
    jz 2f
    mov bl, cs:[si + 2]             // the digit is the shifted character
    cmp bl, '0'
    jb 9b
    sub bl, '0'
    mov al, [BDA_ALT_NUMBER]
    mov ah, 10
    mul ah
    add al, bl
    mov [BDA_ALT_NUMBER], al
    retw
2:  callw shift_column
    test byte ptr [BDA_SHIFT_FLAGS], LOCK_NUM
    jz 3f
    cmp bx, 4
    jae 3f
    xor bx, 2
3:  cmp al, KEY_INSERT
    jne 7f
    test bx, bx
    jnz 7f
    callw toggle_insert
    jmp 7f
5:  callw shift_column
    // Letters: caps lock and shift undo each other.
    test byte ptr [BDA_SHIFT_FLAGS], LOCK_CAPS
    jz 7f
    cmp bx, 4
    jae 7f
    mov ah, cs:[si]
    cmp ah, 'a'
    jb 7f
    cmp ah, 'z'
    ja 7f
    xor bx, 2
7:  mov ax, cs:[si + bx]
    cmp ax, 0xFFFF                  // no key code in this column
    jne store_key
    retw

// BX = 0, 2, 4 or 6: plain, shifted, Control, Alt. The strongest wins.
shift_column:
    push ax
    mov al, [BDA_SHIFT_FLAGS]
    mov bx, 6
    test al, SHIFT_ALT
    jnz 1f
    mov bx, 4
    test al, SHIFT_CONTROL
    jnz 1f
    mov bx, 2
    test al, SHIFT_LEFT | SHIFT_RIGHT
    jnz 1f
    xor bx, bx
1:  pop ax
    retw

toggle_insert:
    test byte ptr [BDA_SHIFT_FLAGS], SHIFT_CONTROL | SHIFT_ALT
    jnz 1f
    xor byte ptr [BDA_SHIFT_FLAGS], INSERT_ON
1:  retw

reset_if_control_alt:
    push ax
    mov al, [BDA_SHIFT_FLAGS]
    and al, SHIFT_CONTROL | SHIFT_ALT
    cmp al, SHIFT_CONTROL | SHIFT_ALT
    pop ax
    je 1f
    retw
1:  mov word ptr [BDA_WARM_BOOT], 0x1234
    mov al, 0xFE                    // pulse the reset line: a clean processor
    out 0x64, al
    mov cx, 0xFFFF
2:  in al, 0x64
    loop 2b
    .byte 0xEA                      // no such line: begin again as well as we can
    .word reset_vector, 0xF000

// AX = key code into the buffer. Returns carry if it is full. Destroys BX, SI.
store_key:
    mov si, [BDA_KEYBOARD_TAIL]
    mov bx, si
    callw advance
    cmp bx, [BDA_KEYBOARD_HEAD]
    je 1f
    mov [si], ax
    mov [BDA_KEYBOARD_TAIL], bx
    clc
    retw
1:  stc
    retw

// BX = position behind BX in the ring.
advance:
    add bx, 2
    cmp bx, [BDA_KEYBOARD_BUFFER_END]
    jb 1f
    mov bx, [BDA_KEYBOARD_BUFFER_START]
1:  retw

// Show the locks on the keyboard's lamps: command EDh, then scroll, num, caps in bits 0-2. The keyboard answers each
// byte with FAh, which is taken here, with interrupts off.
update_leds:
    push ax
    mov al, 0xED
    callw send_to_keyboard
    mov al, [BDA_SHIFT_FLAGS]
    shr al, 4
    and al, 0x07
    and byte ptr [BDA_KEYBOARD_LEDS], 0xF8
    or [BDA_KEYBOARD_LEDS], al
    callw send_to_keyboard
    pop ax
    retw

send_to_keyboard:
    push cx
    mov ah, al
    mov cx, 0x2000
1:  in al, 0x64
    test al, 0x02
    jz 2f
    loop 1b
2:  mov al, ah
    out 0x60, al
    mov cx, 0x2000
3:  in al, 0x64
    test al, 0x01
    jnz 4f
    loop 3b
    jmp 5f
4:  in al, 0x60
5:  pop cx
    retw

int16:
    enter_service
    cmp ah, 0x00
    je read_key_old
    cmp ah, 0x01
    je peek_key_old
    cmp ah, 0x02
    je shift_flags
    cmp ah, 0x05
    je push_key
    cmp ah, 0x09
    je keyboard_functions
    cmp ah, 0x10
    je read_key
    cmp ah, 0x11
    je peek_key
    cmp ah, 0x12
    je shift_flags_extended
    cmp ah, 0x03                    // repeat rate: nothing to answer
    je int16_done
    // Unknown functions leave everything as it was; AH=92h and A2h are how programs ask whether 10h-12h exist.
    cmp ah, 0x92
    je 1f
    cmp ah, 0xA2
    jne int16_done
1:  mov byte ptr [bp + FRAME_AH], 0x80
int16_done:
    leave_service

// 10: wait for a key.
read_key:
    callw wait_for_key
    mov [bp + FRAME_AX], ax
    leave_service

// 00: the same, as an old keyboard had it.
read_key_old:
    callw wait_for_key
    callw as_old_key
    jc read_key_old
    mov [bp + FRAME_AX], ax
    leave_service

// 11: is there a key? ZF and AX.
peek_key:
    callw first_key
    jz no_key
key_found:
    mov [bp + FRAME_AX], ax
    and byte ptr [bp + FRAME_FLAGS], 0xFF - ZERO_FLAG
    leave_service
no_key:
    or byte ptr [bp + FRAME_FLAGS], ZERO_FLAG
    // A program that only asks, in a loop, must not keep interrupts out.
    sti
    nop
    leave_service

// 01: the same; keys an old keyboard did not have are dropped on the way.
peek_key_old:
    callw first_key
    jz no_key
    callw as_old_key
    jnc key_found
    callw wait_for_key
    jmp peek_key_old

// AX = key at the head of the buffer, ZF if there is none. Destroys BX.
first_key:
    cli
    mov bx, [BDA_KEYBOARD_HEAD]
    cmp bx, [BDA_KEYBOARD_TAIL]
    mov ax, [bx]
    retw

// AX = next key, taken out. Sleeps in real mode; in virtual-8086 mode, where hlt is the monitor's, it only asks.
wait_for_key:
    callw first_key
    jnz 2f
    smsw ax
    test al, 1
    jnz 1f
    sti
    hlt
    jmp wait_for_key
1:  sti
    nop
    jmp wait_for_key
2:  callw advance
    mov [BDA_KEYBOARD_HEAD], bx
    retw

// Key code AX as functions 00 and 01 give it; carry if they would not.
as_old_key:
    cmp ah, 0xE0                    // grey Enter and slash
    je 1f
    cmp ah, 0x84
    ja 3f                           // F11, F12 and what came with them
    cmp al, 0xE0
    jne 2f
    test ah, ah
    jz 2f
    xor al, al
    jmp 2f
1:  mov ah, 0x1C
    cmp al, 0x2F
    jne 2f
    mov ah, 0x35
2:  clc
    retw
3:  stc
    retw

// 02: AL = 40:17.
shift_flags:
    mov al, [BDA_SHIFT_FLAGS]
    mov [bp + FRAME_AL], al
    leave_service

// 12: AL = 40:17, AH = 40:18 with the right-hand keys.
shift_flags_extended:
    mov al, [BDA_SHIFT_FLAGS]
    mov [bp + FRAME_AL], al
    mov al, [BDA_SHIFT_FLAGS_2]
    and al, 0x73
    mov ah, [BDA_SHIFT_FLAGS_2]
    and ah, 0x04                    // SysReq
    shl ah, 5
    or al, ah
    mov ah, [BDA_KEYBOARD_STATE]
    and ah, STATE_RIGHT_CONTROL | STATE_RIGHT_ALT
    or al, ah
    mov [bp + FRAME_AH], al
    leave_service

// 05: CX = key code to store. AL = 0, or 1 if the buffer is full.
push_key:
    cli
    mov ax, cx
    callw store_key
    mov al, 0
    adc al, 0
    mov [bp + FRAME_AL], al
    leave_service

// 09: AL = bit 5: functions 10h-12h exist.
keyboard_functions:
    mov byte ptr [bp + FRAME_AL], 0x20
    leave_service
