; Far transfers of control: jumps, calls, call gates, returns (SDM vol. 3A, 5.8; vol. 2, CALL, JMP, RET, IRET).

%include "system.inc"

%macro  JUMP 2-3 0                      ; name, selector, offset
        TEST    %1
        jmp     %2:%3
        DONE
%endmacro
%macro  CALLF 2-3 0
        TEST    %1
        STACK   2
        call    %2:%3
        DONE
%endmacro
%macro  RETURN 3                        ; name, selector, offset: at the same level
        TEST    %1
        push    dword %2
        push    dword %3
        retf
        DONE
%endmacro
; To an outer level with SS and ESP %4 and %5, with something in every data segment register.
%macro  OUTER 5
        TEST    %1
        REGISTERS SREGS_
        push    dword %4
        push    dword %5
        push    dword %2
        push    dword %3
        retf
        DONE
%endmacro
%macro  IRETURN 3-4 2                   ; name, selector, offset, flags
        TEST    %1
        push    dword %4
        push    dword %2
        push    dword %3
        iret
        DONE
%endmacro
; A call through a gate from level 3, with two parameters on the stack.
%macro  INWARDS 2
        TEST    %1
        STACK   7
        USER
        push    dword 0x11111111
        push    dword 0x22222222
        call    %2:0x12345678
        DONE
%endmacro

program:
        mov     dword [target], gate_target

        ; Jumps at level 0.
        JUMP    "jmp null", 0
        JUMP    "jmp null rpl 3", 3
        JUMP    "jmp beyond", 0x800
        JUMP    "jmp no ldt", 0x0C
        JUMP    "jmp data", DATA0
        JUMP    "jmp code 3", CODE3
        JUMP    "jmp code 0 rpl 3", CODE0 | 3
        JUMP    "jmp code absent", CODENP
        JUMP    "jmp code 3 absent", CODE3NP
        JUMP    "jmp code", CODE0, gate_target
        JUMP    "jmp code execute-only", XONLY, gate_target
        JUMP    "jmp conforming", CONF0, gate_target
        JUMP    "jmp conforming rpl 3", CONF0 | 3, gate_target
        JUMP    "jmp conforming of level 3", CONF3, gate_target
        JUMP    "jmp limit", CODELIM, 0x1000
        JUMP    "jmp type 0", TYPE0
        JUMP    "jmp ldt descriptor", LDTD
        JUMP    "jmp interrupt gate", IGATE
        JUMP    "jmp busy tss", TSS
        JUMP    "jmp gate", CGATE0
        JUMP    "jmp gate 16", CGATE16
        JUMP    "jmp gate absent", CGNP
        JUMP    "jmp gate null", CGNULL
        JUMP    "jmp gate data", CGDATA
        JUMP    "jmp gate code 3", CGCODE3
        JUMP    "jmp gate rpl 3", CGATE0 | 3
        JUMP    "jmp gate dpl 0 rpl 3", CGDPL0 | 3
        JUMP    "jmp gate beyond", CGFAR
        JUMP    "jmp gate limit", CGLIM
        TEST    "jmp far 16"
        o16 jmp CODE0:0x100
        DONE
        TEST    "jmp far memory beyond limit"
        mov     ax, SMALL
        mov     ds, ax
        jmp     far [0xC]
        DONE
        TEST    "jmp far register"
        db      0xFF, 0xE8
        DONE
        TEST    "call far register"
        db      0xFF, 0xD8
        DONE

        ; Calls at level 0.
        CALLF   "call null", 0
        CALLF   "call data", DATA0
        CALLF   "call absent", CODENP
        CALLF   "call limit", CODELIM, 0x1000
        CALLF   "call conforming", CONF0, gate_target
        CALLF   "call code", CODE0, gate_target
        CALLF   "call gate", CGATE0
        CALLF   "call gate 16 bits", CGATE16
        CALLF   "call gate limit", CGLIM
        CALLF   "call gate code 3", CGCODE3
        CALLF   "call busy tss", TSS
        TEST    "call 16"
        STACK16 2
        mov     word [0x100], 0x0B0F
        o16 call CODE0:0x100
        DONE
        TEST    "call code 16 bits"
        STACK   2
        mov     word [0x100], 0x0B0F
        call    CODE16:0x100
        DONE

        ; Gates from level 3.
        INWARDS "gate two parameters", CGATE0 | 3
        INWARDS "gate rpl 0", CGATE0
        INWARDS "gate dpl 0", CGDPL0
        INWARDS "gate no parameters", CGATEN | 3
        INWARDS "gate conforming", CGCONF | 3
        INWARDS "gate absent", CGNP | 3
        INWARDS "gate target absent", CGTNP | 3
        INWARDS "gate target null", CGNULL | 3
        INWARDS "gate target beyond", CGFAR | 3
        INWARDS "gate target data", CGDATA | 3
        INWARDS "gate target limit", CGLIM | 3
        INWARDS "gate level 3", CGCODE3 | 3
        TEST    "gate 31 parameters"
        STACK   20
        USER
        mov     ecx, 31
.push:  push    ecx
        loop    .push
        call    CGATE31 | 3:0
        DONE
        TEST    "gate 16"
        STACK16 8
        USER
        push    dword 0x11112222
        call    CGATE16 | 3:0x12345678
        DONE
        TEST    "gate level 1"
        STACK   6
        USER
        push    dword 0x11111111
        call    CGATE1 | 3:0
        DONE
        TEST    "gate level 2 then 1 then 0"
        STACK   4
        USER
        call    CGATE2NEXT | 3:0
        DONE
        TEST    "gate jmp to level 0"
        USER
        jmp     CGATE0 | 3:0
        DONE
        TEST    "gate jmp conforming"
        USER
        jmp     CGCONF | 3:0
        DONE
        TEST    "conforming from level 3"
        STACK   2
        USER
        call    CONF0 | 3:gate_target
        DONE
        TEST    "conforming from level 3 rpl 0"
        USER
        jmp     CONF0:gate_target
        DONE
        TEST    "gate from 16-bit stack"
        STACK   7
        push    dword STK16
        push    dword 0x55550002
        push    dword 2
        push    dword CODE3
        push    dword .from16
        mov     dword [DATA + 2], 0x11111111
        mov     dword [DATA + 6], 0x22222222
        iret
.from16: call   CGATE0 | 3:0
        DONE
        TEST    "gate parameters across stack end"
        push    dword STK3
        push    dword 0xFC
        push    dword 2
        push    dword CODE3
        push    dword .across
        iret
.across: call   CGATE0 | 3:0
        DONE

        ; The stack of the inner level.
%macro  BADSTACK 3                      ; name, SS, ESP
        mov     dword [TSS_BASE + 12], %3
        mov     word [TSS_BASE + 16], %2
        TEST    %1
        USER
        call    CGATE1 | 3:0
        DONE
%endmacro
        BADSTACK "inner stack null", 0, STACK1
        BADSTACK "inner stack null rpl 1", 1, STACK1
        BADSTACK "inner stack beyond", 0x801, STACK1
        BADSTACK "inner stack rpl 0", DATA1, STACK1
        BADSTACK "inner stack of level 0", DATA0 | 1, STACK1
        BADSTACK "inner stack read-only", RO1 | 1, STACK1
        BADSTACK "inner stack code", CODE1 | 1, STACK1
        BADSTACK "inner stack absent", NP1 | 1, STACK1
        BADSTACK "inner stack absent read-only", RONP1 | 1, STACK1
        BADSTACK "inner stack too small", STK1 | 1, 0x12
        BADSTACK "inner stack above limit", STK1 | 1, 0x200
        BADSTACK "inner stack wraps", STK1 | 1, 0
        BADSTACK "inner stack fits", STK1 | 1, 0x18
        BADSTACK "inner stack 16 bits", STK116 | 1, 0x12340008
        BADSTACK "inner stack accessed", STKA | 1, STACK1
        SAY     "inner stack accessed bit:"
        SHOW    [gdt + STKA + 4]
        call    newline
        mov     dword [TSS_BASE + 12], STACK1
        mov     word [TSS_BASE + 16], DATA1 | 1
        mov     ax, TSSSHORT
        and     byte [gdt + TSSSHORT + 5], ~2
        ltr     ax
        TEST    "tss too short for level 1"
        USER
        call    CGATE1 | 3:0
        DONE
        and     byte [gdt + TSS + 5], ~2
        mov     ax, TSS
        ltr     ax

        ; Returns.
        RETURN  "retf", CODE0, gate_target
        RETURN  "retf null", 0, 0
        RETURN  "retf null rpl 3", 3, 0
        RETURN  "retf beyond", 0x800, 0
        RETURN  "retf data", DATA0, 0
        RETURN  "retf code 3 rpl 0", CODE3_, 0
        RETURN  "retf absent", CODENP, 0
        RETURN  "retf limit", CODELIM, 0x1000
        RETURN  "retf conforming", CONF0, gate_target
        RETURN  "retf gate", CGATE0, 0
        TEST    "retf releases"
        push    eax
        push    eax
        push    dword CODE0
        push    dword gate_target
        retf    8
        DONE
        TEST    "retf 16"
        mov     word [0x100], 0x0B0F
        push    word CODE0
        push    word 0x100
        o16 retf
        DONE
        TEST    "retf inwards"
        USER
        push    dword CODE0
        push    dword 0
        retf
        DONE
        TEST    "retf inwards rpl 3"
        USER
        push    dword CODE0 | 3
        push    dword 0
        retf
        DONE

%macro  DATASEGMENTS 4
        mov     ax, %1
        mov     ds, ax
        mov     ax, %2
        mov     es, ax
        mov     ax, %3
        mov     fs, ax
        mov     ax, %4
        mov     gs, ax
%endmacro
        OUTER   "outer", CODE3, gate_target, DATA3, 0x1234
        OUTER   "outer conforming", CONF0 | 3, gate_target, DATA3, 0x1234
        OUTER   "outer conforming of level 3", CONF3 | 3, gate_target, DATA3, 0x1234
        OUTER   "outer code 0", CODE0 | 3, 0, DATA3, 0x1234
        OUTER   "outer to level 1", CODE1 | 1, gate_target, DATA1 | 1, 0x1234
        OUTER   "outer to level 2 code 3", CODE3_ | 2, 0, DATA2 | 2, 0x1234
        OUTER   "outer absent", CODE3NP, 0, DATA3, 0x1234
        OUTER   "outer limit", CODE3LIM, 0x1000, DATA3, 0x1234
        OUTER   "outer stack null", CODE3, 0, 0, 0
        OUTER   "outer stack null rpl 3", CODE3, 0, 3, 0
        OUTER   "outer stack rpl 0", CODE3, 0, DATA3_, 0
        OUTER   "outer stack of level 0", CODE3, 0, DATA0 | 3, 0
        OUTER   "outer stack absent", CODE3, 0, NP3, 0
        OUTER   "outer stack read-only", CODE3, 0, RO3, 0
        OUTER   "outer stack code", CODE3, 0, CODE3, 0
        OUTER   "outer stack beyond", CODE3, 0, 0x803, 0
        OUTER   "outer stack 16 bits", CODE3, gate_target, STK16, 0x55551234
        TEST    "outer nulls"
        REGISTERS SREGS_
        push    dword DATA3
        push    dword 0x1234
        push    dword CODE3
        push    dword gate_target
        DATASEGMENTS DATA0, DATA3, CONF0, CODE0
        retf
        DONE
        TEST    "outer nulls rpl"
        REGISTERS SREGS_
        push    dword DATA3
        push    dword 0x1234
        push    dword CODE3
        push    dword gate_target
        DATASEGMENTS DATA3_, DATA2, CONF3, 3
        retf
        DONE
        TEST    "outer nulls to level 1"
        REGISTERS SREGS_
        push    dword DATA1 | 1
        push    dword 0x1234
        push    dword CODE1 | 1
        push    dword gate_target
        DATASEGMENTS DATA0, DATA1, CODE1, CODE0
        retf
        DONE
        TEST    "outer nulled is unusable"
        push    dword DATA3
        push    dword 0x1234
        push    dword CODE3
        push    dword .nulled
        DATASEGMENTS DATA3, DATA0, DATA3, DATA3
        retf
.nulled: mov    al, [es:0]
        DONE
        TEST    "outer keeps after fault"
        REGISTERS SREGS_
        push    dword NP3
        push    dword 0x1234
        push    dword CODE3
        push    dword gate_target
        DATASEGMENTS DATA0, DATA3, CONF0, CODE0
        retf
        DONE
        TEST    "outer releases both"
        push    dword DATA3
        push    dword 0x1000
        push    dword 0
        push    dword 0
        push    dword CODE3
        push    dword gate_target
        retf    8
        DONE
        TEST    "outer 16"
        push    word DATA3
        push    word 0x7004
        push    word CODE3
        push    word 0x100
        o16 retf
        DONE
        TEST    "gate and back"
        USER
        push    dword 0x11111111
        push    dword 0x22222222
        mov     ebx, esp
        call    CGATEBACK | 3:0
        sub     ebx, esp
        ud2
        DONE

        ; Interrupt returns.
        IRETURN "iret", CODE0, gate_target, 0x00000ED7
        IRETURN "iret null", 0, 0
        IRETURN "iret absent", CODENP, 0
        IRETURN "iret data", DATA0, 0
        IRETURN "iret limit", CODELIM, 0x1000
        IRETURN "iret conforming", CONF0, gate_target
        TEST    "iret flags level 0"
        mov     dword [flags_shown], -1
        push    dword 0xFFFCBEFF        ; not NT, not VM, not TF
        push    dword CODE0
        push    dword gate_target
        iret
        DONE
        TEST    "iret flags cleared level 0"
        mov     dword [flags_shown], ~0x10000
        push    dword 0xFFFCBEFF
        popf
        RETURN_TO gate_target, 0
        DONE
        TEST    "iret 16 flags"
        mov     dword [flags_shown], ~0x10000
        mov     word [0x100], 0x0B0F
        push    word 0xBEFF
        push    word CODE0
        push    word 0x100
        o16 iret
        DONE
%macro  USERFLAGS 3                     ; name, EFLAGS at level 3, popped ones
        TEST    %1
        mov     dword [flags_shown], ~0x10000
        USER    %%user, %2
%%user: push    dword %3
        push    dword CODE3
        push    dword gate_target
        iret
        DONE
%endmacro
        USERFLAGS "iret flags level 3", 2, 0xFFFFBEFF
        USERFLAGS "iret flags level 3 iopl 3", 0x3002, 0xFFFF8EFF
        USERFLAGS "iret flags level 3 clears if", 0x0202, 0x2
        USERFLAGS "iret flags level 3 iopl 3 clears if", 0x3202, 0x2
        USERFLAGS "iret vm level 3", 2, 0x20002
        TEST    "iret outer flags"
        mov     dword [flags_shown], ~0x10000
        push    dword DATA3
        push    dword 0x1234
        push    dword 0x003C3ED7
        push    dword CODE3
        push    dword gate_target
        iret
        DONE
        TEST    "iret outer level 1 to 3"
        USER
        call    CGATEIRET1 | 3:0
        DONE
        TEST    "iret outer no stack"
        REGISTERS SREGS_
        push    dword 0
        push    dword 0
        push    dword 2
        push    dword CODE3
        push    dword 0
        iret
        DONE
        TEST    "iret nulls"
        REGISTERS SREGS_
        push    dword DATA3
        push    dword 0x1234
        push    dword 2
        push    dword CODE3
        push    dword gate_target
        DATASEGMENTS DATA0, DATA3, CONF0, DATA1
        iret
        DONE
        TEST    "iret to v86"
        mov     dword [flags_shown], ~0x10000
        mov     word [0x7100], 0x0B0F
        push    dword 0x10004           ; GS
        push    dword 0x10003
        push    dword 0x10002
        push    dword 0x10001           ; ES
        push    dword 0x10005           ; SS
        push    dword 0x12345678        ; ESP
        push    dword 0x00023002
        push    dword 0x10700           ; CS
        push    dword 0x100
        iret
        DONE
        TEST    "iret to v86 offset"
        push    dword 0
        push    dword 0
        push    dword 0
        push    dword 0
        push    dword 0
        push    dword 0x7000
        push    dword 0x00023002
        push    dword 0x700
        push    dword 0x10100
        iret
        DONE
        jmp     finish

gate_target:
        ud2
        ud2
gate_back:                              ; at level 0, from level 3 with two parameters
        retf    8
gate_next1: call CGATE0N:0              ; at level 1
gate_next2: call CGATE1NEXT | 2:0       ; at level 2
gate_iret1:                             ; at level 1: back to level 3 as from an interrupt
        push    dword DATA3
        push    dword 0x2468
        push    dword 0x3202
        push    dword CODE3
        push    dword gate_target
        iret

        GDT
        SEGMENT CODENP, 0, 0xFFFFF, 0x1B, 0xC
CODE3NP equ     $ - gdt + 3
        SEGMENT CODE3NP_, 0, 0xFFFFF, 0x7B, 0xC
        SEGMENT XONLY, 0, 0xFFFFF, 0x99, 0xC
        SEGMENT CONF0, 0, 0xFFFFF, 0x9F, 0xC
        SEGMENT CONF3, 0, 0xFFFFF, 0xFF, 0xC
        SEGMENT CODELIM, 0, 0xFFF, 0x9B, 4
CODE3LIM equ    $ - gdt + 3
        SEGMENT CODE3LIM_, 0, 0xFFF, 0xFB, 4
        SEGMENT TYPE0, 0, 0xFFFFF, 0x80, 0xC
        SEGMENT LDTD, DATA, 0x0F, 0x82, 0
        SEGMENT SMALL, DATA, 0xF, 0x93, 4
        SEGMENT TSSSHORT, TSS_BASE, 0xC, 0x89, 0
        SEGMENT RO1, 0, 0xFFFFF, 0xB1, 0xC
        SEGMENT NP1, 0, 0xFFFFF, 0x33, 0xC
        SEGMENT RONP1, 0, 0xFFFFF, 0x31, 0xC
        SEGMENT STK1, DATA, 0xFF, 0xB3, 4
        SEGMENT STK116, DATA, 0xFFFF, 0xB3, 0
        SEGMENT STKA, 0, 0xFFFFF, 0xB2, 0xC
RO3     equ     $ - gdt + 3
        SEGMENT RO3_, 0, 0xFFFFF, 0xF1, 0xC
NP3     equ     $ - gdt + 3
        SEGMENT NP3_, 0, 0xFFFFF, 0x73, 0xC
STK3    equ     $ - gdt + 3
        SEGMENT STK3_, DATA, 0xFF, 0xF3, 4
STK16   equ     $ - gdt + 3
        SEGMENT STK16_, DATA, 0xFFFF, 0xF3, 0
%define TARGET  LINEAR(gate_target)
        GATE    IGATE, CODE0, TARGET, 0xEE, 0
        GATE    CGATE0, CODE0, TARGET, 0xEC, 2
        GATE    CGATEN, CODE0, TARGET, 0xEC, 0
        GATE    CGATE31, CODE0, TARGET, 0xEC, 31
        GATE    CGATE16, CODE0, TARGET, 0xE4, 2
        GATE    CGDPL0, CODE0, TARGET, 0x8C, 0
        GATE    CGNP, CODE0, TARGET, 0x6C, 0
        GATE    CGNULL, 0, TARGET, 0xEC, 0
        GATE    CGDATA, DATA0, TARGET, 0xEC, 0
        GATE    CGFAR, 0x800, TARGET, 0xEC, 0
        GATE    CGLIM, CODELIM, 0x18000, 0xEC, 0
        GATE    CGCODE3, CODE3, TARGET, 0xEC, 0
        GATE    CGTNP, CODENP, TARGET, 0xEC, 0
        GATE    CGCONF, CONF0, TARGET, 0xEC, 2
        GATE    CGATE1, CODE1, TARGET, 0xEC, 1
        GATE    CGATE0N, CODE0, TARGET, 0xCC, 0
        GATE    CGATE1NEXT, CODE1, LINEAR(gate_next1), 0xEC, 0
        GATE    CGATE2NEXT, CODE2, LINEAR(gate_next2), 0xEC, 0
        GATE    CGATEBACK, CODE0, LINEAR(gate_back), 0xEC, 2
        GATE    CGATEIRET1, CODE1, LINEAR(gate_iret1), 0xEC, 0
        END
