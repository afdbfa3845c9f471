/* The state of x87, MMX and SSE; called only where the processor has what they use (Intel SDM volume 1, chapters 8 and 10). */
    .text

/* uint32_t fpu_is_present(void): whether `fninit` leaves a status word of 0, as it does if anything is there to execute it
   (Intel SDM volume 3, section 9.1.5 in older editions). For processors without CPUID. */
    .globl fpu_is_present
    .type fpu_is_present, @function
fpu_is_present:
    pushl $0x5a5a
    fninit
    fnstsw (%esp)
    popl %ecx
    xorl %eax, %eax
    testb %cl, %cl
    sete %al
    ret
    .size fpu_is_present, . - fpu_is_present

/* void fpu_save(void *state), void fpu_restore(const void *state): 108 bytes. `frstor` looks for an exception that waits to
   be reported first, and the thread that has left it there is perhaps gone: then it would be the kernel's. */
    .globl fpu_save
    .type fpu_save, @function
fpu_save:
    movl 4(%esp), %eax
    fnsave (%eax)
    ret
    .size fpu_save, . - fpu_save

    .globl fpu_restore
    .type fpu_restore, @function
fpu_restore:
    movl 4(%esp), %eax
    fnclex
    frstor (%eax)
    ret
    .size fpu_restore, . - fpu_restore

/* void fpu_save_extended(void *state), void fpu_restore_extended(const void *state): 512 bytes, aligned to 16. Processors by
   AMD load the addresses of the last instruction and its operand only if the state has an exception (AMD64 Architecture
   Programmer's Manual volume 2, "FXSAVE and FXRSTOR Instructions"): those of another thread would stay. So an instruction of
   the kernel's comes last, for which there must be no exception and a free register. */
    .globl fpu_save_extended
    .type fpu_save_extended, @function
fpu_save_extended:
    movl 4(%esp), %eax
    fxsave (%eax)
    ret
    .size fpu_save_extended, . - fpu_save_extended

    .globl fpu_restore_extended
    .type fpu_restore_extended, @function
fpu_restore_extended:
    movl 4(%esp), %eax
    fnclex
    ffree %st(7)
    fildl 4(%esp)
    fxrstor (%eax)
    ret
    .size fpu_restore_extended, . - fpu_restore_extended

    .section .note.GNU-stack, "", @progbits
