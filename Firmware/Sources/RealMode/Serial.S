// int 14h: the serial ports whose addresses POST left at 40:00.

#include "realmode.inc"

    .globl int14

#define UART_DATA 0
#define UART_INTERRUPT_ENABLE 1
#define UART_LINE_CONTROL 3
#define UART_MODEM_CONTROL 4
#define UART_LINE_STATUS 5
#define UART_MODEM_STATUS 6

int14:
    enter_service
    restore_interrupts
    cmp dx, 3
    ja 1f
    mov si, dx
    mov cl, [si + BDA_COM_TIMEOUTS]
    shl si, 1
    mov dx, [si + BDA_COM_PORTS]
    test dx, dx
    jz 1f
    dispatch serial_functions, 0x03, 1f
1:  leave_service

    .balign 2
serial_functions:
    .word serial_initialise, serial_send, serial_receive, serial_status

// 00: AL = speed (bits 7-5), parity (4-3), stop bits (2), length (1-0).
serial_initialise:
    mov bl, al
    movzx si, al
    shr si, 5
    shl si, 1
    mov cx, cs:[si + divisors]
    add dx, UART_LINE_CONTROL
    mov al, 0x80
    out dx, al
    sub dx, UART_LINE_CONTROL
    mov al, cl
    out dx, al
    inc dx
    mov al, ch
    out dx, al
    add dx, UART_LINE_CONTROL - 1
    mov al, bl
    and al, 0x1F
    out dx, al
    sub dx, UART_LINE_CONTROL - UART_INTERRUPT_ENABLE
    xor al, al
    out dx, al
    dec dx
    // falls through

// 03: AH = line status, AL = modem status.
serial_status:
    add dx, UART_LINE_STATUS
    in al, dx
    mov ah, al
    inc dx
    in al, dx
    mov [bp + FRAME_AX], ax
    retw

// 01: AL = character. Returns AH = line status, bit 7 if it could not be sent.
serial_send:
    mov ch, al
    add dx, UART_MODEM_CONTROL
    mov al, 0x03                // DTR and RTS
    out dx, al
    inc dx
    mov ah, 0x20
    callw wait_line_status
    jc 1f
    push ax
    sub dx, UART_LINE_STATUS
    mov al, ch
    out dx, al
    pop ax
1:  mov [bp + FRAME_AH], ah
    retw

// 02: returns AL = character, AH = line status with the error bits, bit 7 if none came.
serial_receive:
    add dx, UART_MODEM_CONTROL
    mov al, 0x01                // DTR
    out dx, al
    inc dx
    mov ah, 0x01
    callw wait_line_status
    jc 1f
    sub dx, UART_LINE_STATUS
    in al, dx
    mov [bp + FRAME_AL], al
    and ah, 0x1E
1:  mov [bp + FRAME_AH], ah
    retw

// Wait for a bit of AH in the line status at DX, CL units long. Returns AH = line status; carry and bit 7 if it never
// came. Destroys AL, ESI.
wait_line_status:
    movzx esi, cl
    inc esi
    shl esi, 16
1:  in al, dx
    test al, ah
    jnz 2f
    dec esi
    jnz 1b
    mov ah, al
    or ah, 0x80
    stc
    retw
2:  mov ah, al
    clc
    retw

// 115200 divided by 110, 150, 300, 600, 1200, 2400, 4800, 9600.
divisors:
    .word 1047, 768, 384, 192, 96, 48, 24, 12
