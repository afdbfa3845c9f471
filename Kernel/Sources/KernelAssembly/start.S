/* Where the machine enters the kernel: the first bytes of the image, at 0x100000, in 32-bit protected mode with flat
   segments, paging off, interrupts off and ESI -> boot_params (the 32-bit boot protocol of Linux/x86). */

    .section .start, "ax", @progbits
    .globl kernel_start
    .type kernel_start, @function
kernel_start:
    jmp enter_image

/* The image descriptor, at offset 16, filled in by mkimage: see docs/image-format.md. */
    .balign 16
image_descriptor:
    .space 64

/* The kernel's own checksum comes first, in registers alone: with the first write to .data or .bss the image is no longer
   what was loaded. The descriptor counts as zeros. */
    .macro checksum_step
    xorb %al, %dl
    shrl $8, %eax
    xorl checksum_table(,%edx,4), %eax
    .endm

enter_image:
    cli
    cld
    movl %esi, %ebp
    movl $-1, %eax
    movl $kernel_image_start, %esi
    xorl %edx, %edx
1:  movb (%esi), %dl
    checksum_step
    incl %esi
    cmpl $image_descriptor, %esi
    jne 1b
2:  xorl %edx, %edx
    checksum_step
    incl %esi
    cmpl $image_descriptor + 64, %esi
    jne 2b
3:  movb (%esi), %dl
    checksum_step
    incl %esi
    cmpl $kernel_end, %esi
    jne 3b
    notl %eax
    movl %eax, kernel_checksum

    movl $entry_stack_top, %esp
    pushl $0
    popfl                   /* NT, AC and the like as the loader left them */
    movl %ebp, %esi
    movl $boot_parameters_copy, %edi    /* they may lie where start-up structures will be */
    movl $1024, %ecx
    rep movsl
    xorl %ebp, %ebp         /* the end of every backtrace */
    call main               /* the `@main` type in Kernel.swift; does not return */
1:  hlt
    jmp 1b
    .size kernel_start, . - kernel_start

/* CRC-32's table for one byte: polynomial 0xEDB88320, reflected. */
    .section .rodata.checksum_table, "a", @progbits
    .balign 4
checksum_table:
    .set byte, 0
    .rept 256
    .set remainder, byte
    .rept 8
    .set remainder, (remainder >> 1) ^ (0xEDB88320 * (remainder & 1))
    .endr
    .long remainder
    .set byte, byte + 1
    .endr

    .section .bss.start, "aw", @nobits
    .balign 4
    .globl kernel_checksum
kernel_checksum:
    .space 4
    .balign 4096
    .globl boot_parameters_copy
boot_parameters_copy:
    .space 4096

/* Used until the boot stack's place is known (it follows the payload). */
    .space 8192
    .globl entry_stack_top
entry_stack_top:
