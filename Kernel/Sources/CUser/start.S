/* Where a program's first thread starts: EAX = its argument. Ends the thread when `main` returns. */
    .section .text._start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    xorl %ebp, %ebp
    andl $-16, %esp
    subl $12, %esp
    pushl %eax
    call main
    movl $2, %eax           /* SystemCall.threadExit */
    int $0x80
    .size _start, . - _start
