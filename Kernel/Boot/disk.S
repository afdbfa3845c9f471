/*
 * Loads the protected-mode part from the disk to 1 MB; only when our own boot sector started us.
 *
 * A BIOS can read only below 1 MB, so each chunk goes to a buffer at 0x20000 and is moved up in protected mode
 * (protected-mode.S). We do not use int 15h/87h for that: it adds one more thing that can be broken, and A20 is on.
 * The buffer starts on a 64 KB boundary and is 32 KB long, so no transfer crosses an ISA DMA boundary.
 *
 * Int 13h extensions are used when the BIOS says it has them; if a read by them fails although smaller ones and
 * repetitions were tried, the rest is read by cylinder, head and sector, each read ending with its track.
 */
#include "layout.h"
#include "code16.h"

    .section .setup, "ax"
    .globl load_from_disk

#define ATTEMPTS 5

load_from_disk:
    mov     ecx, [protected_mode_size]
    call    probe_memory
    jz      1f
    mov     si, offset little_memory
    jmp     fail
1:  mov     eax, [protected_mode_size]
    add     eax, SECTOR_SIZE - 1
    shr     eax, 9
    mov     [sectors_left], eax
    mov     dword ptr [sector], SETUP_SECTORS + 1
    mov     dword ptr [destination], KERNEL_ADDRESS
    call    find_extensions
    call    find_geometry

next_chunk:
    mov     eax, [sectors_left]
    test    eax, eax
    jz      load_done
    cmp     eax, BOUNCE_SECTORS
    jbe     1f
    mov     eax, BOUNCE_SECTORS
1:  mov     [chunk], ax
    call    read_chunk

    mov     esi, BOUNCE_SEGMENT * 16
    mov     edi, [destination]
    movzx   ecx, word ptr [chunk]
    sub     [sectors_left], ecx
    add     [sector], ecx
    shl     ecx, 9
    add     [destination], ecx
    call    copy_high
    jmp     next_chunk
load_done:
    mov     al, [access]
    mov     [BR_DISK_ACCESS], al

    /* Floppy motors: the kernel will not hear the timer tick that would stop them. */
    cmp     byte ptr [boot_drive], 0x80
    jae     2f
    mov     dx, 0x3F2
    mov     al, 0x0C                        /* motors off, controller enabled, DMA and interrupt gated as the BIOS has it */
    out     dx, al
2:  ret

/* Reads `chunk` sectors from `sector` to the buffer; may lower `chunk`. Does not return if the disk cannot be read. */
read_chunk:
    cmp     byte ptr [access], ACCESS_CHS
    jne     1f
    call    limit_to_track
1:  mov     bp, ATTEMPTS
2:  call    read_once
    jnc     3f
    mov     al, byte ptr [answer_ax + 1]
    mov     [status], al
    mov     ah, 0                           /* reset */
    mov     dl, [boot_drive]
    call    bios_13
    dec     bp
    jnz     2b
    cmp     word ptr [chunk], 1             /* then one at a time: some BIOSes cannot do long transfers */
    je      4f
    mov     word ptr [chunk], 1
    jmp     1b
4:  cmp     byte ptr [access], ACCESS_EXTENSIONS
    jne     disk_failure
    cmp     word ptr [heads], 0
    je      disk_failure
    mov     byte ptr [access], ACCESS_CHS
    jmp     read_chunk
3:  ret

disk_failure:
    mov     eax, [disk_sectors]
    test    eax, eax
    jz      1f
    cmp     [sector], eax
    jb      1f
    mov     si, offset image_truncated
    jmp     fail
1:  mov     si, offset failure_prefix
    call    print
    mov     si, offset read_error
    call    print
    mov     al, [boot_drive]
    call    print_hex
    mov     si, offset read_error_sector
    call    print
    mov     eax, [sector]
    call    print_decimal
    mov     si, offset read_error_status
    call    print
    mov     al, [status]
    call    print_hex
    mov     si, offset read_error_end
    call    print
    jmp     fail_end

read_once:
    mov     dl, [boot_drive]
    cmp     byte ptr [access], ACCESS_EXTENSIONS
    jne     read_chs

    mov     si, DISK_ADDRESS_PACKET         /* EDD 3.0, 8.11: rebuilt each time, the BIOS writes to it */
    mov     word ptr [si], 16
    mov     ax, [chunk]
    mov     [si + 2], ax
    mov     word ptr [si + 4], 0
    mov     word ptr [si + 6], BOUNCE_SEGMENT
    mov     eax, [sector]
    mov     [si + 8], eax
    mov     dword ptr [si + 12], 0
    mov     ah, 0x42
    call    bios_13
    ret

read_chs:
    mov     eax, [sector]
    xor     edx, edx
    movzx   ecx, word ptr [sectors_per_track]
    div     ecx
    inc     dl
    mov     cl, dl                          /* sector, from 1 */
    push    cx
    xor     edx, edx
    movzx   ecx, word ptr [heads]
    div     ecx
    pop     cx
    mov     dh, dl                          /* head */
    cmp     eax, 1023
    ja      1f
    mov     ch, al                          /* cylinder, low 8 bits */
    shl     ah, 6
    or      cl, ah                          /* its upper two in CL 7:6 */
    mov     dl, [boot_drive]
    mov     al, byte ptr [chunk]
    mov     ah, 2
    xor     bx, bx
    push    es
    push    BOUNCE_SEGMENT
    pop     es
    call    bios_13
    pop     es
    ret
1:  mov     word ptr [answer_ax], 0x0100    /* beyond cylinder 1023 nothing can be addressed: "invalid parameter" */
    stc
    ret

limit_to_track:
    mov     eax, [sector]
    xor     edx, edx
    movzx   ecx, word ptr [sectors_per_track]
    div     ecx
    sub     cx, dx
    cmp     [chunk], cx
    jbe     1f
    mov     [chunk], cx
1:  ret

/* Sets `access`, and `disk_sectors` if the extensions know it. */
find_extensions:
    mov     byte ptr [access], ACCESS_CHS
    mov     ah, 0x41
    mov     bx, 0x55AA
    mov     dl, [boot_drive]
    call    bios_13
    jc      1f
    cmp     word ptr [answer_bx], 0xAA55
    jne     1f
    test    byte ptr [answer_cx], 1         /* fixed disk access subset */
    jz      1f
    mov     byte ptr [access], ACCESS_EXTENSIONS

    mov     si, BIOS_BUFFER
    mov     word ptr [si], 26
    mov     ah, 0x48
    mov     dl, [boot_drive]
    call    bios_13
    jc      1f
    cmp     dword ptr [si + 20], 0
    jne     1f
    mov     eax, [si + 16]
    mov     [disk_sectors], eax
1:  ret

/* Sets `heads` and `sectors_per_track`; `heads` stays 0 if there is no way to know. */
find_geometry:
    mov     ah, 8
    mov     dl, [boot_drive]
    push    es
    xor     di, di                          /* some BIOSes want ES:DI = 0 */
    mov     es, di
    call    bios_13
    pop     es
    jc      probe_geometry
    mov     ax, word ptr [answer_cx]
    mov     dl, byte ptr [answer_dx + 1]
    movzx   dx, dl
    inc     dx
    mov     cx, ax
    and     cx, 0x3F
    jz      probe_geometry
    mov     [sectors_per_track], cx
    mov     [heads], dx
    cmp     dword ptr [disk_sectors], 0
    jne     1f
    xchg    al, ah                          /* AL: low 8 bits, AH 7:6: upper 2 bits of the last cylinder */
    shr     ah, 6
    movzx   eax, ax
    inc     eax
    movzx   ecx, cx
    movzx   edx, dx
    imul    eax, ecx
    imul    eax, edx
    mov     [disk_sectors], eax
1:  ret

/* A floppy BIOS without AH=08h: the longest track of which the last sector can be read. */
probe_geometry:
    cmp     byte ptr [boot_drive], 0x80
    jae     4f
    mov     si, offset floppy_tracks
1:  lodsb
    test    al, al
    jz      4f
    mov     bp, 3                           /* a motor that has to spin up fails the first reads */
2:  mov     cl, al
    mov     ch, 0
    mov     dh, 0
    mov     dl, [boot_drive]
    push    ax
    push    es
    push    BOUNCE_SEGMENT
    pop     es
    xor     bx, bx
    mov     ax, 0x0201
    call    bios_13
    pop     es
    pop     ax
    jnc     3f
    push    ax
    mov     ah, 0
    call    bios_13
    pop     ax
    dec     bp
    jnz     2b
    jmp     1b
3:  movzx   cx, al
    mov     [sectors_per_track], cx
    mov     word ptr [heads], 2
    ret
4:  cmp     byte ptr [access], ACCESS_EXTENSIONS
    je      5f
    mov     si, offset no_geometry
    jmp     fail
5:  ret

    .section .setup_data, "aw"
    .balign 4
sector:             .long 0
sectors_left:       .long 0
destination:        .long 0
disk_sectors:       .long 0                 /* 0: not known */
chunk:              .word 0
heads:              .word 0
sectors_per_track:  .word 0
access:             .byte 0
status:             .byte 0
floppy_tracks:      .byte 36, 18, 15, 9, 0
little_memory:
    .asciz  "too little memory for the kernel above 1 MB"
image_truncated:
    .asciz  "image is truncated: the disk ends before the image does"
no_geometry:
    .asciz  "disk read error: the BIOS does not tell the geometry of the boot disk"
read_error:
    .asciz  "disk read error (drive "
read_error_sector:
    .asciz  ", sector "
read_error_status:
    .asciz  ", status "
read_error_end:
    .asciz  ")"
