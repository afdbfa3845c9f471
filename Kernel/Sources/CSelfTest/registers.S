/* See CSelfTest.h. */
    .text

    .globl fpu_fill
fpu_fill:
    fninit
    .rept 8
    fildl 4(%esp)
    .endr
    testb $4, 8(%esp)
    jz 1f
    movss 4(%esp), %xmm0
    movss 4(%esp), %xmm1
    movss 4(%esp), %xmm2
    movss 4(%esp), %xmm3
    movss 4(%esp), %xmm4
    movss 4(%esp), %xmm5
    movss 4(%esp), %xmm6
    movss 4(%esp), %xmm7
1:  ret

    .globl fpu_differences
fpu_differences:
    xorl %eax, %eax
    pushl $0
    .rept 8
    fistpl (%esp)
    movl (%esp), %ecx
    cmpl 8(%esp), %ecx
    setne %cl
    movzbl %cl, %ecx
    addl %ecx, %eax
    .endr
    testb $4, 12(%esp)
    jz 1f
    .irp register, %xmm0, %xmm1, %xmm2, %xmm3, %xmm4, %xmm5, %xmm6, %xmm7
    movss \register, (%esp)
    movl (%esp), %ecx
    cmpl 8(%esp), %ecx
    setne %cl
    movzbl %cl, %ecx
    addl %ecx, %eax
    .endr
1:  popl %ecx
    ret

    .globl fpu_first_state
fpu_first_state:
    pushl %ebp
    movl %esp, %ebp
    subl $544, %esp
    andl $-16, %esp
    xorl %eax, %eax
    testb $4, 8(%ebp)
    jz 2f
    fxsave (%esp)
    movl $32, %ecx          /* ST0 to XMM7: zeros */
1:  cmpl $0, (%esp,%ecx)
    setne %dl
    movzbl %dl, %edx
    addl %edx, %eax
    addl $4, %ecx
    cmpl $288, %ecx
    jb 1b
    cmpw $0x37f, (%esp)
    setne %dl
    movzbl %dl, %edx
    addl %edx, %eax
    cmpl $0x1f80, 24(%esp)
    jmp 4f
2:  fnsave (%esp)
    movl $28, %ecx          /* ST0 to ST7: zeros */
3:  cmpl $0, (%esp,%ecx)
    setne %dl
    movzbl %dl, %edx
    addl %edx, %eax
    addl $4, %ecx
    cmpl $108, %ecx
    jb 3b
    cmpw $0x37f, (%esp)
4:  setne %dl
    movzbl %dl, %edx
    addl %edx, %eax
    movl %ebp, %esp
    popl %ebp
    ret

    .globl fpu_leave_exception
fpu_leave_exception:
    fninit
    pushl $0x37b            /* the exception of a division by zero is not masked */
    fldcw (%esp)
    fld1
    movl $0, (%esp)
    fdivs (%esp)            /* it is reported by the next instruction that waits */
    popl %ecx
    ret

    .globl fpu_report_exception
fpu_report_exception:
    fwait
    ret

    .globl sse_divide_by_zero
sse_divide_by_zero:
    pushl $0x1d80           /* the same for SSE, where the division itself is the fault */
    ldmxcsr (%esp)
    movl $0x3f800000, (%esp)
    movss (%esp), %xmm0
    xorps %xmm1, %xmm1
    divss %xmm1, %xmm0
    popl %ecx
    ret

    .globl thread_local_load
thread_local_load:
    movl $0x3b, %eax        /* threadLocalSelector */
    movl %eax, %gs
    .globl thread_local_read
thread_local_read:
    movl %gs:0, %eax
    ret

    .section .note.GNU-stack, "", @progbits
