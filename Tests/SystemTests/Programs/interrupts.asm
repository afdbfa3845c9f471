; Delivery of exceptions and interrupts (SDM vol. 3A, chapter 6).

%include "system.inc"

%macro  INT 3-4 CODE0                   ; name, access byte of the gate, instruction
        IDTGATE 48, %4, HANDLER, %2
        TEST    %1
        %3
        DONE
%endmacro
; A fault whose own gate is bad. #UD is benign, so that what comes is the fault of its delivery.
%macro  BADUD 3-4 HANDLER               ; name, selector, access byte, offset
        IDTGATE 6, %2, %4, %3
        TEST    %1
        ud2
        DONE
        call    reset_idt
        IDTGATE 48, %2, %4, %3
        TEST    {%1, " by int"}
        int     48
        DONE
        call    reset_idt
%endmacro

program:
        mov     dword [target], handler

        ; `int n` and gates.
        INT     "int absent dpl 3", 0x6E, int 48
        INT     "int beyond", 0xEE, int 64
        INT     "int last byte beyond", 0xEE, int 255
        INT     "int call gate", 0xEC, int 48
        INT     "int tss", 0xE9, int 48
        INT     "int data", 0xF3, int 48
        INT     "int type 0", 0xE0, int 48
        INT     "int absent data", 0x73, int 48
        TEST    "user int dpl 0"
        USER
        int     48
        DONE
        IDTGATE 48, CODE0, HANDLER, 0x0E
        TEST    "user int dpl 0 absent"
        USER
        int     48
        DONE
        IDTGATE 48, CODE0, HANDLER, 0x6E
        TEST    "user int absent"
        USER
        int     48
        DONE
        TEST    "user int3 dpl 0"
        USER
        int3
        DONE
        TEST    "user into dpl 0"
        USER
        mov     al, 0x7F
        inc     al
        into
        DONE
        TEST    "user into not"
        USER
        xor     al, al
        into
        DONE
        TEST    "user int 1 dpl 0"
        USER
        int     1
        DONE
        TEST    "user bound"
        REGISTERS EAX_
        mov     dword [DATA], 5
        mov     dword [DATA + 4], 7
        USER
        mov     eax, 5
        bound   eax, [DATA]
        mov     eax, 7
        bound   eax, [DATA]
        mov     eax, -1
        bound   eax, [DATA]
        DONE
        TEST    "bound 16"
        REGISTERS EAX_
        mov     dword [DATA], 0x0005FFFE
        mov     eax, 0x1234FFFF
        bound   ax, [DATA]
        mov     ax, 5
        bound   ax, [DATA]
        inc     ax
        bound   ax, [DATA]
        DONE
        TEST    "bound register"
        db      0x62, 0xC0
        DONE

        ; Frames and flags.
%macro  FRAME 2-4 CODE0, STACK 6        ; name, access byte, selector, stack dump
        IDTGATE 48, %3, HANDLER, %2
        TEST    %1
        %4
        push    dword 0x00043ED7        ; AC NT IOPL IF and all arithmetic flags
        popf
        int     48
        DONE
        push    dword 2
        popf
%endmacro
%macro  USERFRAME 2-4 CODE0, STACK 7
        IDTGATE 48, %3, HANDLER, %2
        TEST    %1
        %4
        USER    %%user, 0x00043ED7
%%user: int     48
        DONE
%endmacro
        FRAME   "frame interrupt gate", 0x8E
        FRAME   "frame trap gate", 0x8F
        FRAME   "frame interrupt gate 16", 0x86, CODE0, STACK16 8
        FRAME   "frame trap gate 16", 0x87, CODE0, STACK16 8
        FRAME   "frame conforming", 0x8E, CONF0
        FRAME   "frame selector rpl 3", 0x8E, CODE0 | 3
        USERFRAME "user frame interrupt gate", 0xEE
        USERFRAME "user frame trap gate", 0xEF
        USERFRAME "user frame interrupt gate 16", 0xE6, CODE0, STACK16 10
        USERFRAME "user frame level 1", 0xEE, CODE1
        USERFRAME "user frame conforming", 0xEE, CONF0, STACK 5
        USERFRAME "user frame code 3", 0xEE, CODE3_, STACK 5
        IDTGATE 13, CODE0, HANDLER, 0x8E
        TEST    "frame error code"
        STACK   5
        mov     ax, 0x800
        mov     ds, ax
        DONE
        IDTGATE 13, CODE0, HANDLER, 0x86
        TEST    "frame error code 16"
        STACK16 7
        mov     ax, 0x800
        mov     ds, ax
        DONE
        IDTGATE 13, CODE1, HANDLER, 0x8E
        TEST    "user frame error code level 1"
        STACK   7
        USER
        mov     ax, 0x800
        mov     ds, ax
        DONE
        call    reset_idt

        ; RF in the pushed flags: set for faults, not for traps and interrupts.
%macro  RF 2+
        TEST    %1
        mov     dword [flags_shown], 0x10000
        %2
        DONE
%endmacro
        RF      "rf ud", ud2
        TEST    "rf divide"
        mov     dword [flags_shown], 0x10000
        xor     ecx, ecx
        div     ecx
        DONE
        TEST    "rf gp"
        mov     dword [flags_shown], 0x10000
        mov     ax, 0x800
        mov     ds, ax
        DONE
        RF      "rf int3", int3
        RF      "rf int", int 48
        RF      "rf icebp", db 0xF1

        ; Bad gates, met by an exception (EXT set) and by `int` (EXT clear).
        BADUD   "gate absent", CODE0, 0x0E
        BADUD   "gate type", CODE0, 0x8C
        BADUD   "gate null", 0, 0x8E
        BADUD   "gate null rpl 3", 3, 0x8E
        BADUD   "gate beyond", 0x800, 0x8E
        BADUD   "gate data", DATA0, 0x8E
        BADUD   "gate code 3", CODE3, 0x8E
        BADUD   "gate code absent", CODENP, 0x8E
        BADUD   "gate conforming 3", CONF3, 0x8E
        BADUD   "gate limit", CODELIM, 0x8E, 0x18000
        BADUD   "gate ldt", 0x0C, 0x8E
        BADUD   "gate task null", 0, 0x85, 0
        BADUD   "gate task ldt", 0x0C, 0x85, 0
        BADUD   "gate task beyond", 0x800, 0x85, 0
        BADUD   "gate task data", DATA0, 0x85, 0
        BADUD   "gate task busy", TSS, 0x85, 0
        BADUD   "gate task absent", TSSNP, 0x85, 0
        BADUD   "gate task short", TSSLIM, 0x85, 0

        ; Bad inner stacks. The handler's level is 1; the exception about it goes to level 0.
%macro  INNER 3                         ; name, SS, ESP
        mov     dword [TSS_BASE + 12], %3
        mov     word [TSS_BASE + 16], %2
        IDTGATE 6, CODE1, HANDLER, 0x8E
        TEST    %1
        STACK   5
        USER
        ud2
        DONE
        call    reset_idt
        IDTGATE 48, CODE1, HANDLER, 0xEE
        TEST    {%1, " by int"}
        STACK   5
        USER
        int     48
        DONE
%endmacro
        INNER   "inner null", 0, STACK1
        INNER   "inner beyond", 0x801, STACK1
        INNER   "inner rpl", DATA1, STACK1
        INNER   "inner dpl", DATA0 | 1, STACK1
        INNER   "inner absent", NP1 | 1, STACK1
        INNER   "inner read-only", RO1 | 1, STACK1
        INNER   "inner too small", STK1 | 1, 0x12
        INNER   "inner fits", STK1 | 1, 0x14
        mov     dword [TSS_BASE + 12], STACK1
        mov     word [TSS_BASE + 16], DATA1 | 1
        ; An exception with an error code needs room for that, too.
        mov     dword [TSS_BASE + 12], 0x14
        mov     word [TSS_BASE + 16], STK1 | 1
        IDTGATE 13, CODE1, HANDLER, 0x8E
        TEST    "inner too small for error code"
        USER
        mov     ax, 0x800
        mov     ds, ax
        DONE
        mov     dword [TSS_BASE + 12], STACK1
        mov     word [TSS_BASE + 16], DATA1 | 1
        call    reset_idt

        ; Two at once (SDM vol. 3A, table 6-5).
        IDTGATE 0, CODE0, HANDLER, 0x0E
        IDTGATE 5, CODE0, HANDLER, 0x0E
        IDTGATE 10, CODE0, HANDLER, 0x0E
        IDTGATE 12, CODE0, HANDLER, 0x0E
        IDTGATE 13, CODE0, HANDLER, 0x0E
        TEST    "double de np"
        xor     ecx, ecx
        div     ecx
        DONE
        TEST    "double br np"
        mov     dword [DATA], 5
        mov     dword [DATA + 4], 7
        xor     eax, eax
        bound   eax, [DATA]
        DONE
        TEST    "double gp np"
        mov     ax, 0x800
        mov     ds, ax
        DONE
        TEST    "double ss np"
        mov     ax, NP0
        mov     ss, ax
        DONE
        IDTGATE 11, CODE0, HANDLER, 0x0E
        TEST    "double np np"
        mov     ax, NP0
        mov     ds, ax
        DONE
        TEST    "double ud np np"
        IDTGATE 6, CODE0, HANDLER, 0x0E
        ud2
        DONE
        call    reset_idt
        IDTGATE 13, CODE0, HANDLER, 0x8C
        TEST    "double gp gp"
        mov     ax, 0x800
        mov     ds, ax
        DONE
        call    reset_idt
        TEST    "double int np np"
        IDTGATE 11, CODE0, HANDLER, 0x0E
        IDTGATE 48, CODE0, HANDLER, 0x0E
        int     48
        DONE
        call    reset_idt
        TEST    "idt limit"
        lidt    [short_idtr]
        xor     ecx, ecx
        int     48
        DONE
        TEST    "idt limit in gate"
        lidt    [odd_idtr]
        int     48
        DONE
        lidt    [idtr]

        ; Where a pending interrupt comes: IRQ 0, raised by the timer while IF is clear.
        call    take_irq
        call    raise_irq
        TEST    "irq sti"
        REGISTERS EBX_
        xor     ebx, ebx
        sti
        inc     ebx
        inc     ebx
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq sti sti"
        REGISTERS EBX_
        xor     ebx, ebx
        sti
        sti
        inc     ebx
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq sti cli"
        xor     ebx, ebx
        sti
        cli
        nop
        nop
        DONE
        TEST    "irq popf"
        REGISTERS EBX_
        xor     ebx, ebx
        push    dword 0x202
        popf
        inc     ebx
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq iret"
        REGISTERS EBX_
        xor     ebx, ebx
        RETURN_TO .iret, 0x202
.iret:  inc     ebx
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq sti mov ss"
        REGISTERS EBX_
        xor     ebx, ebx
        mov     eax, ss
        sti
        mov     ss, eax
        inc     ebx
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq sti pop ss"
        REGISTERS EBX_
        xor     ebx, ebx
        push    ss
        sti
        pop     ss
        inc     ebx
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq sti lss"
        REGISTERS EBX_
        xor     ebx, ebx
        mov     [DATA], esp
        mov     [DATA + 4], ss
        sti
        lss     esp, [DATA]
        inc     ebx
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq sti hlt"
        REGISTERS EBX_
        xor     ebx, ebx
        sti
        hlt
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq sti jmp"
        REGISTERS EBX_
        xor     ebx, ebx
        sti
        jmp     .jmp
.jmp:   inc     ebx
        DONE
        call    raise_irq
        TEST    "irq sti rep"
        REGISTERS ECX_ | EBX_
        xor     ebx, ebx
        mov     ecx, 4
        mov     edi, DATA
        sti
        rep     stosb
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq sti fault"
        xor     ebx, ebx
        sti
        ud2
        DONE
        TEST    "irq still pending"
        REGISTERS EBX_
        xor     ebx, ebx
        sti
        inc     ebx
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq user"
        REGISTERS EBX_
        xor     ebx, ebx
        USER    .user, 0x0202
.user:  inc     ebx
        inc     ebx
        DONE
        call    raise_irq
        TEST    "irq through absent gate"
        IDTGATE 32, CODE0, HANDLER, 0x0E
        sti
        nop
        nop
        DONE
        call    reset_idt
        jmp     finish

short_idtr: dw  48 * 8 - 1
        dd      IDT
odd_idtr: dw    48 * 8 + 6
        dd      IDT

        GDT
        SEGMENT CODENP, 0, 0xFFFFF, 0x1B, 0xC
        SEGMENT CONF0, 0, 0xFFFFF, 0x9F, 0xC
        SEGMENT CONF3, 0, 0xFFFFF, 0xFF, 0xC
        SEGMENT CODELIM, 0, 0xFFF, 0x9B, 4
        SEGMENT TSSNP, TSS_BASE + 0x100, 0x67, 0x09, 0
        SEGMENT TSSLIM, TSS_BASE + 0x100, 0x66, 0x89, 0
        SEGMENT NP0, 0, 0xFFFFF, 0x13, 0xC
        SEGMENT NP1, 0, 0xFFFFF, 0x33, 0xC
        SEGMENT RO1, 0, 0xFFFFF, 0xB1, 0xC
        SEGMENT STK1, DATA, 0xFF, 0xB3, 4
        END
