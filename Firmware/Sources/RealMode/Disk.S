// int 13h: disks. The functions; the transfer itself is in DiskTransfer.S.
//
// POST wrote an entry for every ATA disk into the EBDA (layout.h); the services read it there. Drive numbers 80h...
// are its order. There is no diskette drive: all functions on numbers below 80h fail like on a PC without one.

#include "realmode.inc"

    .globl int13, diskette_parameters

// Status codes, also kept at 40:74 for function 01 (RBIL, table 00234).
#define STATUS_OK 0x00
#define STATUS_INVALID 0x01
#define STATUS_NOT_FOUND 0x04
#define STATUS_BOUNDARY 0x09
#define STATUS_TIMEOUT 0x80

int13:
    enter_service
    restore_interrupts
    cmp dl, 0x80
    jb no_diskette
    movzx si, dl
    sub si, 0x80
    push ax
    movzx ax, byte ptr [BDA_DISK_COUNT]
    cmp si, ax
    pop ax
    jae no_such_disk

    // DS = EBDA, SI = entry of the disk, for every function.
    cmp ah, 0x48
    ja disk_invalid
    load_ebda ds
    imul si, si, DISK_ENTRY_SIZE
    add si, EBDA_DISKS
    movzx di, ah
    shl di, 1
    jmp word ptr cs:[di + disk_functions]

    .balign 2
disk_functions:
    .word disk_reset, disk_get_status, disk_read, disk_write                    // 00
    .word disk_verify, disk_invalid, disk_invalid, disk_invalid
    .word disk_get_parameters, disk_ok, disk_invalid, disk_invalid              // 08
    .word disk_seek, disk_reset, disk_invalid, disk_invalid
    .word disk_ok, disk_ok, disk_invalid, disk_invalid                          // 10
    .word disk_ok, disk_get_type, disk_invalid, disk_invalid
    .rept 0x41 - 0x18
    .word disk_invalid
    .endr
    .word disk_check_extensions, disk_extended_read, disk_extended_write        // 41
    .word disk_extended_verify, disk_invalid, disk_invalid, disk_extended_seek  // 44
    .word disk_extended_parameters                                              // 48

// Ways out: status in AH, with the carry set for all but 0, and remembered.
disk_ok:
    xor ah, ah
    jmp disk_return
disk_invalid:
    mov ah, STATUS_INVALID
disk_return:
    mov [bp + FRAME_AH], ah
    push BDA_SEGMENT
    pop ds
    mov [BDA_DISK_STATUS], ah
    return_no_carry
    test ah, ah
    jz 1f
    return_carry
1:  leave_service

no_such_disk:
    // Function 15h answers "no such drive" without an error.
    mov ah, STATUS_INVALID
    cmp byte ptr [bp + FRAME_AH], 0x15
    jne disk_return
    mov byte ptr [bp + FRAME_AH], 0
    return_no_carry
    leave_service

no_diskette:
    cmp ah, 0x15
    je no_such_disk
    cmp ah, 0x08
    je 2f
    mov al, STATUS_OK
    test ah, ah                     // reset finds nothing to reset
    jz 1f
    mov al, STATUS_INVALID
    cmp ah, 0x02
    jb 1f
    cmp ah, 0x05
    ja 1f
    mov al, STATUS_TIMEOUT          // not ready
1:  mov ah, al
    mov [BDA_FLOPPY_STATUS], ah
    mov [bp + FRAME_AH], ah
    return_no_carry
    test ah, ah
    jz 3f
    return_carry
3:  leave_service
2:  // Parameters: no drives.
    mov word ptr [bp + FRAME_CX], 0
    mov word ptr [bp + FRAME_DX], 0
    mov byte ptr [bp + FRAME_BL], 0
    mov ah, STATUS_INVALID
    mov [bp + FRAME_AH], ah
    return_carry
    leave_service

// 00 and 0D: reset the channel.
disk_reset:
    callw disk_reset_channel
    jmp disk_return

// 01: status of the last operation.
disk_get_status:
    push BDA_SEGMENT
    pop ds
    mov ah, [BDA_DISK_STATUS]
    mov byte ptr [BDA_DISK_STATUS], 0
    mov [bp + FRAME_AL], ah
    mov [bp + FRAME_AH], ah
    return_no_carry
    test ah, ah
    jz 1f
    return_carry
1:  leave_service

// 02, 03, 04: AL = sectors, CH, CL = cylinder and sector, DH = head, ES:BX = buffer.
disk_read:
    mov byte ptr [EBDA_DISK_COMMAND], 0x20
    jmp disk_by_geometry
disk_write:
    mov byte ptr [EBDA_DISK_COMMAND], 0x30
    jmp disk_by_geometry
disk_verify:
    mov byte ptr [EBDA_DISK_COMMAND], 0x40
disk_by_geometry:
    test al, al
    jz disk_invalid
    movzx eax, al
    mov [EBDA_DISK_LEFT], ax
    callw geometry_to_lba
    jc disk_sector_not_found
    callw disk_transfer
    mov al, [EBDA_DISK_DONE]
    mov [bp + FRAME_AL], al
    jmp disk_return
disk_sector_not_found:
    mov byte ptr [bp + FRAME_AL], 0
    mov ah, STATUS_NOT_FOUND
    jmp disk_return

// CX, DH in the disk's logical geometry to EBDA_DISK_LBA; carry if there is no such sector. ES:DI = ES:BX with a
// small offset. Destroys EAX, EDX, CX, DI.
geometry_to_lba:
    callw normalise_buffer
    movzx eax, cl
    shl ax, 2
    and ax, 0x300
    mov al, ch                      // AX = cylinder
    cmp ax, [si + DISK_CYLINDERS]
    jae 1f
    movzx di, dh                    // DI = head
    cmp di, [si + DISK_HEADS]
    jae 1f
    and cx, 0x3F                    // CX = sector
    jz 1f
    cmp cx, [si + DISK_SECTORS_PER_TRACK]
    ja 1f
    movzx edx, word ptr [si + DISK_HEADS]
    mul edx
    movzx edi, di
    add eax, edi
    movzx edx, word ptr [si + DISK_SECTORS_PER_TRACK]
    mul edx
    movzx ecx, cx
    dec ecx
    add eax, ecx
    mov [EBDA_DISK_LBA], eax
    mov di, bx
    clc
    retw
1:  stc
    retw

// ES:BX to the same address with BX below 16, so that 64 KiB fit behind it.
normalise_buffer:
    push ax
    push dx
    mov ax, es
    mov dx, bx
    shr dx, 4
    add ax, dx
    mov es, ax
    and bx, 0x0F
    pop dx
    pop ax
    retw

// 08: returns CH, CL = last cylinder and sector, DH = last head, DL = number of disks.
disk_get_parameters:
    mov ax, [si + DISK_CYLINDERS]
    dec ax
    mov ch, al
    shl ah, 6
    mov cl, [si + DISK_SECTORS_PER_TRACK]
    or cl, ah
    mov [bp + FRAME_CX], cx
    mov dh, [si + DISK_HEADS]
    dec dh
    push BDA_SEGMENT
    pop ds
    mov dl, [BDA_DISK_COUNT]
    mov [bp + FRAME_DX], dx
    mov byte ptr [bp + FRAME_AL], 0
    jmp disk_ok

// 0C: the sector must exist; a disk that does its own seeking needs no more.
disk_seek:
    or cl, 1                        // callers leave the sector number unset
    callw geometry_to_lba
    jc disk_sector_not_found
    jmp disk_ok

// 15: AH = 3 (hard disk), CX:DX = sectors reachable by cylinder, head and sector.
disk_get_type:
    movzx eax, word ptr [si + DISK_CYLINDERS]
    movzx edx, word ptr [si + DISK_HEADS]
    mul edx
    movzx edx, word ptr [si + DISK_SECTORS_PER_TRACK]
    mul edx
    mov [bp + FRAME_DX], ax
    shr eax, 16
    mov [bp + FRAME_CX], ax
    mov byte ptr [bp + FRAME_AH], 3
    push BDA_SEGMENT
    pop ds
    mov byte ptr [BDA_DISK_STATUS], 0
    return_no_carry
    leave_service

// 41: BX = 55AA. Version 2.1 of the extensions, functions 42-44, 47, 48.
disk_check_extensions:
    cmp bx, 0x55AA
    jne disk_invalid
    mov word ptr [bp + FRAME_BX], 0xAA55
    mov word ptr [bp + FRAME_CX], 0x0001
    mov byte ptr [bp + FRAME_AH], 0x21
    return_no_carry
    leave_service

// 42, 43, 44: DS:SI = disk address packet: byte size, byte 0, word sectors, dword buffer, qword LBA.
disk_extended_read:
    mov byte ptr [EBDA_DISK_COMMAND], 0x20
    jmp disk_by_packet
disk_extended_write:
    mov byte ptr [EBDA_DISK_COMMAND], 0x30
    jmp disk_by_packet
disk_extended_verify:
    mov byte ptr [EBDA_DISK_COMMAND], 0x40
disk_by_packet:
    callw packet_to_lba
    jc disk_invalid
    callw disk_transfer
    mov di, [bp + FRAME_SI]
    mov es, [bp + FRAME_DS]
    mov cx, [EBDA_DISK_DONE]
    mov es:[di + 2], cx
    jmp disk_return

// 47: seek.
disk_extended_seek:
    callw packet_to_lba
    jc disk_invalid
    jmp disk_ok

// Fill EBDA_DISK_LBA and _LEFT and ES:DI from the caller's packet; carry if it asks for what we do not have.
// Destroys EAX, EDX, BX, CX.
packet_to_lba:
    mov es, [bp + FRAME_DS]
    mov di, [bp + FRAME_SI]
    cmp byte ptr es:[di], 0x10
    jb 1f
    cmp dword ptr es:[di + 12], 0
    jne 1f
    cmp dword ptr es:[di + 4], -1   // 64-bit flat buffer address follows: not here
    je 1f
    movzx ecx, word ptr es:[di + 2]
    mov [EBDA_DISK_LEFT], cx
    mov eax, es:[di + 8]
    mov [EBDA_DISK_LBA], eax
    mov edx, eax
    add edx, ecx
    jc 1f
    cmp edx, [si + DISK_SECTORS]
    ja 1f
    les bx, es:[di + 4]
    callw normalise_buffer
    mov di, bx
    clc
    retw
1:  stc
    retw

// 48: DS:SI = room, first word its size, for at least 1Ah bytes.
disk_extended_parameters:
    mov es, [bp + FRAME_DS]
    mov di, [bp + FRAME_SI]
    mov ax, es:[di]
    cmp ax, 0x1A
    jb disk_invalid
    cmp ax, 0x1E
    mov ax, 0x1A
    jb 1f
    mov ax, 0x1E
    mov dword ptr es:[di + 26], -1  // no device parameter table extension
1:  stosw
    mov ax, 0x0002                  // geometry is valid
    stosw
    movzx eax, word ptr [si + DISK_PHYSICAL_CYLINDERS]
    stosd
    mov ax, [si + DISK_PHYSICAL_HEADS]
    stosd
    mov ax, [si + DISK_PHYSICAL_SECTORS_PER_TRACK]
    stosd
    mov eax, [si + DISK_SECTORS]
    stosd
    xor eax, eax
    stosd
    mov ax, 512
    stosw
    jmp disk_ok

// Vector 1Eh: 1.44 MB, what DOS reads even where there is no drive.
diskette_parameters:
    .byte 0xDF, 0x02, 0x25, 0x02, 18, 0x1B, 0xFF, 0x6C, 0xF6, 0x0F, 0x08
