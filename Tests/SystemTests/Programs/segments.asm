; Segment registers: what may be loaded, and which accesses the loaded segment allows (SDM vol. 3A, chapters 3 and 5).

%include "system.inc"

; Performs an access through ES = %1 and prints what came of it; several on a line.
%macro  TRY 2+
        mov     ax, %1
        mov     es, ax
        mov     dword [resume], %%next
        mov     dword [start], %%try
%%try:  %2
        SAY     " ok"
%%next:
%endmacro
%macro  LINE 1
        SAY     {%1, ":"}
        mov     [resume_esp], esp
        mov     dword [hook], 0
        mov     dword [shown], 0
%endmacro
%macro  LOAD 2                          ; name, selector: loads DS
        TEST    %1
        mov     ax, %2
        mov     ds, ax
        mov     ax, DATA0
        mov     ds, ax
        DONE
%endmacro
%macro  LOADSS 2
        TEST    %1
        mov     ax, %2
        mov     ss, ax
        nop
        mov     ax, DATA0
        mov     ss, ax
        DONE
%endmacro

program:
        mov     dword [flags_shown], DEFAULT_FLAGS
        ; Where limits are not checked, jumps and returns that should fault end in an `int3`.
        mov     edi, DATA
        mov     eax, BREAKPOINTS
        mov     ecx, 0x80
        rep     stosd
        mov     [DATA + 0xFFF0], eax

        ; What DS, ES, FS and GS accept at level 0.
        LOAD    "ds null", 0
        LOAD    "ds null rpl 3", 3
        LOAD    "ds data", DATA0
        LOAD    "ds data rpl 3", DATA0 | 3
        LOAD    "ds data of level 3", DATA3
        LOAD    "ds read-only", RONLY
        LOAD    "ds absent", ABSENT
        LOAD    "ds absent code", CODENP
        LOAD    "ds absent system", SYSNP
        LOAD    "ds beyond", 0x400
        LOAD    "ds last byte beyond", gdt_end - gdt - 8
        LOAD    "ds no ldt", 0x14
        LOAD    "ds code", CODE0
        LOAD    "ds code rpl 3", CODE0 | 3
        LOAD    "ds execute-only", XONLY
        LOAD    "ds conforming rpl 3", CONF0 | 3
        LOAD    "ds conforming execute-only", CONFX
        LOAD    "ds tss", TSS
        LOAD    "ds call gate", CGATE
        LOAD    "ds type 0", TYPE0
        ; At level 3.
%macro  LOAD3 2
        TEST    %1
        USER
        mov     ax, %2
        mov     es, ax
        ud2
        DONE
%endmacro
        LOAD3   "user ds data 0", DATA0
        LOAD3   "user ds data 3 rpl 0", DATA3_
        LOAD3   "user ds code 0", CODE0
        LOAD3   "user ds code 3", CODE3
        LOAD3   "user ds conforming 0", CONF0
        LOAD3   "user ds conforming 0 rpl 3", CONF0 | 3
        LOAD3   "user ds null", 0
        LOAD3   "user ds absent 0", ABSENT
        LOAD3   "user ss data 0", DATA0
        ; SS.
        LOADSS  "ss null", 0
        LOADSS  "ss null rpl 3", 3
        LOADSS  "ss absent", ABSENT
        LOADSS  "ss absent read-only", RONLYNP
        LOADSS  "ss rpl 1", DATA0 | 1
        LOADSS  "ss of level 1", DATA1
        LOADSS  "ss of level 1 rpl 1", DATA1 | 1
        LOADSS  "ss read-only", RONLY
        LOADSS  "ss code", CODE0
        LOADSS  "ss beyond", 0x400
        LOADSS  "ss tss", TSS
        TEST    "ss level 3 rpl 0"
        USER
        mov     ax, DATA3_
        mov     ss, ax
        DONE
        TEST    "ss level 3 null rpl 3"
        USER
        mov     ax, 3
        mov     ss, ax
        DONE
        TEST    "cs"
        mov     ax, CODE0
        db      0x8E, 0xC8              ; mov cs, ax
        DONE
        TEST    "sreg 6"
        db      0x8E, 0xF0
        DONE
        TEST    "sreg 7 store"
        db      0x8C, 0xF8
        DONE

        ; Other instructions that load them; the registers that must not have changed.
        TEST    "pop es absent"
        push    dword ABSENT
        pop     es
        DONE
        TEST    "pop fs 16"
        push    dword 0x12345678
        push    word DATA0
        db      0x66
        pop     fs
        SHOW    [esp]
        add     esp, 4
        DONE
        TEST    "push es 32"
        mov     dword [esp - 4], 0x55555555
        push    es
        pop     eax
        and     eax, 0xFFFF
        SHOW    eax
        DONE
        TEST    "lds absent"
        REGISTERS EAX_ | EBX_
        mov     eax, 0x11
        mov     ebx, 0x22
        mov     dword [DATA], 0x12345678
        mov     dword [DATA + 4], ABSENT
        les     ebx, [DATA]
        DONE
        TEST    "les beyond limit"
        REGISTERS EBX_
        mov     ebx, 0x22
        mov     ax, SMALL
        mov     fs, ax
        les     ebx, [fs:0xC]
        DONE
        TEST    "lss absent"
        REGISTERS EAX_
        mov     eax, 0x11
        lss     esp, [DATA]
        DONE
        TEST    "lfs register"
        db      0x0F, 0xB4, 0xC0
        DONE
        TEST    "accessed bit"
        and     byte [gdt + SMALL + 5], ~1
        mov     ax, SMALL
        SHOW    [gdt + SMALL + 4]
        lar     ebx, eax
        verr    ax
        lsl     ebx, eax
        SHOW    [gdt + SMALL + 4]
        mov     es, ax
        SHOW    [gdt + SMALL + 4]
        DONE
        TEST    "accessed bit code"
        and     byte [gdt + CODEX + 5], ~1
        jmp     CODEX:.codex
.codex: SHOW    [cs:gdt + CODEX + 4]
        jmp     CODE0:.codex2
.codex2:
        DONE
        TEST    "accessed bit ss"
        and     byte [gdt + DATAX + 5], ~1
        mov     ax, DATAX
        mov     ss, ax
        SHOW    [gdt + DATAX + 4]
        mov     ax, DATA0
        mov     ss, ax
        DONE
        TEST    "accessed bit after fault"
        and     byte [gdt + ABSENT + 5], ~1
        mov     dword [hook], .absent
        mov     ax, ABSENT
        mov     es, ax
.absent:
        SHOW    [gdt + ABSENT + 4]
        jmp     abandon
        DONE

        ; Null selectors.
        LINE    "null read write"
        TRY     0, mov al, [es:0]
        TRY     3, mov [es:0], al
        call    newline
        LINE    "read-only"
        TRY     RONLY, mov al, [es:0]
        TRY     RONLY, mov [es:DATA], al
        TRY     RONLY, add [es:DATA], al
        TRY     RONLY, cmp [es:DATA], al
        TRY     RONLY, xchg [es:DATA], al
        call    newline
        LINE    "execute-only"
        TRY     DATA0, mov al, [cs:DATA]
        TRY     DATA0, mov [cs:DATA], al
        jmp     XONLY:.xonly
.xonly: TRY     DATA0, mov al, [cs:DATA]
        TRY     DATA0, jmp dword [cs:DATA + 0x40]
        jmp     CODE0:.xback
.xback: call    newline

        ; Limits: byte granular, 16 bytes.
        LINE    "limit read"
        TRY     SMALL, mov al, [es:0xF]
        TRY     SMALL, mov al, [es:0x10]
        TRY     SMALL, mov ax, [es:0xE]
        TRY     SMALL, mov ax, [es:0xF]
        TRY     SMALL, mov eax, [es:0xC]
        TRY     SMALL, mov eax, [es:0xD]
        TRY     SMALL, mov eax, [es:0x10]
        TRY     SMALL, mov al, [es:0xFFFFFFFF]
        TRY     SMALL, mov eax, [es:0xFFFFFFFF]
        call    newline
        LINE    "limit write"
        TRY     SMALL, mov [es:0xF], al
        TRY     SMALL, mov [es:0xF], ax
        TRY     SMALL, mov [es:0xD], eax
        TRY     SMALL, inc dword [es:0xD]
        TRY     SMALL, mov eax, [es:0xC]
        call    newline
        LINE    "limit other instructions"
        TRY     SMALL, sgdt [es:0xA]
        TRY     SMALL, sgdt [es:0xB]
        TRY     SMALL, bound eax, [es:0xC]
        TRY     SMALL, cmpxchg8b [es:0xC]
        TRY     SMALL, bt [es:0xC], eax
        TRY     SMALL, nop
        mov     dword [DATA + 0xC], returns
        mov     dword [DATA + 0x10], CODE0
        mov     eax, 0x80
        TRY     SMALL, bts [es:0xC], ebx
        TRY     SMALL, invlpg [es:0x1000]
        TRY     SMALL, lea eax, [es:0x1000]
        TRY     SMALL, prefetcht0 [es:0x1000]
        TRY     SMALL, push dword [es:0xD]
        TRY     SMALL, pop dword [es:0xD]
        TRY     SMALL, call far [es:0xC]
        TRY     SMALL, verr [es:0xF]
        call    newline
        LINE    "limit strings"
        mov     edi, 0xE
        mov     ecx, 4
        TRY     SMALL, rep stosb
        SHOW    ecx, edi
        mov     edi, 0x1
        mov     ecx, 4
        std
        TRY     SMALL, rep stosb
        cld
        SHOW    ecx, edi
        mov     esi, 0xD
        TRY     SMALL, es lodsd
        SHOW    esi
        mov     edi, 0xD
        TRY     SMALL, scasd
        SHOW    edi
        mov     esi, 0
        mov     edi, 0xD
        TRY     SMALL, movsd
        SHOW    esi, edi
        call    newline
        LINE    "limit pages"
        TRY     PAGES, mov al, [es:0x1FFF]
        TRY     PAGES, mov al, [es:0x2000]
        TRY     PAGES, mov eax, [es:0x1FFD]
        TRY     PAGES, mov eax, [es:0x1FFC]
        call    newline
        LINE    "limit 4 GiB"
        TRY     DATA0, mov al, [es:0xFFFFFFFF]
        TRY     DATA0, mov eax, [es:0xFFFFFFFC]
        call    newline
        ; Implementation-specific (SDM vol. 3A, 5.3).
        LINE    "limit 4 GiB across"
        TRY     DATA0, mov ax, [es:0xFFFFFFFF]
        TRY     DATA0, mov eax, [es:0xFFFFFFFE]
        call    newline
        LINE    "base wraps"
        mov     dword [DATA], 0x11223344
        TRY     WRAPS, mov eax, [es:DATA + 0x1000]
        SHOW    eax
        call    newline

        ; Expand-down: valid are the offsets above the limit, up to 64 KiB or 4 GiB.
        LINE    "down 32"
        TRY     DOWN32, mov al, [es:0xFFF]
        TRY     DOWN32, mov al, [es:0x1000]
        TRY     DOWN32, mov eax, [es:0xFFE]
        TRY     DOWN32, mov eax, [es:0x10000]
        TRY     DOWN32, mov al, [es:0xFFFFFFFF]
        TRY     DOWN32, mov ax, [es:0xFFFFFFFF]
        TRY     DOWN32, mov eax, [es:0xFFFFFFFC]
        TRY     DOWN32, mov al, [es:0]
        call    newline
        LINE    "down 16"
        TRY     DOWN16, mov al, [es:0xFFF]
        TRY     DOWN16, mov al, [es:0x1000]
        TRY     DOWN16, mov al, [es:0xFFFF]
        TRY     DOWN16, mov ax, [es:0xFFFF]
        TRY     DOWN16, mov ax, [es:0xFFFE]
        TRY     DOWN16, mov al, [es:0x10000]
        TRY     DOWN16, mov [es:0x1000], al
        TRY     DOWN16, inc word [es:0xFFE]
        call    newline
        LINE    "down pages"
        TRY     DOWNPG, mov al, [es:0x1FFF]
        TRY     DOWNPG, mov al, [es:0x2000]
        call    newline
        LINE    "down read-only"
        TRY     DOWNRO, mov al, [es:0x1000]
        TRY     DOWNRO, mov [es:0x1000], al
        TRY     DOWNRO, mov al, [es:0xFFF]
        call    newline
        LINE    "down nothing"
        TRY     DOWNNO, mov al, [es:0]
        TRY     DOWNNO, mov al, [es:0xFFFFFFFF]
        call    newline
        LINE    "down zero"
        TRY     DOWN0, mov al, [es:0]
        TRY     DOWN0, mov al, [es:1]
        call    newline

        ; Stacks: #SS, and nothing has moved.
%macro  ONSTACK 3+                      ; SS, ESP, the rest of the test
        mov     ebp, esp
        mov     ax, %1
        mov     ss, ax
        mov     esp, %2
        %3
        mov     ax, DATA0
        mov     ss, ax
        mov     esp, ebp
%endmacro
        ; The faults themselves come on a stack of their own: a task gate would be another matter, so from level 3.
%macro  USERSTACK 4+                    ; name, SS, ESP, instruction
        TEST    %1
        REGISTERS EBP_ | EAX_
        push    dword %2
        push    dword %3
        push    dword 2
        push    dword CODE3
        push    dword %%user
        mov     ebp, 0x55
        mov     eax, 0xAA
        iret
%%user: %4
        ud2
        DONE
%endmacro
        USERSTACK "stack push last", STK3, 0x4, push eax
        USERSTACK "stack push under", STK3, 0x0, push eax
        USERSTACK "stack push half", STK3, 0x2, push eax
        USERSTACK "stack push word", STK3, 0x2, push ax
        USERSTACK "stack push beyond", STK3, 0x104, push eax
        USERSTACK "stack push at limit", STK3, 0x100, push eax
        USERSTACK "stack pop at limit", STK3, 0xFC, pop eax
        USERSTACK "stack pop beyond", STK3, 0xFD, pop eax
        USERSTACK "stack pusha", STK3, 0x1C, pusha
        USERSTACK "stack popa", STK3, 0xE4, popa
        USERSTACK "stack enter", STK3, 0x10, enter 0x20, 0
        USERSTACK "stack enter nested", STK3, 0xC, enter 0, 4
        USERSTACK "stack enter no room for frame", STK3, 0x8, enter 0x8, 0
        USERSTACK "stack leave beyond", STK3, 0x8, leave
        USERSTACK "stack call", STK3, 0x2, call $ + 5
        USERSTACK "stack ret beyond", STK3, 0x100, ret
        USERSTACK "stack by ebp", STK3, 0x80, mov eax, [ebp + 0x100]
        USERSTACK "stack by esp", STK3, 0x80, mov eax, [esp + 0x80]
        USERSTACK "stack by ds", STK3, 0x80, mov eax, [ds:ebp]
        USERSTACK "stack pushf", STK3, 0x2, pushf
        USERSTACK "stack 16 wraps", STK16, 0x10000, push eax
        USERSTACK "stack 16 wraps twice", STK16, 0x55550002, push eax
        USERSTACK "stack 16 pop wraps", STK16, 0x5555FFFC, pop eax
        USERSTACK "stack 16 pop across", STK16, 0x5555FFFE, pop eax
        USERSTACK "stack 16 pusha across", STK16, 0x55550006, pusha
        USERSTACK "stack 16 enter", STK16, 0x55550000, enter 4, 1
        USERSTACK "stack 16 retn", STK16, 0x5555FFF0, ret 0x20
        USERSTACK "stack down push", STKDN, 0x1004, push eax
        USERSTACK "stack down push under", STKDN, 0x1003, push eax
        USERSTACK "stack down top", STKDN, 0, push eax
        USERSTACK "stack down pop wraps", STKDN, 0xFFFFFFFE, pop eax
        USERSTACK "stack down 16 top", STKDN16, 0x5555_0000, push eax
        USERSTACK "stack pop memory esp", STK3, 0x80, pop dword [esp + 0x80]
        USERSTACK "stack pop memory esp inside", STK3, 0x80, pop dword [esp + 0x78]
        USERSTACK "stack push memory beyond", STK3, 0x80, push dword [esp + 0x7E]

        ; Code.
        TEST    "code limit jmp"
        jmp     SMALLCODE:BREAKPOINTS
        DONE
        TEST    "code limit near"
        jmp     SMALLCODE:.near
.near:  mov     eax, BREAKPOINTS + 1
        jmp     eax
        DONE
        TEST    "code limit call"
        jmp     SMALLCODE:.ncall
.ncall: mov     eax, BREAKPOINTS + 1
        call    eax
        DONE
        TEST    "code limit ret"
        jmp     SMALLCODE:.nret
.nret:  push    dword BREAKPOINTS + 1
        ret
        DONE
        TEST    "code limit jcc"
        jmp     SMALLCODE:.ncc
.ncc:   xor     eax, eax
        jz      near .ncc + 0x10000
        DONE
        TEST    "code limit loop"
        REGISTERS ECX_
        mov     byte [0xFFF0 - 2], 0xE2 ; loop +0x20, at the end of the segment
        mov     byte [0xFFF0 - 1], 0x20
        mov     ecx, 5
        jmp     SMALLCODE:0xFFF0 - 2
        DONE
        TEST    "code limit run out"
        mov     dword [0xFFFC], 0x90909090
        jmp     SMALLCODE:0xFFFC
        DONE
        TEST    "code limit in instruction"
        mov     dword [0xFFFC], 0xB8909090
        jmp     SMALLCODE:0xFFFC
        DONE
        TEST    "code limit 15 bytes"
        times   14 db 0x26
        nop
        SAY     " ok"
        times   15 db 0x26
        nop
        DONE

        ; Big real mode: limits loaded in protected mode stay, selectors only move the base.
        TEST    "unreal"
        mov     ax, PAGES
        mov     fs, ax
        mov     ax, DATA0
        mov     gs, ax
        mov     ax, RONLY
        mov     es, ax
        mov     dword [0x100000], 0x31415926
        jmp     CODE16:.sixteen
        bits    16
.sixteen:
        mov     ax, DATA16
        mov     ss, ax
        mov     ds, ax
        mov     eax, cr0
        and     al, 0xFE
        mov     cr0, eax
        jmp     0:.real
.real:  lidt    [cs:real_idtr]
        mov     word [cs:13 * 4], .handler
        mov     word [cs:13 * 4 + 2], 0
        xor     esi, esi
        mov     ds, si
        mov     ss, si
        mov     sp, 0x7000
        mov     gs, si                  ; 4 GiB
        mov     eax, [gs:dword 0x100000]
        mov     [DATA16BUF], eax
        mov     ax, 0x1000
        mov     gs, ax
        mov     eax, [gs:dword 0xF0000]
        mov     [DATA16BUF + 4], eax
        xor     ax, ax
        mov     fs, ax                  ; 8 KiB
        xor     ebx, ebx
        mov     al, [fs:0x1FFF]
        inc     bx
        mov     al, [fs:0x2000]         ; #GP
        mov     [DATA16BUF + 8], ebx
        xor     ebx, ebx
        mov     edi, 0x10000
        db      0x3E                    ; DS, 64 KiB: #GP
        mov     al, [edi]
        mov     [DATA16BUF + 12], ebx
        ; ES was read-only, and FS small; the first load in real mode does not make the segment any bigger.
        mov     ax, 0x30
        mov     es, ax
        xor     ebx, ebx
        mov     byte [es:0], 0x77
        mov     [DATA16BUF + 16], ebx
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     CODE0:.again
.handler:                               ; counts in EBX, and goes on behind the instruction of four bytes
        add     ebx, 0x10
        push    bp
        mov     bp, sp
        add     word [bp + 2], 4
        pop     bp
        iret
        bits    32
.again: mov     ax, DATA0
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, [resume_esp]
        lidt    [idtr]
        SHOW    [DATA16BUF], [DATA16BUF + 4], [DATA16BUF + 8], [DATA16BUF + 12], [DATA16BUF + 16]
        DONE
        jmp     finish

returns: retf

DATA16BUF equ   0x6000
real_idtr: dw   0x3FF
        dd      0

        GDT
        SEGMENT ABSENT, 0, 0xFFFFF, 0x13, 0xC
        SEGMENT CODENP, 0, 0xFFFFF, 0x1B, 0xC
        SEGMENT SYSNP, 0, 0xFFFFF, 0x09, 0xC
        SEGMENT RONLYNP, 0, 0xFFFFF, 0x11, 0xC
        SEGMENT RONLY, 0, 0xFFFFF, 0x91, 0xC
        SEGMENT XONLY, 0, 0xFFFFF, 0x99, 0xC
        SEGMENT CONF0, 0, 0xFFFFF, 0x9F, 0xC
        SEGMENT CONFX, 0, 0xFFFFF, 0x9D, 0xC
        SEGMENT TYPE0, 0, 0xFFFFF, 0x80, 0xC
        GATE    CGATE, CODE0, 0, 0x8C, 0
        SEGMENT CODEX, 0, 0xFFFFF, 0x9A, 0xC
        SEGMENT DATAX, 0, 0xFFFFF, 0x92, 0xC
        SEGMENT SMALL, DATA, 0xF, 0x92, 4
        SEGMENT PAGES, 0, 1, 0x93, 0xC
        SEGMENT WRAPS, 0xFFFFF000, 0xFFFFF, 0x93, 0xC
        SEGMENT DOWN32, DATA, 0xFFF, 0x97, 4
        SEGMENT DOWN16, DATA, 0xFFF, 0x97, 0
        SEGMENT DOWNPG, DATA, 1, 0x97, 0xC
        SEGMENT DOWNRO, DATA, 0xFFF, 0x95, 4
        SEGMENT DOWNNO, DATA, 0xFFFFF, 0x97, 0xC
        SEGMENT DOWN0, DATA, 0, 0x97, 4
STK3    equ     $ - gdt + 3
        SEGMENT STK3_, DATA, 0xFF, 0xF3, 4
STK16   equ     $ - gdt + 3
        SEGMENT STK16_, DATA, 0xFFFF, 0xF3, 0
STKDN   equ     $ - gdt + 3
        SEGMENT STKDN_, DATA, 0xFFF, 0xF7, 4
STKDN16 equ     $ - gdt + 3
        SEGMENT STKDN16_, DATA, 0xFFF, 0xF7, 0
        SEGMENT SMALLCODE, 0, 0xFFFF, 0x9B, 4
        END
