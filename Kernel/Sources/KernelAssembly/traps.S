/* The doors into the kernel: a stub for each exception (Intel SDM volume 3, section 6.15), each line of the two 8259s,
   and the system call. All go through interrupt gates, so interrupts are off in the kernel.

   System calls have a second door, `sysenter`, where the processor has it.

   A stub completes the stack to a `TrapFrame` and calls `kernel_trap` with its address; what that returns is the frame to
   resume, of the same thread or another: the change of ESP below is all there is to switching threads. */

    .text

    .macro exception number
    .balign 16
trap_\number:
    pushl $0                /* in the place of the error code that the processor does not push here */
    pushl $\number
    jmp enter_kernel
    .endm

    .macro exception_with_code number
    .balign 16
trap_\number:
    pushl $\number
    jmp enter_kernel
    .endm

    exception 0
    exception 1
    exception 2
    exception 3
    exception 4
    exception 5
    exception 6
    exception 7
    exception_with_code 8
    exception 9
    exception_with_code 10
    exception_with_code 11
    exception_with_code 12
    exception_with_code 13
    exception_with_code 14
    exception 15
    exception 16
    exception_with_code 17
    exception 18
    exception 19
    exception 20
    exception_with_code 21
    exception 22
    exception 23
    exception 24
    exception 25
    exception 26
    exception 27
    exception 28
    exception_with_code 29
    exception_with_code 30
    exception 31
    .irp line, 32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47
    exception \line
    .endr
    exception 128

    .balign 16
    .type enter_kernel, @function
enter_kernel:
    pushal
    pushl %ds
    pushl %es
    pushl %fs
    pushl %gs
    movl $0x10, %eax        /* user code may have left anything in DS and ES, null selectors included */
    movl %eax, %ds
    movl %eax, %es
    cld
    movl %esp, %eax
    xorl %ebp, %ebp         /* backtraces end here */
    pushl %eax
    call kernel_trap
    movl %eax, %esp
leave_kernel:
    popl %gs
    popl %fs
    popl %es
    popl %ds
    popal
    addl $8, %esp           /* vector and error code */
    iretl
    .size enter_kernel, . - enter_kernel

/* `sysenter` (Intel SDM volume 2): ESP is the top of `sysenter_stack`, interrupts are off, and that is all: ECX and EDX
   are where user code wants its stack pointer and its next instruction, DS and ES hold anything, and the flags are the
   user's, of which TF, NT and DF would do harm here. (TF has done some before it is cleared: see Traps.swift.) What is
   put together here is a TrapFrame in the place where `int` would put it, which `iret` could resume as well. FS and GS are
   saved where another thread is switched to. */
    .balign 16
    .globl sysenter_entry
    .type sysenter_entry, @function
sysenter_entry:
    movl %ss:task_state + 4, %esp   /* the thread's kernel stack */
    pushl $0x23             /* SS */
    pushl %ecx              /* ESP */
    pushl $0x202            /* EFLAGS: IF; the others are not preserved */
    pushl $2
    popfl
    pushl $0x1b             /* CS */
    pushl %edx              /* EIP */
    pushl $0
    pushl $0x81             /* in the place of a vector: resumed by sysexit */
    pushal
    subl $16, %esp
    movl $0x23, %ecx
    movl %ecx, %ds
    movl %ecx, %es
    pushl %esp
    call kernel_system_call
    movl %eax, %esp
    cmpb $0x81, 48(%esp)
    jne leave_kernel
    addl $16, %esp
    popal
    movl 8(%esp), %edx      /* EIP */
    movl 20(%esp), %ecx     /* ESP */
    sti                     /* takes effect behind the next instruction */
    sysexit
    .size sysenter_entry, . - sysenter_entry

/* void save_user_segments(struct TrapFrame *frame), void load_user_segments(const struct TrapFrame *frame): FS and GS. */
    .globl save_user_segments
    .type save_user_segments, @function
save_user_segments:
    movl 4(%esp), %eax
    movw %gs, (%eax)
    movw %fs, 4(%eax)
    ret
    .size save_user_segments, . - save_user_segments

    .globl load_user_segments
    .type load_user_segments, @function
load_user_segments:
    movl 4(%esp), %eax
    movw (%eax), %gs
    movw 4(%eax), %fs
    ret
    .size load_user_segments, . - load_user_segments

/* uint64_t read_timestamp(void) */
    .globl read_timestamp
    .type read_timestamp, @function
read_timestamp:
    rdtsc
    ret
    .size read_timestamp, . - read_timestamp

/* void resume_frame(struct TrapFrame *frame): continues there, and leaves the stack it was called on for good. */
    .globl resume_frame
    .type resume_frame, @function
resume_frame:
    movl 4(%esp), %esp
    jmp leave_kernel
    .size resume_frame, . - resume_frame

/* void call_on_stack(void *top, void (*function)(void)): runs `function`, which does not return, on another stack. */
    .globl call_on_stack
    .type call_on_stack, @function
call_on_stack:
    movl 8(%esp), %eax
    movl 4(%esp), %esp
    xorl %ebp, %ebp
    call *%eax
1:  hlt
    jmp 1b
    .size call_on_stack, . - call_on_stack

/* void exhaust_stack(void): calls itself until there is no stack left. */
    .globl exhaust_stack
    .type exhaust_stack, @function
exhaust_stack:
    pushl %ebp
    movl %esp, %ebp
    call exhaust_stack
    .size exhaust_stack, . - exhaust_stack

/* What the idle thread does, in ring 0 with interrupts on. */
    .globl idle_loop
    .type idle_loop, @function
idle_loop:
    hlt
    jmp idle_loop
    .size idle_loop, . - idle_loop

/* The double fault's task: a task gate gives it a stack of its own, since the old one may be the reason. */
    .globl double_fault_entry
    .type double_fault_entry, @function
double_fault_entry:
    cld
    xorl %ebp, %ebp
    call kernel_double_fault
1:  hlt
    jmp 1b
    .size double_fault_entry, . - double_fault_entry

/* void load_segments(void): after a new GDT. CS = 0x08, the rest = 0x10. */
    .globl load_segments
    .type load_segments, @function
load_segments:
    ljmp $0x08, $1f
1:  movl $0x10, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    ret
    .size load_segments, . - load_segments

/* Addresses of the stubs of vectors 0...47. */
    .section .rodata
    .balign 4
    .globl trap_stubs
trap_stubs:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23
    .long trap_\n
    .endr
    .irp n, 24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47
    .long trap_\n
    .endr
    .globl system_call_stub
system_call_stub:
    .long trap_128

    .section .bss.log, "aw", @nobits
    .balign 4
    .globl log_memory
log_memory:
    .space 8192

    .section .bss.tables, "aw", @nobits
    .balign 16
    .globl global_descriptor_table
global_descriptor_table:
    .space 8 * 8
    .globl interrupt_descriptor_table
interrupt_descriptor_table:
    .space 8 * 256
    .globl double_fault_task_state
double_fault_task_state:
    .space 104
    .balign 4096            /* the processor reads the first 104 bytes of a TSS by physical address: one page */
    .globl task_state
task_state:
    .space 104 + 8192 + 1   /* with the I/O permission bitmap and the byte of ones that must follow it */
    .balign 16
    .space 2048             /* in use for one instruction, or for a debug exception there */
    .globl sysenter_stack_top
sysenter_stack_top:
    .space 4096
    .globl double_fault_stack_top
double_fault_stack_top:
