// int 1Ah: the tick count that IRQ 0 keeps, and the MC146818 real-time clock.

#include "realmode.inc"

    .globl int1A

#define RTC_SECONDS 0x00
#define RTC_MINUTES 0x02
#define RTC_HOURS 0x04
#define RTC_DAY 0x07
#define RTC_MONTH 0x08
#define RTC_YEAR 0x09
#define RTC_A 0x0A
#define RTC_B 0x0B
#define RTC_CENTURY 0x32

int1A:
    enter_service
    return_no_carry
    dispatch clock_functions, 0x05, 1f
    leave_service
1:  return_carry                // also PCI BIOS (B1h): there is none
    leave_service

    .balign 2
clock_functions:
    .word clock_get_ticks, clock_set_ticks, clock_get_time, clock_set_time, clock_get_date, clock_set_date

// 00: CX:DX = ticks since midnight, AL = midnights passed since the last call.
clock_get_ticks:
    cli
    mov ax, [BDA_TICKS]
    mov [bp + FRAME_DX], ax
    mov ax, [BDA_TICKS + 2]
    mov [bp + FRAME_CX], ax
    xor al, al
    xchg al, [BDA_MIDNIGHT]
    mov [bp + FRAME_AL], al
    retw

// 01: CX:DX = ticks.
clock_set_ticks:
    cli
    mov [BDA_TICKS], dx
    mov [BDA_TICKS + 2], cx
    mov byte ptr [BDA_MIDNIGHT], 0
    retw

// 02: CH, CL, DH = hours, minutes, seconds in BCD, DL = daylight saving.
clock_get_time:
    callw rtc_wait
    jc 1f
    mov al, RTC_HOURS
    callw rtc_read
    mov [bp + FRAME_CH], al
    mov al, RTC_MINUTES
    callw rtc_read
    mov [bp + FRAME_CL], al
    mov al, RTC_SECONDS
    callw rtc_read
    mov [bp + FRAME_DH], al
    mov al, RTC_B
    callw rtc_read
    and al, 1
    mov [bp + FRAME_DL], al
    retw
1:  return_carry
    retw

// 03: the same registers set it.
clock_set_time:
    callw rtc_stop
    mov ah, ch
    mov al, RTC_HOURS
    callw rtc_write
    mov ah, cl
    mov al, RTC_MINUTES
    callw rtc_write
    mov ah, dh
    mov al, RTC_SECONDS
    callw rtc_write
    mov bl, dl
    and bl, 1
    jmp rtc_start

// 04: CH, CL, DH, DL = century, year, month, day in BCD.
clock_get_date:
    callw rtc_wait
    jc 1b
    mov al, RTC_CENTURY
    callw rtc_read
    mov [bp + FRAME_CH], al
    mov al, RTC_YEAR
    callw rtc_read
    mov [bp + FRAME_CL], al
    mov al, RTC_MONTH
    callw rtc_read
    mov [bp + FRAME_DH], al
    mov al, RTC_DAY
    callw rtc_read
    mov [bp + FRAME_DL], al
    retw

// 05: the same registers set it.
clock_set_date:
    callw rtc_stop
    mov ah, ch
    mov al, RTC_CENTURY
    callw rtc_write
    mov ah, cl
    mov al, RTC_YEAR
    callw rtc_write
    mov ah, dh
    mov al, RTC_MONTH
    callw rtc_write
    mov ah, dl
    mov al, RTC_DAY
    callw rtc_write
    mov al, RTC_B
    callw rtc_read
    mov bl, al
    and bl, 1
    jmp rtc_start

// Between two updates, at least 244 us of stable registers follow. Carry if the update never ends. Destroys AX, SI.
rtc_wait:
    mov si, 0xFFFF
1:  mov al, RTC_A
    callw rtc_read
    test al, 0x80
    jz 2f
    dec si
    jnz 1b
    stc
2:  retw

// Stop updates while setting. Destroys AX.
rtc_stop:
    mov al, RTC_B
    callw rtc_read
    or al, 0x80
    mov ah, al
    mov al, RTC_B
    jmp rtc_write

// Go on: 24 hours, BCD, daylight saving as BL says. Destroys AX.
rtc_start:
    mov al, RTC_B
    callw rtc_read
    and al, 0x7A                // not SET, not binary, not daylight saving
    or al, 0x02
    or al, bl
    mov ah, al
    mov al, RTC_B
    jmp rtc_write

// AL = register, with NMI left enabled. Interrupts must not come between the two ports.
rtc_read:
    pushf
    cli
    out 0x70, al
    in al, 0x71
    popf
    retw

// AL = register, AH = value.
rtc_write:
    pushf
    cli
    out 0x70, al
    mov al, ah
    out 0x71, al
    popf
    retw
