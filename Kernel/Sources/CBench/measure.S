/* See CBench.h. Numbers of system calls: `yield` is 1, `call` 6, `replyReceive` 8. By `sysenter`, arguments in ECX and EDX
   lie on the stack, and bit 8 of EAX says so. */
    .text

    .macro begin name
    .globl \name
\name:
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    rdtsc
    pushl %eax
    pushl 24(%esp)          /* how often; counted down in memory, since calls need the registers */
1:
    .endm

    .macro again
    decl (%esp)
    jnz 1b
    popl %ecx
    rdtsc
    popl %ecx
    subl %ecx, %eax
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret
    .endm

    .macro by_sysenter
    movl %esp, %ecx
    movl $2f, %edx
    sysenter
    int $0x80
2:
    .endm

    .macro no_arguments
    xorl %ecx, %ecx
    xorl %edx, %edx
    .endm

    .globl measure_start
measure_start:
    rdtsc
    ret

    begin measure_loop
    again

    begin measure_interrupt
    movl 32(%esp), %eax
    int $0x80
    again

    begin measure_sysenter
    movl 32(%esp), %eax
    by_sysenter
    again

    begin measure_calls_interrupt
    movl 32(%esp), %ebx
    no_arguments
    movl $6, %eax
    int $0x80
    again

    begin measure_calls_sysenter
    movl 32(%esp), %ebx
    movl $6, %eax
    by_sysenter
    again

    begin measure_buffers_interrupt
    movl 32(%esp), %ebx
    xorl %ecx, %ecx
    movl 36(%esp), %edx
    movl $6, %eax
    int $0x80
    again

    begin measure_buffers_sysenter
    movl 32(%esp), %ebx
    pushl 36(%esp)
    pushl $0
    movl $0x106, %eax
    by_sysenter
    addl $8, %esp
    again

    begin measure_touches
    movl 32(%esp), %eax
    movl %eax, (%eax)
    addl $4096, 32(%esp)
    again

    .macro serve name
    .globl \name
\name:
    pushl %eax
1:  movl (%esp), %ebx
    .endm

    serve serve_by_interrupt
    no_arguments
    movl $8, %eax
    int $0x80
    jmp 1b

    serve serve_by_sysenter
    movl $8, %eax
    by_sysenter
    jmp 1b

    serve serve_buffers_by_interrupt
    xorl %ecx, %ecx
    movl $bench_buffers, %edx
    movl $8, %eax
    int $0x80
    jmp 1b

    serve serve_buffers_by_sysenter
    pushl $bench_buffers
    pushl $0
    movl $0x108, %eax
    by_sysenter
    addl $8, %esp
    jmp 1b

    serve yield_by_interrupt
    movl $1, %eax
    int $0x80
    jmp 1b

    serve yield_by_sysenter
    movl $1, %eax
    by_sysenter
    jmp 1b

    .section .bss.bench, "aw", @nobits
    .balign 4096
    .globl bench_bytes
bench_bytes:
    .space 4096
    .globl bench_buffers
bench_buffers:
    .space 24

    .section .note.GNU-stack, "", @progbits
