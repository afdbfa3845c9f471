; Non-maskable interrupts (SDM vol. 3A, 6.7).
;
; They come from outside the processor. In QEMU and Bochs the I/O APIC makes one of the timer's interrupt; our machine has
; no APIC, and a harness takes the byte 0Eh at port E9h for the request of one. It comes some time after `ask_nmi`, so that
; a test that asks for one waits for it, or holds it back: it asks while NMIs are blocked (`hold_nmi`), and the `iret`
; that ends the blocking is where it strikes.

%include "system.inc"

IOAPIC  equ     0xFEC00000
T2      equ     TSSES + 0x100
T3      equ     TSSES + 0x300
; An `iret` in virtual-8086 mode with the IOPL %2. What gets there without one is a task switch.
%macro  V86IRET 2
        mov     dword [T3 + 0x04], STACK0 - 0x400
        mov     dword [T3 + 0x08], DATA0
        mov     dword [T3 + 0x20], %%entry
        mov     dword [T3 + 0x24], 0x20002 | %2 << 12
        mov     dword [T3 + 0x38], 0x6FFA
        mov     dword [T3 + 0x64], 0x680000
        TEST    %1
        mov     word [0x6FFA], %%behind
        mov     word [0x6FFE], 2
        call    hold_nmi
        jmp     TSS3:0
        bits    16
%%entry: iret
%%behind: nop
        DONE16
        mov     byte [gdt + TSS + 5], 0x89
        mov     byte [gdt + TSS3 + 5], 0x89
        mov     ax, TSS
        ltr     ax
%endmacro

program:
        mov     dword [target], handler
        ; Pin 2 is the timer's: NMI, edge-triggered, to APIC 0.
        mov     dword [IOAPIC], 0x15
        mov     dword [IOAPIC + 0x10], 0
        mov     dword [IOAPIC], 0x14
        mov     dword [IOAPIC + 0x10], 0x400

        ; ----- Delivery.
        TEST    "loop"
        call    ask_nmi
        jmp     $
        DONE
        TEST    "interrupts enabled"
        call    ask_nmi
        sti
        jmp     $
        DONE
        TEST    "hlt"
        call    ask_nmi
        hlt
        DONE
        TEST    "hlt and go on"
        mov     dword [hook], continue
        call    ask_nmi
        hlt
        SAY     " awake"
        DONE
        TEST    "rep"
        call    ask_nmi
        mov     edi, 0x100000
        mov     ecx, 0x1E00000
        rep     stosb
        DONE
        TEST    "level 3"
        call    ask_nmi
        USER
        jmp     $
        DONE
        IDTGATE 2, CODE0, HANDLER, 0x8F
        TEST    "trap gate keeps if"
        call    ask_nmi
        sti
        jmp     $
        DONE
        IDTGATE 2, CODE1, HANDLER, 0x8E
        TEST    "level 1"
        call    ask_nmi
        USER
        jmp     $
        DONE
        call    reset_idt
        TEST    "v86"
        call    ask_nmi
        V86     0
        jmp     $
        DONE16
        TEST    "v86 iopl 3 sti"
        call    ask_nmi
        V86     3
        sti
        jmp     $
        DONE16
        IDTGATE 2, CODE0, HANDLER, 0x0E
        TEST    "gate absent"
        call    ask_nmi
        jmp     $
        DONE
        IDTGATE 2, CODE3, HANDLER, 0x8E
        TEST    "gate to level 3"
        call    ask_nmi
        jmp     $
        DONE
        call    reset_idt

        ; ----- Blocking, and its end.
        TEST    "blocked"
        REGISTERS EBX_
        xor     ebx, ebx
        call    hold_nmi
        inc     ebx
        sti
        inc     ebx
        inc     ebx
        RETURN_TO .blocked
.blocked: inc   ebx
        DONE
        TEST    "two are one"
        mov     dword [hook], continue
        call    hold_nmi
        call    wait_nmi
        RETURN_TO .two
.two:   nop
        DONE
        TEST    "one while another is handled"
        mov     dword [hook], .handled
        call    hold_nmi
        RETURN_TO .again
.handled:
        call    wait_nmi
        mov     dword [hook], continue
        jmp     continue
.again: nop
        DONE
        TEST    "int 2 does not block"
        mov     dword [hook], .software
        int     2
.software:
        call    ask_nmi
        jmp     $
        DONE
        TEST    "jmp far does not unblock"
        call    hold_nmi
        jmp     CODE0:.far
.far:   nop
        push    dword CODE0
        push    dword .retf
        retf
.retf:  nop
        pushf
        popf
        RETURN_TO .there
.there: nop
        DONE
        TEST    "exception does not unblock"
        mov     dword [hook], .exception
        call    hold_nmi
        ud2
.exception:
        SAY     " handler"
        jmp     continue_behind
        DONE
        TEST    "iret that faults"
        IDTGATE 13, CODE0, HANDLER, 0x8E
        call    hold_nmi
        push    dword 2
        push    dword 0x800
        push    dword .faults
.faults: iret
        DONE
        call    reset_idt
        TEST    "iret to level 3"
        call    hold_nmi
        USER    .user
.user:  nop
        DONE
        TEST    "iret to v86"
        call    hold_nmi
        V86     0
        nop
        DONE16

        IDTGATE 13, CODE0, HANDLER, 0x8E
        V86IRET "iret in v86", 3
        V86IRET "iret in v86 that faults", 0
        call    reset_idt

        ; ----- Beside others (SDM vol. 3A, table 6-2).
        TEST    "before an interrupt"
        mov     dword [hook], continue
        call    hold_nmi
        mov     al, 0xFE
        out     0x21, al
        RETURN_TO .both, 0x202
.both:  nop
        DONE
        mov     al, 0xFF
        out     0x21, al
        TEST    "before the instruction's single step"
        mov     dword [hook], continue
        call    hold_nmi
        RETURN_TO .step, 0x102
.step:  nop
        nop
        DONE
        TEST    "before an instruction breakpoint"
        mov     dword [hook], continue
        mov     eax, .break
        mov     dr0, eax
        mov     eax, 1
        mov     dr7, eax
        call    hold_nmi
        RETURN_TO .break
.break: nop
        DONE
        TEST    "sti hlt with both"
        mov     dword [hook], continue
        call    hold_nmi
        mov     al, 0xFE
        out     0x21, al
        RETURN_TO .sti
.sti:   sti
        hlt
        DONE
        mov     al, 0xFF
        out     0x21, al

        ; ----- By a task gate: the task's `iret` ends the blocking.
        mov     dword [T2 + 0x20], nmi_task
        mov     dword [T2 + 0x24], 2
        mov     dword [T2 + 0x38], 0x7000
        mov     dword [T2 + 0x48], DATA0
        mov     dword [T2 + 0x4C], CODE0
        mov     dword [T2 + 0x50], DATA0
        mov     dword [T2 + 0x54], DATA0
        mov     dword [T2 + 0x58], 0
        mov     dword [T2 + 0x5C], 0
        mov     dword [T2 + 0x60], 0
        mov     dword [T2 + 0x64], 0x680000
        TASKGATE 2, TSS2
        TEST    "task gate"
        mov     dword [tasks], 1
        call    ask_nmi
        jmp     $
        DONE
        TEST    "task gate again"
        mov     dword [tasks], 2
        call    ask_nmi
        jmp     $
        DONE
        TEST    "task gate from v86"
        mov     dword [tasks], 1
        call    ask_nmi
        V86     0
        jmp     $
        DONE16
        TEST    "task gate from hlt"
        mov     dword [tasks], 1
        call    ask_nmi
        hlt
        jmp     $
        DONE
        call    reset_idt
        jmp     finish

; Says where it came from; ends the test when it has been here [tasks] times, and until then has the next NMI wait for its
; `iret`.
nmi_task:
        SAY     " task from"
        movzx   eax, word [TSS_BASE + 0x4C]
        SHOW    eax
        mov     eax, [TSS_BASE + 0x20]
        sub     eax, [start]
        SHOW    eax
        mov     eax, [TSS_BASE + 0x24]
        and     eax, 0x27700
        SHOW    eax
        pushf
        pop     eax
        and     eax, 0x7700
        SHOW    eax
        dec     dword [tasks]
        jz      .last
        call    wait_nmi
        jmp     .return
.last:  mov     dword [TSS_BASE + 0x20], abandon
        mov     dword [TSS_BASE + 0x24], 2
        mov     dword [TSS_BASE + 0x4C], CODE0
        mov     dword [TSS_BASE + 0x48], DATA0
        mov     dword [TSS_BASE + 0x50], DATA0
        mov     dword [TSS_BASE + 0x54], DATA0
.return: iret
        jmp     nmi_task

; The hook of an exception whose instruction is not to be tried again: behind `ud2`.
continue_behind:
        add     dword [esp + 40], 2
        jmp     continue

; An NMI is to come in 55 milliseconds (ours: in a thousand steps).
ask_nmi: push   eax
        call    take_irq                ; forgets earlier requests
        mov     al, 0xFF
        out     0x21, al
        mov     al, 0x0E
        out     0xE9, al
        mov     ax, 0xFFFF
        call    start_timer
        pop     eax
        ret
; Asks for an NMI while they are blocked, and returns when it has come, and is held back.
wait_nmi: push  eax
        call    ask_nmi
.wait:  mov     al, 0x0A
        out     0x20, al
        in      al, 0x20
        test    al, 1
        jz      .wait
        pop     eax
        ret
; Takes an NMI and returns in its handler, when the next one has come, and is held back.
hold_nmi:
        push    dword [IDT + 16]
        push    dword [IDT + 20]
        mov     [held_esp], esp
        IDTGATE 2, CODE0, LINEAR(.blocked), 0x8E
        call    ask_nmi
        jmp     $
.blocked:
        mov     esp, [held_esp]
        pop     dword [IDT + 20]
        pop     dword [IDT + 16]
        jmp     wait_nmi

tasks:  dd      0
held_esp: dd    0

        GDT
        SEGMENT TSS2, T2, 0x67, 0x89, 0
        SEGMENT TSS3, T3, 0x67, 0x89, 0
        END
