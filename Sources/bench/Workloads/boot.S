// Boot sector, the way into protected mode, and what only assembly can say: exceptions, system calls, the user's side.
//
// Works with any BIOS that has the int 13h extensions. Interrupts of devices stay off.
#include "metal.h"

        .section .boot, "ax"
        .code16
        .globl  boot
boot:   ljmp    $0, $1f
1:      xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7C00, %sp
        movb    %dl, drive
        movw    $image_sectors - 1, %cx
2:      pushw   %cx
        movw    $packet, %si
        movb    drive, %dl
        movb    $0x42, %ah
        int     $0x13
        jc      failed
        addw    $0x20, packet + 6
        incl    packet + 8
        popw    %cx
        loop    2b
        // A20: by the BIOS and by the chipset; who needs neither has it open.
        movw    $0x2401, %ax
        int     $0x15
        cli
        inb     $0x92, %al
        orb     $2, %al
        andb    $0xFE, %al
        outb    %al, $0x92
        movb    $0xFF, %al
        outb    %al, $0x21
        outb    %al, $0xA1
        lgdtl   gdt_pointer
        movl    %cr0, %eax
        orl     $1, %eax
        movl    %eax, %cr0
        ljmpl   $KERNEL_CODE, $protected
failed: movw    $0x0E00 + 'X', %ax
        int     $0x10
        hlt
        jmp     failed

drive:  .byte   0
        .balign 4
packet: .byte   16, 0
        .word   1, 0, 0x7E0
        .quad   1
        .org    boot + 510
        .word   0xAA55

        .text
        .code32
protected:
        movw    $KERNEL_DATA, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    %ax, %fs
        movw    %ax, %gs
        movl    $KERNEL_STACK, %esp
        cld
        movl    $bss_start, %edi
        movl    $bss_end, %ecx
        subl    %edi, %ecx
        xorl    %eax, %eax
        rep     stosb
        call    prepare_machine
        // Also the way on after a workload that cannot run here.
        .globl  start_over
start_over:
        movl    $KERNEL_STACK, %esp
        movl    $KERNEL_DATA, %eax
        movw    %ax, %ds
        movw    %ax, %es
        cld
        call    serve

// Exceptions but for page faults: the number, then what there is of an error code. Nothing returns to the program.
        .macro  exception number
        .balign 16
        pushl   $\number
        jmp     report
        .endm
        .balign 16
        .globl  exceptions
exceptions:
        .altmacro
        .set    number, 0
        .rept   32
        exception %number
        .set    number, number + 1
        .endr
        .noaltmacro
report: cld
        call    report_exception

// A page of the window is missing: supply the one that belongs there, as a kernel does that pages on demand.
        .globl  page_fault
page_fault:
        pushl   %eax
        pushl   %ecx
        movl    %cr2, %eax
        subl    $WINDOW, %eax
        cmpl    $WINDOW_SIZE, %eax
        jae     1f
        andl    $0xFFFFF000, %eax
        movl    %eax, %ecx
        shrl    $10, %ecx
        addl    $WINDOW_FRAMES | 7, %eax
        movl    %eax, window_table(%ecx)
        popl    %ecx
        popl    %eax
        addl    $4, %esp
        iret
1:      popl    %ecx
        popl    %eax
        pushl   $14
        jmp     report

// enter_user(code, iterations): runs `code` at level 3 with iterations in ECX, until it says `int $0x81`. Returns its EAX.
        .globl  enter_user
enter_user:
        movl    4(%esp), %edx
        movl    8(%esp), %ecx
        pushl   %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        movl    %esp, kernel_esp
        movl    %esp, task_state + 4
        movl    $USER_DATA, %eax
        movw    %ax, %ds
        movw    %ax, %es
        pushl   $USER_DATA
        pushl   $USER_STACK
        pushfl
        pushl   $USER_CODE
        pushl   %edx
        xorl    %eax, %eax
        iret

        .globl  leave_user
leave_user:
        movl    kernel_esp, %esp
        movl    $KERNEL_DATA, %edx
        movw    %dx, %ds
        movw    %dx, %es
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        ret

// A system call by interrupt: saves and loads what a kernel must, and adds a number.
        .globl  call_gate
call_gate:
        pushl   %ds
        pushl   %edx
        movl    $KERNEL_DATA, %edx
        movw    %dx, %ds
        incl    call_count
        addl    call_count, %eax
        popl    %edx
        popl    %ds
        iret

        .globl  user_interrupts
user_interrupts:
1:      int     $0x80
        decl    %ecx
        jnz     1b
        int     $0x81

// The same by sysenter: EDX and ECX say where to go back to.
        .globl  sysenter_entry
sysenter_entry:
        pushl   %ds
        pushl   %edx
        movl    $KERNEL_DATA, %edx
        movw    %dx, %ds
        incl    call_count
        addl    call_count, %eax
        popl    %edx
        popl    %ds
        sysexit

        .globl  user_sysenter
user_sysenter:
        movl    %ecx, %ebx
1:      movl    $2f, %edx
        movl    %esp, %ecx
        sysenter
2:      decl    %ebx
        jnz     1b
        int     $0x81

        .data
        .balign 8
        .globl  gdt
gdt:    .quad   0
        .quad   0x00CF9A000000FFFF
        .quad   0x00CF92000000FFFF
        .quad   0x00CFFA000000FFFF
        .quad   0x00CFF2000000FFFF
        // The TSS; its base is filled in.
        .quad   0x0000890000000067
gdt_pointer:
        .word   6 * 8 - 1
        .long   gdt
kernel_esp:
        .long   0
