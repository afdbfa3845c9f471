/* Where a program's first thread starts: EAX = its argument, for a program the address of a `ProgramStartup`. When
   `main` returns the thread ends, and with it the process: the process manager takes that for an exit with status 0. */
    .section .text._start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    movl %eax, program_argument
    movl 4(%eax), %ecx      /* `flags`, in ManagerStartup and ProgramStartup alike */
    movl %ecx, system_call_flags
    xorl %ebp, %ebp         /* the end of every backtrace */
    andl $-16, %esp
    subl $8, %esp
    pushl $0                /* argv */
    pushl $0                /* argc: arguments come by `program_argument` */
    call main
    movl $2, %eax           /* SystemCall.threadExit */
    int $0x80
    .size _start, . - _start

    .section .bss.program_argument, "aw", @nobits
    .balign 4
    .globl program_argument
program_argument:
    .long 0
    .globl system_call_flags
system_call_flags:
    .long 0

/* void system_call(struct system_call_registers *registers) */
    .section .text.system_call, "ax", @progbits
    .globl system_call
    .type system_call, @function
system_call:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl 20(%esp), %eax
    pushl %eax
    movl 4(%eax), %ebx
    movl 8(%eax), %ecx
    movl 12(%eax), %edx
    movl 16(%eax), %esi
    movl 20(%eax), %edi
    movl 24(%eax), %ebp
    movl (%eax), %eax
    testb $1, system_call_flags
    jnz 2f
    int $0x80
    jmp 3f
    /* The kernel wants ECX and EDX for `sysexit`, so the arguments in them lie on the stack, and bit 8 of EAX says so.
       What it has to make again it makes by the `int 0x80` before the place where it returns to. */
2:  pushl %edx
    pushl %ecx
    orl $0x100, %eax
    movl %esp, %ecx
    movl $4f, %edx
    sysenter
    int $0x80
4:  addl $8, %esp
3:  popl %ecx               /* ECX and EDX come back undefined */
    movl %eax, (%ecx)
    movl %ebx, 4(%ecx)
    movl %esi, 16(%ecx)
    movl %edi, 20(%ecx)
    movl %ebp, 24(%ecx)
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret
    .size system_call, . - system_call

    .section .note.GNU-stack, "", @progbits
