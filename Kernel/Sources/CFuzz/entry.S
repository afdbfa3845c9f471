/* See CFuzz.h. */
    .text
    .globl fuzz_child_entry
fuzz_child_entry:
    xorl %ebp, %ebp
    andl $-16, %esp
    subl $12, %esp
    pushl %eax
    call fuzz_child
    movl $2, %eax           /* SystemCall.threadExit */
    int $0x80

    .globl fuzz_bystander_entry
fuzz_bystander_entry:
    movl %eax, %edi
1:  incl (%edi)
    movl $1, %eax           /* SystemCall.yield */
    int $0x80
    jmp 1b

    .section .note.GNU-stack, "", @progbits
