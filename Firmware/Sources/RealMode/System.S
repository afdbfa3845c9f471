// int 11h, 12h, 17h and int 15h except the memory functions (Memory.S): equipment, memory size, system services.

#include "realmode.inc"

    .globl int11, int12, int15, int17

int11:
    enter_service
    mov ax, [BDA_EQUIPMENT]
    mov [bp + FRAME_AX], ax
    leave_service

int12:
    enter_service
    mov ax, [BDA_MEMORY_KB]
    mov [bp + FRAME_AX], ax
    leave_service

// int 17h: there is no printer; AH = time-out.
int17:
    enter_service
    mov byte ptr [bp + FRAME_AH], 0x01
    leave_service

int15:
    enter_service
    cmp ah, 0x4F
    je 1f                       // keyboard intercept: carry comes in set and stays, the key is processed
    return_no_carry
    cmp ah, 0x24
    je system_a20
    cmp ah, 0x86
    je system_wait
    cmp ah, 0x87
    je system_move_block
    cmp ah, 0x88
    je system_extended_memory
    cmp ah, 0xC0
    je system_configuration
    cmp ah, 0xC1
    je system_ebda
    cmp ax, 0xE801
    je system_memory_e801
    cmp ax, 0xE820
    je system_memory_e820
    // Device busy, device ready, system request key, and events of program end: hooks, nothing to do.
    cmp ah, 0x80
    jb 2f
    cmp ah, 0x82
    jbe 3f
    cmp ah, 0x85
    je 3f
    cmp ah, 0x90
    je 3f
    cmp ah, 0x91
    je 3f
2:  mov byte ptr [bp + FRAME_AH], 0x86
    return_carry
1:  leave_service
3:  mov byte ptr [bp + FRAME_AH], 0
    leave_service

// AH=86: CX:DX = microseconds. Counts the 8254's channel 0, which POST lets run through all 65536 values; a program
// that gave it a shorter period waits less.
system_wait:
    restore_interrupts
    // Ticks of 1193182 Hz: us * 1193182 / 1000000, in 64 bits.
    shl ecx, 16
    mov cx, dx
    mov eax, 1193182
    mul ecx
    mov ecx, 1000000
    div ecx                     // cannot overflow: the factor is below 2
    mov ebx, eax
    callw read_counter
    mov di, ax
1:  callw read_counter
    mov dx, di
    mov di, ax
    sub dx, ax                  // the counter runs down
    movzx edx, dx
    sub ebx, edx
    ja 1b
    mov byte ptr [bp + FRAME_AH], 0
    leave_service

// AX = channel 0 of the 8254, latched. No interrupt may come between the two halves.
read_counter:
    pushf
    cli
    xor al, al
    out 0x43, al
    in al, 0x40
    mov ah, al
    in al, 0x40
    xchg al, ah
    popf
    retw

// AH=C0: ES:BX = configuration table.
system_configuration:
    mov [bp + FRAME_ES], cs
    mov word ptr [bp + FRAME_BX], offset configuration_table
    mov byte ptr [bp + FRAME_AH], 0
    leave_service

// AH=C1: ES = segment of the EBDA.
system_ebda:
    mov ax, [BDA_EBDA_SEGMENT]
    mov [bp + FRAME_ES], ax
    mov byte ptr [bp + FRAME_AH], 0
    leave_service

configuration_table:
    .word 8                     // bytes that follow
    .byte 0xFC, 0x00, 0x00      // model AT, submodel, revision
    .byte 0x74                  // second PIC, RTC, int 15h/4Fh called, EBDA
    .byte 0x40                  // int 16h AH=09h exists
    .byte 0x00, 0x00, 0x00
