/*
 * The setup header of the Linux/x86 boot protocol, version 2.10 (Linux Documentation/arch/x86/boot.rst), and behind it
 * our own patch area. Offsets in comments are offsets in the image. Loaders read and write here; mkimage fills in what
 * depends on the size of the protected-mode part: syssize, init_size and the patch area.
 */
#include "layout.h"
#include "code16.h"

    .section .setup_header, "ax"
    .globl type_of_loader, boot_drive, protected_mode_size, setup_sects, syssize, realmode_swtch, header_end, setup_checksum

setup_sects:
    .byte   SETUP_SECTORS                   /* 1F1 */
    .word   0                               /* 1F2 root_flags: its low byte is the type of partition entry 4: none */
syssize:
    .long   0                               /* 1F4 protected-mode part in 16-byte units; by mkimage */
    .word   0                               /* 1F8 ram_size, obsolete */
    .word   0xFFFF                          /* 1FA vid_mode: normal */
    .word   0                               /* 1FC root_dev */
    .word   0xAA55                          /* 1FE boot_flag */
    .byte   0xEB, header_end - (. + 1)      /* 200 jump: its operand also tells loaders the header's length */
    .ascii  "HdrS"                          /* 202 */
    .word   0x020A                          /* 206 version 2.10 */
realmode_swtch:
    .long   0                               /* 208 hook of the loader, called instead of disabling interrupts */
    .word   0                               /* 20C start_sys_seg, obsolete */
    .word   version_string - 0x200          /* 20E kernel_version */
type_of_loader:
    .byte   0                               /* 210 by the loader */
    .byte   0x01                            /* 211 loadflags: LOADED_HIGH; heap flag by the loader */
    .word   0x8000                          /* 212 setup_move_size, only for protocols before 2.02 */
    .long   KERNEL_ADDRESS                  /* 214 code32_start */
    .long   0                               /* 218 ramdisk_image: none is used, one given is ignored */
    .long   0                               /* 21C ramdisk_size */
    .long   0                               /* 220 bootsect_kludge, obsolete */
    .word   STACK_TOP - 0x200               /* 224 heap_end_ptr */
    .byte   0                               /* 226 ext_loader_ver */
    .byte   0                               /* 227 ext_loader_type */
    .long   0                               /* 228 cmd_line_ptr by the loader */
    .long   0x7FFFFFFF                      /* 22C initrd_addr_max */
    .long   0x1000                          /* 230 kernel_alignment */
    .byte   0                               /* 234 relocatable_kernel: no, the kernel lives at 1 MB */
    .byte   12                              /* 235 min_alignment: a page */
    .word   0                               /* 236 xloadflags */
    .long   255                             /* 238 cmdline_size */
    .long   0                               /* 23C hardware_subarch: PC */
    .quad   0                               /* 240 hardware_subarch_data */
    .long   0                               /* 248 payload_offset: of a compressed kernel; ours is not */
    .long   0                               /* 24C payload_length */
    .quad   0                               /* 250 setup_data */
    .quad   KERNEL_ADDRESS                  /* 258 pref_address */
    .long   0                               /* 260 init_size: protected-mode part in whole pages; by mkimage */
header_end:
    jmp     setup_start                     /* 264 */

    .org    0x268 - 0x1F1, 0
    .ascii  "MRTL"                          /* 268 the patch area */
protected_mode_size:
    .long   0                               /* 26C protected-mode part in bytes; by mkimage */
setup_checksum:
    .long   0                               /* 270 CRC-32 from setup_code to the end of the setup code; by mkimage */
boot_sector_checksum:
    .long   0                               /* 274 CRC-32 of boot sector and this header; by mkimage, for its --list */
boot_drive:
    .byte   0xFF                            /* 278 BIOS drive number, by our boot sector; FF: somebody else loaded us */
    .org    SETUP_CODE - 0x1F1, 0

    .section .setup_data, "aw"
version_string:
    .asciz  "Martlet"
