// Code that writes to code: the immediate of an instruction, then the instruction is executed. Every fourth time the
// write is to the running block itself.
        .text
        .globl  patch
patch:  pushl   %ebx
        movl    8(%esp), %ecx
        xorl    %eax, %eax
        movl    $1, %edx
        testl   %ecx, %ecx
        jz      3f
1:      leal    (%edx,%edx,4), %edx
        addl    %ecx, %edx
        movl    %edx, patched + 1
        call    patched
        testl   $3, %ecx
        jnz     2f
        call    patched_itself
2:      decl    %ecx
        jnz     1b
3:      popl    %ebx
        ret

// Writable and executable on the host too.
        .section .patched, "awx", @progbits
        .balign 64
patched:
        addl    $0x11111111, %eax
        ret
        .balign 64
patched_itself:
        movl    %edx, 1f + 1
1:      xorl    $0x11111111, %eax
        ret
