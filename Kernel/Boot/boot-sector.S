/*
 * The boot sector: sector 0 of kernel.img, started by a BIOS at 0x7C00 in real mode.
 *
 * It has 378 bytes: 0x03-0x3D belong to a BIOS parameter block (some BIOSes write there when they present a USB stick
 * as a floppy), 0x1B8-0x1FD to disk signature and partition table, of which the last entry overlaps the protocol's
 * setup header. So it does one thing: fetch the setup code, 14 sectors of the first track, and jump to it. The setup
 * code has the room to do the rest well. Nothing here reads the setup header: a partition editor may have cleared it.
 *
 * Every BIOS call is wrapped so that only SS:SP has to survive it. The drive number in DL is only the first guess:
 * BIOSes have been seen to pass wrong ones, so a drive counts when the setup code's signature is read from it.
 */
#include "layout.h"
#include "code16.h"

    .section .boot_sector, "ax"
    .globl boot_sector

/* Variables, in the free memory behind the sector. */
#define next_candidate  0x200
#define failure         0x202
#define packet          0x210
#define ATTEMPTS        4

boot_sector:
    jmp     short start
    nop
    .org    0x3E, 0

start:
    cli
    xor     ax, ax
    mov     ss, ax
    mov     sp, 0x7C00
    sti
    cld
    push    0x07C0                          /* 0000:7C00 or 07C0:0000, BIOSes differ: make it 07C0 */
    push    offset normalized
    far_return

normalized:
    push    cs
    pop     ds
    mov     word ptr [next_candidate], offset candidates
    mov     word ptr [failure], offset read_error

try_drive:
    mov     ax, BASE_SEGMENT
    mov     es, ax
    xor     di, di                          /* sector number */
    xor     bx, bx                          /* its place: es:bx */
read_next:
    mov     si, ATTEMPTS
attempt:
    /* CHS first: it exists everywhere, and on the first track it cannot be misunderstood. */
    mov     cx, di
    inc     cx                              /* cylinder 0, sector di + 1 */
    mov     dh, 0                           /* head 0 */
    mov     ax, 0x0201
    call    disk_service
    jnc     sector_done

    /* Then the extensions, unasked: a BIOS without them answers with an error. */
    mov     word ptr [packet], 0x10
    mov     word ptr [packet + 2], 1
    mov     word ptr [packet + 4], bx
    mov     word ptr [packet + 6], es
    mov     word ptr [packet + 8], di
    push    si
    xor     ax, ax
    mov     word ptr [packet + 10], ax
    mov     word ptr [packet + 12], ax
    mov     word ptr [packet + 14], ax
    mov     si, packet
    mov     ah, 0x42
    call    disk_service
    pop     si
    jnc     sector_done

    xor     ax, ax                          /* reset the controller; a floppy's motor may need three attempts */
    call    disk_service
    dec     si
    jnz     attempt
    jmp     next_drive

sector_done:
    add     bx, SECTOR_SIZE
    inc     di
    cmp     di, SETUP_SECTORS + 1
    jb      read_next

    cmp     dword ptr es:[SETUP_END - 4], SETUP_SIGNATURE
    je      run_setup
    mov     word ptr [failure], offset truncated

next_drive:
    mov     si, [next_candidate]
    mov     dl, [si]
    inc     word ptr [next_candidate]
    cmp     dl, 0xFF
    jne     try_drive

    mov     si, [failure]
print:
    mov     al, cs:[si]
    inc     si
    test    al, al
    jz      halt
    pusha
    mov     ah, 0x0E
    mov     bx, 7
    int     0x10
    popa
    jmp     print
halt:
    sti                                     /* Ctrl+Alt+Del still restarts the machine */
    hlt
    jmp     halt

run_setup:
    mov     es:[boot_drive], dl
    mov     byte ptr es:[type_of_loader], LOADER_OWN_BOOT_SECTOR
    push    SETUP_ENTRY_SEGMENT
    push    0
    far_return

/* int 13h. In: its registers. Out: carry. Keeps everything else whatever the BIOS does. */
disk_service:
    push    ds
    push    es
    pushad
    stc                                     /* BIOSes that fail without saying so leave carry as it was */
    int     0x13
    sti                                     /* some return with interrupts off */
    cld
    popad
    pop     es
    pop     ds
    ret

candidates:
    .byte   0x80, 0x81, 0x00, 0x01, 0xFF
read_error:
    .asciz  "Martlet: disk read error\r\n"
truncated:
    .asciz  "Martlet: image is truncated or damaged\r\n"
