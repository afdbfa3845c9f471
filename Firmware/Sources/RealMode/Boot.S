// int 19h: boot from the first disk that can be booted; int 18h: nothing can.
//
// Each disk that fails says why, in words, because "No bootable device" alone helps nobody.

#include "realmode.inc"

    .globl int18, int19

int19:
    cli
    cld
    xor ax, ax
    mov ss, ax
    mov sp, POST_STACK_TOP
    sti
    mov bp, 0                       // BP = number of the disk at hand
boot_next:
    push BDA_SEGMENT
    pop ds
    movzx ax, byte ptr [BDA_DISK_COUNT]
    cmp bp, ax
    jae int18

    mov si, offset text_booting
    callw print
    mov ax, bp
    add al, 0x80
    callw print_hex_byte
    mov si, offset text_colon
    callw print
    load_ebda ds
    imul si, bp, DISK_ENTRY_SIZE
    add si, EBDA_DISKS + DISK_NAME
    callw print_string_at_ds
    mov si, offset text_end_of_line
    callw print

    mov di, 3                       // a drive may want a moment, or a reset
1:  xor ax, ax
    mov es, ax
    mov bx, BOOT_ADDRESS
    mov ax, 0x0201
    mov cx, 0x0001
    mov dx, bp
    mov dh, 0
    add dl, 0x80
    int 0x13
    jnc 2f
    push ax
    xor ah, ah
    int 0x13
    pop ax
    dec di
    jnz 1b
    // AH says what went wrong.
    push ax
    mov si, offset text_read_error
    callw print
    pop ax
    mov al, ah
    mov di, offset disk_errors
    push ax
    callw print_disk_error
    mov si, offset text_error_code
    callw print
    pop ax
    mov al, ah
    callw print_hex_byte
    mov si, offset text_error_end
    callw print
    jmp 4f

2:  push 0
    pop ds
    cmp word ptr [BOOT_ADDRESS + 510], 0xAA55
    jne 3f
    mov si, offset text_end_of_line
    callw print
    // As IBM's did: DL = disk, all else zero, 0000:7C00.
    mov dx, bp
    add dl, 0x80
    xor eax, eax
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    xor ebx, ebx
    xor ecx, ecx
    movzx edx, dl
    xor esi, esi
    xor edi, edi
    xor ebp, ebp
    .byte 0xEA
    .word BOOT_ADDRESS, 0x0000

3:  mov si, offset text_no_signature
    callw print
4:  inc bp
    jmp boot_next

// Print the words for BIOS disk status AH. Destroys AX, SI, DI.
print_disk_error:
1:  mov si, cs:[di + 1]
    cmp byte ptr cs:[di], ah
    je 2f
    cmp byte ptr cs:[di], 0xFF
    je 2f
    add di, 3
    jmp 1b
2:  callw print
    retw

// int 18h: what a boot sector calls when it gives up, and what int 19h ends in.
int18:
    cld
    xor ax, ax
    mov ss, ax
    mov sp, POST_STACK_TOP
    sti
    push BDA_SEGMENT
    pop ds
    mov si, offset text_no_disk
    cmp byte ptr [BDA_DISK_COUNT], 0
    je 1f
    mov si, offset text_nothing_boots
1:  callw print
    mov si, offset text_press_key
    callw print
2:  mov ah, 0x01                    // forget what was typed before
    int 0x16
    jz 3f
    xor ah, ah
    int 0x16
    jmp 2b
3:  xor ah, ah
    int 0x16
    // From the beginning: there may be another disk now.
    .byte 0xEA
    .word reset_vector, 0xF000

text_booting:
    .asciz " Booting disk "
text_colon:
    .asciz "h: "
text_end_of_line:
    .asciz "\r\n"
text_no_signature:
    .asciz "   Its first sector is no boot sector: it does not end in 55 AA.\r\n"
text_read_error:
    .asciz "   Its first sector cannot be read: "
text_error_code:
    .asciz " (error "
text_error_end:
    .asciz "h).\r\n"
text_no_disk:
    .asciz "\r\n There is no disk to boot from. Attach one with a boot sector.\r\n"
text_nothing_boots:
    .asciz "\r\n None of the disks can be booted.\r\n"
text_press_key:
    .asciz " Press a key to start again.\r\n"

disk_errors:
    .byte 0x01
    .word error_refused
    .byte 0x02
    .word error_no_mark
    .byte 0x04
    .word error_not_found
    .byte 0x10
    .word error_data
    .byte 0x20
    .word error_controller
    .byte 0x80
    .word error_timeout
    .byte 0xFF
    .word error_other
error_refused:
    .asciz "the disk refuses the command"
error_no_mark:
    .asciz "address mark missing"
error_not_found:
    .asciz "sector not found"
error_data:
    .asciz "the data are damaged"
error_controller:
    .asciz "the controller reports a fault"
error_timeout:
    .asciz "the disk does not answer"
error_other:
    .asciz "unknown failure"
