/*
 * The setup code: everything between the BIOS and the kernel's first instruction.
 *
 * Three roads lead here: our own boot sector, QEMU's -kernel, and loaders that speak the 16-bit protocol (GRUB's
 * linux16, syslinux). They differ in one thing: our boot sector leaves the protected-mode part on the disk. From here
 * on the order is: processor, parameters page, memory map, screen, A20, disk, checks, protected mode. A loader that
 * speaks the 32-bit protocol (GRUB's linux) skips all of it and fills the parameters page itself.
 *
 * One segment holds code, data and stack (layout.h); DS, ES and SS equal CS at every call. Each BIOS call is wrapped
 * (bios.S) so that a BIOS may destroy any register but SS:SP. Nothing is printed unless something is wrong.
 */
#include "layout.h"
#include "code16.h"

    .section .setup, "ax"
    .globl setup_start

setup_start:
    cli
    cld
    mov     ax, cs
    sub     ax, 0x20                        /* trust only CS: it must be right, or we would not run */
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     esp, STACK_TOP
    push    ax
    push    offset rebased
    far_return
rebased:
    sti
    call    check_setup
    call    check_processor

    mov     di, ZEROED_START
    mov     cx, (ZEROED_END - ZEROED_START) / 4
    xor     eax, eax
    rep     stosd

    /* Partition editors may have cleared what overlaps the partition table. */
    mov     byte ptr [setup_sects], SETUP_SECTORS
    mov     eax, [protected_mode_size]
    add     eax, 15
    shr     eax, 4
    mov     [syssize], eax
    mov     si, BP_HEADER
    mov     di, BOOT_PARAMETERS + BP_HEADER
    mov     cx, offset header_end
    sub     cx, BP_HEADER
    rep     movsb

    mov     dword ptr [BR_MAGIC], BOOT_RECORD_MAGIC
    mov     byte ptr [BR_PATH], PATH_PROTOCOL_16
    mov     al, [boot_drive]
    mov     [BR_DRIVE], al

    call    find_memory
    call    find_screen
    call    enable_a20

    cmp     byte ptr [type_of_loader], LOADER_OWN_BOOT_SECTOR
    jne     loaded
    cmp     byte ptr [boot_drive], 0xFF     /* somebody else's "undefined loader" */
    je      loaded
    mov     byte ptr [BR_PATH], PATH_BOOT_SECTOR
    call    load_from_disk
loaded:
    call    check_kernel
    jmp     enter_kernel

/* Before a variable changes: is the setup code what mkimage wrote? What loaders write lies outside of the checksum. */
check_setup:
    mov     si, offset setup_truncated
    cmp     dword ptr [SETUP_END - 4], SETUP_SIGNATURE
    jne     fail
    or      eax, -1
    mov     esi, SETUP_CODE
    mov     ecx, SETUP_END - SETUP_CODE
    call    checksum
    not     eax
    mov     si, offset setup_damaged
    cmp     eax, [setup_checksum]
    jne     fail
    ret

/* The kernel is compiled for a 486, the first processor with EFLAGS.AC (SDM volume 1, 3.4.3). */
check_processor:
    mov     ecx, 0x40000
    pushfd
    pop     eax
    mov     edx, eax
    xor     eax, ecx
    and     ah, 0xFD                        /* IF: a BIOS's interrupt handlers need not keep the bit */
    push    eax
    popfd
    pushfd
    pop     eax
    push    edx
    popfd
    xor     eax, edx
    test    eax, ecx
    jnz     1f
    mov     si, offset old_processor
    jmp     fail
1:  ret

    .section .setup_data, "a"
setup_truncated:
    .asciz  "image is truncated: the setup code is incomplete"
setup_damaged:
    .asciz  "setup code is corrupt: checksum"
old_processor:
    .asciz  "this machine needs a 486 or later processor"

    .section .setup_signature, "a"
    .long   SETUP_SIGNATURE
