; Task switches (SDM vol. 3A, chapter 7).
;
; The program's own task is TSS. A switch goes to TSS2 (32 bits) or TSS16, which are filled in before each test by
; `new_task`; most tests let the new task run into `ud2`, where the exception handler, in the new task, prints what it finds.

%include "system.inc"

T2      equ     TSSES + 0x100
T16     equ     TSSES + 0x200
T3      equ     TSSES + 0x300

; Fields of the 32-bit TSS.
%define EIP_    0x20
%define FLAGS_  0x24
%define EAX__   0x28
%define ESP_    0x38
%define ES_     0x48
%define CS_     0x4C
%define SS_     0x50
%define DS_     0x54
%define FS_     0x58
%define GS_     0x5C
%define LDT_    0x60
%define TRAP_   0x64

%macro  SWITCH 2+                       ; name, what changes in the new task's TSS; by call
        call    new_task
        %2
        TEST    %1
        REGISTERS SREGS_
        call    TSS2:0
        SAY     " back"
        TASKS
%endmacro
; The same, for faults that leave the new task without a stack: the SDM wants a task gate then (vol. 3A, 6.15, #TS).
%macro  SWITCHT 2+
        call    new_task
        %2
        TASKGATE 10, TSS3
        TASKGATE 11, TSS3
        TASKGATE 12, TSS3
        TASKGATE 13, TSS3
        TEST    %1
        call    TSS2:0
        SAY     " back"
        TASKS
        call    reset_idt
%endmacro
; As DONE, and what became of the tasks.
%macro  TASKS 0
        SAY     " ok"
%$next: call    show_tasks
        %pop
%endmacro

program:
        mov     dword [target], new

        ; By every route.
        call    new_task
        TEST    "jmp tss"
        mov     dword [flags_shown], 0x14700
        jmp     TSS2:0
        TASKS
        call    new_task
        TEST    "call tss"
        mov     dword [flags_shown], 0x14700
        call    TSS2:0
        TASKS
        call    new_task
        TEST    "jmp task gate"
        mov     dword [flags_shown], 0x14700
        jmp     TGATE:0
        TASKS
        call    new_task
        TEST    "call task gate"
        mov     dword [flags_shown], 0x14700
        call    TGATE:0
        TASKS
        call    new_task
        TASKGATE 48, TSS2
        TEST    "int task gate"
        mov     dword [flags_shown], 0x14700
        int     48
        TASKS
        call    new_task
        TASKGATE 6, TSS2
        mov     dword [T2 + EIP_], new_int
        TEST    "ud task gate"
        mov     dword [flags_shown], 0x14700
        ud2
        TASKS
        call    reset_idt
        call    new_task
        TASKGATE 13, TSS2
        mov     dword [T2 + EIP_], new_int
        TEST    "gp task gate"
        STACK   1
        mov     ax, 0x800
        mov     ds, ax
        TASKS
        call    reset_idt
        call    new_task
        TASKGATE 13, TSS16
        TEST    "gp task gate 16"
        STACK16 1
        mov     ax, 0x800
        mov     ds, ax
        TASKS
        call    reset_idt
        call    new_task
        mov     dword [T2 + EIP_], returns
        TEST    "call and iret"
        call    TSS2:0
        SAY     " back"
        str     eax
        SHOW    eax
        pushf
        pop     eax
        and     eax, 0x4000
        SHOW    eax
        TASKS
        call    new_task
        mov     dword [T2 + EIP_], returns
        TEST    "call and iret twice"
        mov     eax, 0x11223344
        mov     ebp, 0x55667788
        call    TSS2:0
        call    TSS2:0
        SHOW    eax, ebp
        SHOWW   [T2]
        mov     eax, [T2 + EIP_]
        sub     eax, returns
        SHOW    eax
        TASKS
        call    new_task
        mov     dword [T2 + EIP_], jumps_back
        TEST    "call and jmp back"
        call    TSS2:0
        DONE
        ; Tasks of 16 bits.
        call    new_task
        TEST    "call tss 16"
        mov     dword [flags_shown], 0x14700
        REGISTERS EAX_ | EBX_ | EBP_ | SREGS_
        call    TSS16:0
        TASKS
        call    new_task
        mov     word [T16 + 0x0E], returns16
        TEST    "call tss 16 and back"
        mov     ax, DATA0
        mov     fs, ax
        mov     gs, ax
        call    TSS16:0
        mov     ax, fs
        mov     bx, gs
        SHOW    eax, ebx
        SHOWW   [T16 + 0x14 + 4], [T16 + 0x1A], [T16 + 0x22]
        TASKS
        call    new_task
        mov     word [T16 + 0x0E], calls32
        TEST    "nested 16 and 32"
        call    TSS16:0
        TASKS

        ; What the descriptor of the TSS must be.
%macro  BADTASK 2                       ; name, selector
        call    new_task
        TEST    {"jmp ", %1}
        jmp     %2:0
        DONE
        TEST    {"call ", %1}
        call    %2:0
        DONE
        TASKGATE 48, %2
        TEST    {"gate ", %1}
        int     48
        TASKS
%endmacro
        BADTASK "busy", TSS
        BADTASK "absent", TSSNP
        BADTASK "short", TSSSHORT
        BADTASK "short 16", TSS16SHORT
        BADTASK "beyond", 0x800
        BADTASK "ldt", 0x0C
        BADTASK "data", DATA0
        BADTASK "null", 0
        call    new_task
        TEST    "jmp tss rpl 3"
        jmp     TSS2 | 3:0
        DONE
        TEST    "jmp task gate absent"
        jmp     TGNP:0
        DONE
        TEST    "jmp task gate rpl 3"
        jmp     TGATE0 | 3:0
        DONE
        TEST    "user call tss dpl 0"
        USER
        call    TSS2:0
        DONE
        TEST    "user call task gate dpl 0"
        USER
        call    TGATE0:0
        DONE
        call    new_task
        TEST    "user call task gate dpl 3"
        USER
        call    TGATE:0
        TASKS
        call    new_task
        mov     dword [T2 + EIP_], returns
        TEST    "user call and back"
        USER
        call    TGATE | 3:0
        ud2
        TASKS

        ; What is in the new TSS: faults in the new task, at each stage.
        SWITCH  "cs null", mov word [T2 + CS_], 0
        SWITCH  "cs beyond", mov word [T2 + CS_], 0x800
        SWITCH  "cs data", mov word [T2 + CS_], DATA0
        SWITCH  "cs rpl", mov word [T2 + CS_], CODE0 | 1
        SWITCH  "cs absent", mov word [T2 + CS_], CODENP
        SWITCH  "cs tss", mov word [T2 + CS_], TSS
        SWITCH  "cs conforming", mov word [T2 + CS_], CONF0
        SWITCH  "cs limit", mov word [T2 + CS_], CODELIM
        SWITCHT "ss null", mov word [T2 + SS_], 0
        SWITCHT "ss beyond", mov word [T2 + SS_], 0x800
        SWITCHT "ss rpl", mov word [T2 + SS_], DATA0 | 1
        SWITCHT "ss dpl", mov word [T2 + SS_], DATA3_
        SWITCHT "ss absent", mov word [T2 + SS_], NP0
        SWITCHT "ss read-only", mov word [T2 + SS_], RO0
        SWITCHT "ss code", mov word [T2 + SS_], CODE0
        SWITCH  "ds null", mov word [T2 + DS_], 0
        SWITCH  "ds beyond", mov word [T2 + DS_], 0x800
        SWITCH  "ds absent", mov word [T2 + DS_], NP0
        SWITCH  "ds execute-only", mov word [T2 + DS_], XONLY
        SWITCH  "ds tss", mov word [T2 + DS_], TSS
        SWITCH  "ds rpl 3", mov word [T2 + DS_], DATA0 | 3
        SWITCH  "es absent", mov word [T2 + ES_], NP0
        SWITCH  "fs absent", mov word [T2 + FS_], NP0
        SWITCH  "gs absent", mov word [T2 + GS_], NP0
        SWITCH  "gs null rpl 3", mov word [T2 + GS_], 3
        SWITCHT "ldt good", mov word [T2 + LDT_], LDT
        SWITCHT "ldt absent", mov word [T2 + LDT_], LDTNP
        SWITCHT "ldt beyond", mov word [T2 + LDT_], 0x800
        SWITCHT "ldt data", mov word [T2 + LDT_], DATA0
        SWITCHT "ldt in ldt", mov word [T2 + LDT_], LDT | 4
        call    new_task
        mov     word [T2 + LDT_], LDT
        mov     word [T2 + DS_], 4
        TEST    "segment in ldt"
        REGISTERS SREGS_
        call    TSS2:0
        DONE
        call    new_task
        mov     word [T2 + DS_], 4
        TEST    "segment in no ldt"
        REGISTERS SREGS_
        call    TSS2:0
        TASKS
        SWITCH  "flags", mov dword [T2 + FLAGS_], 0x003D7FFF & ~0x100
        call    new_task
        mov     dword [T2 + FLAGS_], 0x23002
        mov     dword [T2 + EIP_], 0x100
        mov     dword [T2 + CS_], 0x700
        mov     word [0x7100], 0x0B0F
        TEST    "to v86"
        call    TSS2:0
        TASKS
        call    new_task
        mov     dword [T2 + FLAGS_], 0x3002
        mov     dword [T2 + CS_], CODE3
        mov     dword [T2 + SS_], DATA3
        mov     dword [T2 + DS_], DATA3
        mov     dword [T2 + ES_], 0
        TEST    "to level 3"
        REGISTERS SREGS_
        call    TSS2:0
        TASKS
        ; The level-3 task's DS of level 0.
        call    new_task
        mov     dword [T2 + CS_], CODE3
        mov     dword [T2 + SS_], DATA3
        mov     dword [T2 + DS_], DATA0
        mov     dword [T2 + ES_], 0
        TEST    "to level 3 ds 0"
        REGISTERS SREGS_
        call    TSS2:0
        DONE

        ; The T bit.
        call    new_task
        mov     word [T2 + TRAP_], 1
        TEST    "trap bit"
        mov     dword [flags_shown], 0x14700
        call    TSS2:0
        DONE
        call    new_task
        mov     dword [T2 + FLAGS_], 0x102
        TEST    "tf in new task"
        mov     dword [flags_shown], 0x14700
        call    TSS2:0
        DONE
        call    new_task
        mov     dword [T2 + EIP_], returns
        TEST    "tf in old task"
        mov     dword [flags_shown], 0x14700
        pushf
        or      dword [esp], 0x100
        popf
        call    TSS2:0
        nop
        DONE
        push    dword 2
        popf
        call    new_task
        TEST    "local breakpoints"
        mov     dword [hook], .dr7
        mov     eax, 0x755
        mov     dr7, eax
        mov     eax, DATA
        mov     dr0, eax
        call    TSS2:0
.dr7:   mov     eax, dr7
        SAY     " dr7"
        SHOW    eax
        jmp     abandon
        DONE

        ; The link.
%macro  LINK 2
        call    new_task
        mov     word [TSS_BASE], %2
        TEST    {"link ", %1}
        push    dword 0x4002
        popf
        iret
        TASKS
        push    dword 2
        popf
%endmacro
        LINK    "null", 0
        LINK    "data", DATA0
        LINK    "beyond", 0x800
        LINK    "ldt", 0x0C
        LINK    "not busy", TSS2
        LINK    "absent", TSSBNP
        LINK    "short", TSSBSHORT
        LINK    "rpl 3", TSSB3 | 3
        call    new_task
        mov     byte [gdt + TSS2 + 5], 0x8B
        mov     word [TSS_BASE], TSS2
        mov     dword [T2 + EIP_], new
        TEST    "iret nested"
        mov     dword [flags_shown], 0x14700
        push    dword 0x4002
        popf
        iret
        TASKS
        TEST    "iret nt at level 3"
        push    dword DATA3
        push    dword STACK3
        push    dword 0x4002
        push    dword CODE3
        push    dword .nt3
        call    new_task
        iret
.nt3:   iret
        DONE
        call    new_task

        ; Registers that a switch saves and loads.
        call    new_task
        mov     edi, T2 + EAX__
        mov     eax, 0x10000001
        mov     ecx, 8
.fill:  stosd
        add     eax, 0x01000001
        loop    .fill
        mov     dword [T2 + ESP_], STACK0 - 0x1000
        TEST    "registers"
        REGISTERS 0xFF
        mov     eax, 0xA0000001
        mov     ecx, 0xA0000002
        mov     edx, 0xA0000003
        mov     ebx, 0xA0000004
        mov     ebp, 0xA0000005
        mov     esi, 0xA0000006
        mov     edi, 0xA0000007
        call    TSS2:0
        DONE
        SAY     "saved:"
        mov     esi, TSS_BASE + EAX__
        mov     ecx, 8
.saved: lodsd
        cmp     ecx, 4
        je      .esp
        SHOW    eax
.esp:   loop    .saved
        SHOWW   [TSS_BASE + ES_], [TSS_BASE + CS_], [TSS_BASE + SS_], [TSS_BASE + DS_], [TSS_BASE + FS_], [TSS_BASE + GS_]
        call    newline
        mov     eax, cr0
        SAY     "ts:"
        and     eax, 8
        SHOW    eax
        call    newline
        clts
        ; An old TSS that is too short to be saved in.
        call    new_task
        and     byte [gdt + TSSCUT + 5], ~2
        mov     ax, TSSCUT
        ltr     ax
        TEST    "old tss short"
        jmp     TSS2:0
        DONE
        call    new_task
        ; ltr and lldt.
%macro  LTR 2
        TEST    {"ltr ", %1}
        mov     ax, %2
        ltr     ax
        DONE
        TEST    {"lldt ", %1}
        mov     ax, %2
        lldt    ax
        DONE
%endmacro
        LTR     "null", 0
        LTR     "null rpl 3", 3
        LTR     "busy", TSS
        LTR     "beyond", 0x800
        LTR     "in ldt", 4
        LTR     "data", DATA0
        LTR     "absent", TSSNP
        LTR     "ldt absent", LDTNP
        LTR     "ldt", LDT
        LTR     "short", TSSSHORT
        LTR     "16", TSS16
        call    new_task
        TEST    "user ltr"
        USER
        mov     ax, TSS2
        ltr     ax
        DONE
        TEST    "user lldt"
        USER
        xor     ax, ax
        lldt    ax
        DONE
        TEST    "user sldt str"
        REGISTERS EAX_ | EBX_
        USER
        mov     eax, -1
        mov     ebx, -1
        sldt    ax
        str     bx
        sldt    eax
        ud2
        DONE
        jmp     finish

; Makes everything as it was: TSS is the current task, TSS2 and TSS16 are available and good.
new_task:
        pushf
        pusha
        and     byte [gdt + TSS + 5], ~2
        mov     byte [gdt + TSS2 + 5], 0x89
        mov     byte [gdt + TSS16 + 5], 0x81
        mov     byte [gdt + TSSCUT + 5], 0x89
        mov     byte [gdt + TSS3 + 5], 0x89
        mov     ax, TSS
        ltr     ax
        xor     eax, eax
        lldt    ax
        mov     edi, T2
        mov     ecx, 0x100 / 4 * 4
        rep     stosd
        mov     word [TSS_BASE], 0
        mov     dword [T2 + 4], STACK0 - 0x800
        mov     dword [T2 + 8], DATA0
        mov     dword [T2 + EIP_], new
        mov     dword [T2 + FLAGS_], 2
        mov     dword [T2 + ESP_], STACK0 - 0x1000
        mov     dword [T2 + CS_], CODE0
        mov     dword [T2 + SS_], DATA0
        mov     dword [T2 + DS_], DATA0
        mov     dword [T2 + ES_], DATA0
        mov     word [T2 + 0x66], 0x68
        mov     dword [T3 + EIP_], fault_task
        mov     dword [T3 + FLAGS_], 2
        mov     dword [T3 + ESP_], STACK0 - 0x1400
        mov     dword [T3 + CS_], CODE0
        mov     dword [T3 + SS_], DATA0
        mov     dword [T3 + DS_], DATA0
        mov     dword [T3 + ES_], DATA0
        mov     word [T16 + 2], STACK0 - 0x800
        mov     word [T16 + 4], DATA0
        mov     word [T16 + 0x0E], new16
        mov     word [T16 + 0x10], 2
        mov     word [T16 + 0x12], 0x1234
        mov     word [T16 + 0x1A], STACK0 - 0x1000
        mov     word [T16 + 0x22], DATA0
        mov     word [T16 + 0x24], CODE16
        mov     word [T16 + 0x26], DATA16
        mov     word [T16 + 0x28], DATA0
        popa
        popf
        ret
; The busy bits, the links, and the task that is current after a test.
show_tasks:
        SAY     " tasks"
        str     eax
        SHOW    eax
        movzx   eax, byte [gdt + TSS + 5]
        SHOW    eax
        movzx   eax, byte [gdt + TSS2 + 5]
        SHOW    eax
        movzx   eax, byte [gdt + TSS16 + 5]
        SHOW    eax
        SHOWW   [T2], [T16], [TSS_BASE]
        mov     eax, [TSS_BASE + FLAGS_]
        and     eax, 0x14700
        SHOW    eax
        call    newline
        ret

new:    ud2
        ud2
new_int:                                ; an exception's task: its frame is on the stack
        ud2
returns: iret
        jmp     returns
jumps_back:
        jmp     TSS:0                   ; busy: it is the caller
        ud2
        bits    16
new16:  ud2
returns16: iret
        jmp     returns16
calls32: call   TSS2:0
        bits    32
fault_task:                             ; prints the error code, and where and how the new task faulted
        SAY     " task err"
        mov     eax, [esp]
        SHOW    eax
        SHOWW   [T3]
        mov     eax, [T2 + EIP_]
        sub     eax, new
        SHOW    eax, [T2 + FLAGS_], [T2 + ESP_]
        SHOWW   [T2 + CS_], [T2 + SS_], [T2 + DS_], [T2 + ES_], [T2 + LDT_]
        movzx   eax, byte [gdt + TSS3 + 5]
        SHOW    eax
        jmp     abandon

; Its descriptors are behind the program's tables.
        align   8
ldt:    dw      0xFFFF, 0, 0x9300, 0x00CF
        dw      0xFFFF, 0, 0x9B00, 0x00CF

        GDT
        SEGMENT TSS2, T2, 0x67, 0x89, 0
        SEGMENT TSS16, T16, 0x2B, 0x81, 0
        SEGMENT TSSNP, T2, 0x67, 0x09, 0
        SEGMENT TSSSHORT, T2, 0x66, 0x89, 0
        SEGMENT TSS16SHORT, T16, 0x2A, 0x81, 0
        SEGMENT TSSBNP, T2, 0x67, 0x0B, 0
        SEGMENT TSSBSHORT, T2, 0x66, 0x8B, 0
        SEGMENT TSSB3, T2, 0x67, 0x8B, 0
        SEGMENT TSS3, T3, 0x67, 0x89, 0
        SEGMENT TSSCUT, T3 + 0x100, 0x40, 0x89, 0
        SEGMENT LDT, LINEAR(ldt), 0x0F, 0x82, 0
        SEGMENT LDTNP, LINEAR(ldt), 0x0F, 0x02, 0
        SEGMENT CODENP, 0, 0xFFFFF, 0x1B, 0xC
        SEGMENT CONF0, 0, 0xFFFFF, 0x9F, 0xC
        SEGMENT CODELIM, 0, 0xFFF, 0x9B, 4
        SEGMENT XONLY, 0, 0xFFFFF, 0x99, 0xC
        SEGMENT NP0, 0, 0xFFFFF, 0x13, 0xC
        SEGMENT RO0, 0, 0xFFFFF, 0x91, 0xC
        GATE    TGATE, TSS2, 0, 0xE5, 0
        GATE    TGATE0, TSS2, 0, 0x85, 0
        GATE    TGNP, TSS2, 0, 0x65, 0
        END
