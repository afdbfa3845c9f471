/* See CSelfTest.h. */
    .text

    .globl sysenter_with_flags
sysenter_with_flags:
    movl $1f, %edx
    movl $1, %eax
    pushfl
    pushfl
    movl 12(%esp), %ecx
    orl %ecx, (%esp)
    leal 4(%esp), %ecx
    popfl                   /* with TF, the trap comes behind the next instruction: in the kernel */
    sysenter
    int $0x80
1:  popfl
    ret

    .globl interrupt_with_flags
interrupt_with_flags:
    movl $1, %eax
    pushfl
    pushfl
    movl 12(%esp), %ecx
    orl %ecx, (%esp)
    popfl
    int $0x80
    popfl
    ret

    .macro set_segments
    pushl %ds
    pushl %es
    pushl %fs
    pushl %gs
    movl 20(%esp), %eax
    movl $1, %edx
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %es
    movl %eax, %ds
    .endm

    .macro restore_segments
    popl %gs
    popl %fs
    popl %es
    popl %ds
    ret
    .endm

    .globl sysenter_with_segments
sysenter_with_segments:
    set_segments
    movl $1f, %edx
    movl %esp, %ecx
    movl $1, %eax
    sysenter
    int $0x80
1:  restore_segments

    .globl interrupt_with_segments
interrupt_with_segments:
    set_segments
    movl $1, %eax
    int $0x80
    restore_segments

    .globl sysenter_with_stack
sysenter_with_stack:
    pushl %ebx
    pushl %ebp
    movl %esp, %ebp         /* preserved by the call */
    movl 12(%esp), %eax
    movl 16(%esp), %ecx
    xorl %ebx, %ebx
    movl $1f, %edx
    sysenter
    int $0x80
1:  movl %ebp, %esp
    popl %ebp
    popl %ebx
    ret

    .globl undefined_instruction
undefined_instruction:
    movl 4(%esp), %eax
    movl 8(%esp), %ecx
    ud2
    pushfl
    popl (%ecx)
    ret

    .globl child_code
child_code:
    movl %eax, (%eax)
    movl %eax, %edi
    leal 0x1000(%edi), %edx
    leal 16(%edi), %ecx
    movl $8, %esi
    movl $1, %ebx           /* InitialSlot.process */
    movl $17, %eax          /* SystemCall.memoryWrite */
    int $0x80
    movl %eax, 4(%edi)
    leal 0x2000(%edi), %edx
    leal 16(%edi), %ecx
    movl $8, %esi
    movl $17, %eax
    int $0x80
    movl %eax, 8(%edi)
    movl $2, %eax           /* SystemCall.threadExit */
    int $0x80
    .globl child_code_end
child_code_end:

    .globl creating_code
creating_code:
    movl $13, %eax          /* SystemCall.processCreate */
    movl $20, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %ebp, %ebp
    int $0x80
    movl $2, %eax           /* SystemCall.threadExit */
    int $0x80
    .globl creating_code_end
creating_code_end:

    .globl own_slot_code
own_slot_code:
    movl %eax, %edi
    movl $1, %ebx           /* InitialSlot.process */
    movl $0x50000000, %ecx
    movl $4096, %edx
    movl $16, %eax          /* SystemCall.memoryUnmap */
    int $0x80
    movl %eax, (%edi)
    movl $2, %eax           /* SystemCall.threadExit */
    int $0x80
    .globl own_slot_code_end
own_slot_code_end:

    .globl first_registers
first_registers:
    movl %eax, (%eax)
    movl %ebx, 4(%eax)
    movl %ecx, 8(%eax)
    movl %edx, 12(%eax)
    movl %esi, 16(%eax)
    movl %edi, 20(%eax)
    movl %ebp, 24(%eax)
    movl %esp, 28(%eax)
    pushfl
    popl 32(%eax)
    movl $2, %eax           /* SystemCall.threadExit */
    int $0x80

    .globl port_code
port_code:
    inb $0x71, %al
    inb $0x60, %al
1:  jmp 1b
    .globl port_code_end
port_code_end:
    nop                     /* or the label would name the next file's first function */

    .section .note.GNU-stack, "", @progbits
