/*
 * What every 16-bit source begins with. LLVM's assembler, in Intel syntax, gives `call` and `ret` a 32-bit operand even
 * in 16-bit code (a pair that works: both move four bytes) and `retf` too (which does not: it would pop eight), and has
 * no way to write a direct far jump; these macros do.
 */
    .intel_syntax noprefix
    .code16

    .macro  far_return
    .byte   0xCB
    .endm

    .macro  far_jump segment, offset
    .byte   0xEA
    .word   \offset, \segment
    .endm
