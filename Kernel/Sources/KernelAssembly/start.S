/* Where the machine enters the kernel: the first bytes of the image, at 0x100000, in 32-bit protected mode with flat
   segments, paging off, interrupts off and ESI -> boot_params (the 32-bit boot protocol of Linux/x86). */

    .section .start, "ax", @progbits
    .globl kernel_start
    .type kernel_start, @function
kernel_start:
    jmp enter

/* The image descriptor, at offset 16, filled in by mkimage: see docs/image-format.md. */
    .balign 16
    .globl image_descriptor
image_descriptor:
    .space 64

enter:
    cli
    cld
    movl $entry_stack_top, %esp
    xorl %ebp, %ebp         /* the end of every backtrace */
    pushl $0
    popfl                   /* NT, AC and the like as the loader left them */
    pushl %ebp              /* keep the stack aligned to 16 at the call */
    pushl %ebp
    pushl %ebp
    pushl %esi
    call main
1:  hlt
    jmp 1b
    .size kernel_start, . - kernel_start

/* Used until the boot stack's place is known (it follows the payload). */
    .section .bss.entry_stack, "aw", @nobits
    .balign 16
    .space 8192
    .globl entry_stack_top
entry_stack_top:
