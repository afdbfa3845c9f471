; Debug exceptions: breakpoints in the debug registers, single step, RF, GD, and their order (SDM vol. 3B, chapter 17).
;
; The handler prints each exception on the test's line and goes on, with RF set in what it returns to.

%include "system.inc"

%macro  STEPPING 0                      ; sets TF: the trap comes after the instruction behind this
        pushf
        or      dword [esp], 0x100
        popf
%endmacro
%macro  WALKING 0                       ; clears TF: one more trap comes, after this `popf`'s `and`
        pushf
        and     dword [esp], ~0x100
        popf
%endmacro
%macro  DR7_ 1
        mov     eax, %1
        mov     dr7, eax
%endmacro
%macro  DR_ 2
        mov     eax, %2
        mov     dr%1, eax
%endmacro
%macro  NODR 0
        xor     eax, eax
        mov     dr7, eax
%endmacro
; DR7: R/W and LEN of breakpoint n, enabled locally.
%define EXECUTE(n) (1 << (2 * n))
%define WRITE(n, len) (1 << (2 * n) | 1 << (16 + 4 * n) | (len) << (18 + 4 * n))
%define IO(n, len) (1 << (2 * n) | 2 << (16 + 4 * n) | (len) << (18 + 4 * n))
%define ACCESS(n, len) (1 << (2 * n) | 3 << (16 + 4 * n) | (len) << (18 + 4 * n))
BYTE1   equ     0
BYTE2   equ     1
BYTE4   equ     3

; Name, DR7 (for breakpoint 0), DR0, an instruction.
%macro  WATCH 4-*
        DR_     0, %3
        mov     esi, DATA + 0x40
        mov     edi, DATA + 0x80
        mov     ecx, 3
        TEST    %1
        mov     dword [flags_shown], 0x10100
        DR7_    %2
        %rotate 3
        %rep %0 - 3
        %1
          %rotate 1
        %endrep
        nop
        NODR
        DONE
%endmacro

program:
        mov     dword [db_continues], 1
        mov     dword [target], target_code
        xor     eax, eax
        mov     dr6, eax

        ; ----- Data breakpoints.
        WATCH   "write byte", WRITE(0, BYTE1), DATA, {mov [DATA], al}
        WATCH   "write byte not before", WRITE(0, BYTE1), DATA, {mov [DATA - 1], al}
        WATCH   "write byte not behind", WRITE(0, BYTE1), DATA, {mov [DATA + 1], al}
        WATCH   "write byte across", WRITE(0, BYTE1), DATA, {mov [DATA - 3], eax}
        WATCH   "write byte not read", WRITE(0, BYTE1), DATA, {mov al, [DATA]}
        WATCH   "write word", WRITE(0, BYTE2), DATA, {mov [DATA + 1], al}
        WATCH   "write word odd address", WRITE(0, BYTE2), DATA + 1, {mov [DATA], al}
        WATCH   "write word odd address end", WRITE(0, BYTE2), DATA + 1, {mov [DATA + 2], al}
        WATCH   "write doubleword", WRITE(0, BYTE4), DATA, {mov [DATA + 3], al}
        WATCH   "write doubleword odd address", WRITE(0, BYTE4), DATA + 3, {mov [DATA], al}
        WATCH   "write doubleword before", WRITE(0, BYTE4), DATA, {mov [DATA - 1], al}
        WATCH   "write doubleword behind", WRITE(0, BYTE4), DATA, {mov [DATA + 4], al}
        WATCH   "access read", ACCESS(0, BYTE4), DATA, {mov al, [DATA + 2]}
        WATCH   "access write", ACCESS(0, BYTE4), DATA, {mov [DATA + 2], al}
        WATCH   "access fetch", ACCESS(0, BYTE1), target_code + 2, {call target_code + 2}
        WATCH   "modify", WRITE(0, BYTE4), DATA, {inc dword [DATA]}
        WATCH   "modify access", ACCESS(0, BYTE4), DATA, {inc dword [DATA]}
        WATCH   "compare", WRITE(0, BYTE4), DATA, {cmp dword [DATA], eax}
        WATCH   "xchg", WRITE(0, BYTE4), DATA, {xchg [DATA], eax}
        WATCH   "cmpxchg fails", WRITE(0, BYTE4), DATA, {mov eax, 0x77777777}, {cmpxchg [DATA], ecx}
        WATCH   "bts", WRITE(0, BYTE4), DATA + 4, {mov eax, 32}, {bts [DATA], eax}
        ; The stack of level 3, since the frames of the exceptions would be seen on this one.
%macro  WATCHSTACK 4-*
        DR_     0, %3
        mov     dword [STACK3 - 4], target_code
        TEST    %1
        DR7_    %2
        push    dword DATA3
        push    dword %4
        push    dword 2
        push    dword CODE3
        push    dword %%user
        iret
%%user:
        %rotate 4
        %rep %0 - 4
        %1
          %rotate 1
        %endrep
        nop
        ud2
        DONE
%endmacro
        WATCHSTACK "push", WRITE(0, BYTE4), STACK3 - 4, STACK3, {push eax}
        WATCHSTACK "pop write", WRITE(0, BYTE4), STACK3 - 4, STACK3 - 4, {pop eax}
        WATCHSTACK "pop read", ACCESS(0, BYTE4), STACK3 - 4, STACK3 - 4, {pop eax}
        WATCHSTACK "pop memory", WRITE(0, BYTE4), STACK3 - 8, STACK3 - 4, {pop dword [ss:esp - 8]}
        WATCHSTACK "call", WRITE(0, BYTE4), STACK3 - 4, STACK3, {call target_code + 2}
        WATCHSTACK "ret", ACCESS(0, BYTE4), STACK3 - 4, STACK3 - 4, {ret}
        WATCHSTACK "pusha", WRITE(0, BYTE4), STACK3 - 12, STACK3, pusha
        WATCHSTACK "popa skips esp", ACCESS(0, BYTE4), STACK3 - 20, STACK3 - 32, popa
        WATCHSTACK "popa", ACCESS(0, BYTE4), STACK3 - 4, STACK3 - 32, popa
        WATCHSTACK "enter", WRITE(0, BYTE4), STACK3 - 4, STACK3, {enter 8, 0}
        WATCHSTACK "enter frame", WRITE(0, BYTE4), STACK3 - 12, STACK3, {enter 8, 0}
        WATCH   "movs source", ACCESS(0, BYTE4), DATA + 0x40, movsd
        WATCH   "movs target", WRITE(0, BYTE4), DATA + 0x80, movsd
        WATCH   "rep movs", WRITE(0, BYTE4), DATA + 0x84, rep movsd
        WATCH   "rep movs last", WRITE(0, BYTE4), DATA + 0x88, rep movsd
        WATCH   "rep stos all", WRITE(0, BYTE4), DATA + 0x80, {rep stosb}
        WATCH   "lgdt", ACCESS(0, BYTE4), gdtr, {lgdt [gdtr]}
        WATCH   "lea", ACCESS(0, BYTE4), DATA, {lea eax, [DATA]}
        WATCH   "invlpg", ACCESS(0, BYTE4), DATA, {invlpg [DATA]}
        WATCH   "not enabled", WRITE(0, BYTE4) & ~1, DATA, {mov [DATA], al}
        WATCH   "enabled globally", (WRITE(0, BYTE4) & ~1) | 2, DATA, {mov [DATA], al}
        WATCH   "segment load", ACCESS(0, BYTE4), gdt + DATA1 + 4, {mov eax, DATA1}, {mov fs, eax}
        WATCH   "verr", ACCESS(0, BYTE4), gdt + DATA1 + 4, {mov eax, DATA1}, {verr ax}
        ; What several meet at once.
        DR_     1, DATA
        DR_     2, DATA + 2
        DR_     3, DATA
        WATCH   "several", WRITE(0, BYTE4) | ACCESS(1, BYTE4) | WRITE(2, BYTE2) | WRITE(3, BYTE1), DATA, {mov [DATA], al}
        WATCH   "several read", WRITE(0, BYTE4) | ACCESS(1, BYTE4) | WRITE(2, BYTE2) | WRITE(3, BYTE1), DATA, {mov al, [DATA]}
        WATCH   "two in one", WRITE(0, BYTE4) | WRITE(2, BYTE2), DATA + 0x80, {mov edi, DATA}, movsd
        WATCH   "matched but not enabled", WRITE(0, BYTE4) | (WRITE(1, BYTE4) & ~4), DATA, {mov [DATA], al}
        ; A fault in the same instruction: what was accessed does not count, or is reported with it.
        TEST    "data breakpoint and fault"
        DR_     0, DATA
        mov     esi, DATA
        mov     ax, SMALL
        mov     es, ax
        mov     edi, 0x20
        DR7_    ACCESS(0, BYTE4)
        movsd
        DONE
        NODR
        TEST    "dr6 after that"
        mov     eax, dr6
        SHOW    eax
        DONE
        mov     ax, DATA0
        mov     es, ax

        ; ----- Instruction breakpoints.
        TEST    "execute"
        mov     dword [flags_shown], 0x10100
        DR_     0, .x1
        DR7_    EXECUTE(0)
        nop
.x1:    inc     ebx
        nop
        NODR
        DONE
        TEST    "execute twice"
        DR_     0, .x2
        DR_     1, .x2 + 1
        DR7_    EXECUTE(0) | EXECUTE(1)
.x2:    nop
        nop
        NODR
        DONE
        TEST    "execute middle"
        DR_     0, .x3 + 1
        DR7_    EXECUTE(0)
.x3:    mov     ebx, 1
        NODR
        DONE
        TEST    "execute prefix"
        DR_     0, .x4 + 1
        DR7_    EXECUTE(0)
.x4:    db      0x66
        inc     bx
        NODR
        DONE
        TEST    "execute length 4"
        DR_     0, .x5
        DR7_    EXECUTE(0) | 3 << 18
        nop
.x5:    nop
        NODR
        DONE
        TEST    "execute loop"
        REGISTERS ECX_
        DR_     0, .x6
        DR7_    EXECUTE(0)
        mov     ecx, 3
.x6:    loop    .x6
        NODR
        DONE
        TEST    "execute rep"
        REGISTERS ECX_
        DR_     0, .x7
        DR7_    EXECUTE(0)
        mov     ecx, 3
        mov     edi, DATA
.x7:    rep     stosb
        NODR
        DONE
        TEST    "execute rep with data breakpoint"
        REGISTERS ECX_
        mov     dword [flags_shown], 0x10100
        DR_     0, .x8
        DR_     1, DATA + 1
        DR7_    EXECUTE(0) | WRITE(1, BYTE1)
        mov     ecx, 3
        mov     edi, DATA
.x8:    rep     stosb
        NODR
        DONE
        TEST    "execute and fault"
        DR_     0, .x9
        mov     dword [db_continues], 1
        DR7_    EXECUTE(0)
.x9:    ud2
        DONE
        NODR
        TEST    "execute behind mov ss"
        DR_     0, .x10
        mov     eax, ss
        mov     ebx, eax
        DR7_    EXECUTE(0)
        mov     ss, ebx
.x10:   nop
        nop
        NODR
        DONE
        TEST    "execute behind popf with rf"
        DR_     0, .x11
        DR7_    EXECUTE(0)
        push    dword 0x10002
        popf
.x11:   nop
        NODR
        DONE
        TEST    "execute behind iret with rf"
        DR_     0, .x12
        DR7_    EXECUTE(0)
        RETURN_TO .x12, 0x10002
.x12:   nop
        NODR
        DONE
        TEST    "execute one behind iret with rf"
        DR_     0, .x13
        DR7_    EXECUTE(0)
        RETURN_TO .x13 - 1, 0x10002
        nop
.x13:   nop
        NODR
        DONE
        TEST    "execute target of int"
        DR_     0, int_target
        mov     dword [IDT + 48 * 8], (LINEAR(int_target) & 0xFFFF) | CODE0 << 16
        DR7_    EXECUTE(0)
        int     48
        NODR
        DONE
        call    reset_idt
        TEST    "execute and data of instruction before"
        DR_     0, .x14
        DR_     1, DATA
        DR7_    EXECUTE(0) | WRITE(1, BYTE1)
        mov     [DATA], al
.x14:   nop
        NODR
        DONE

        ; ----- Single step.
        TEST    "step"
        mov     dword [flags_shown], 0x10100
        STEPPING
        nop
        inc     ebx
        WALKING
        DONE
        TEST    "step jumps"
        STEPPING
        jmp     .s1
        nop
.s1:    call    returns
        WALKING
        DONE
        TEST    "step mov ss"
        mov     ebx, ss
        STEPPING
        mov     ss, ebx
        nop
        nop
        WALKING
        DONE
        TEST    "step pop ss"
        push    ss
        STEPPING
        pop     ss
        nop
        WALKING
        DONE
        TEST    "step lss"
        mov     [DATA], esp
        mov     [DATA + 4], ss
        sub     dword [DATA], 0
        STEPPING
        lss     esp, [DATA]
        nop
        WALKING
        DONE
        TEST    "step sti"
        STEPPING
        sti
        nop
        cli
        WALKING
        DONE
        TEST    "step rep"
        REGISTERS ECX_
        mov     ecx, 3
        mov     edi, DATA
        STEPPING
        rep     stosb
        WALKING
        DONE
        TEST    "step rep nothing"
        REGISTERS ECX_
        xor     ecx, ecx
        STEPPING
        rep     stosb
        WALKING
        DONE
        TEST    "step int"
        mov     dword [flags_shown], 0x10100
        mov     dword [IDT + 48 * 8], (LINEAR(int_target) & 0xFFFF) | CODE0 << 16
        STEPPING
        int     48
        nop
        WALKING
        DONE
        TEST    "step trap gate"
        mov     byte [IDT + 48 * 8 + 5], 0x8F
        STEPPING
        int     48
        nop
        WALKING
        DONE
        call    reset_idt
        TEST    "step fault"
        mov     dword [flags_shown], 0x10100
        STEPPING
        ud2
        DONE
        TEST    "step pushf"
        STEPPING
        pushf
        pop     ebx
        WALKING
        and     ebx, 0x10100
        SHOW    ebx
        DONE
        TEST    "step iret"
        STEPPING
        RETURN_TO .s2, 2
.s2:    nop
        DONE
        TEST    "step into iret"
        RETURN_TO .s3, 0x102
.s3:    nop
        nop
        WALKING
        DONE
        TEST    "step icebp"
        STEPPING
        db      0xF1
        nop
        WALKING
        DONE
        TEST    "step mov dr"
        STEPPING
        mov     eax, dr6
        nop
        WALKING
        SHOW    eax
        DONE
        TEST    "step and data breakpoint"
        DR_     0, DATA
        DR7_    WRITE(0, BYTE4)
        STEPPING
        mov     [DATA], al
        nop
        WALKING
        NODR
        DONE
        TEST    "step and instruction breakpoint"
        mov     dword [flags_shown], 0x10100
        DR_     0, .s4
        DR7_    EXECUTE(0)
        STEPPING
        nop
.s4:    nop
        WALKING
        NODR
        DONE
        TEST    "data breakpoint in mov ss"
        DR_     0, DATA
        mov     [DATA], ss
        DR7_    ACCESS(0, BYTE4)
        mov     ss, [DATA]
        nop
        nop
        NODR
        DONE
        TEST    "data breakpoint in mov ss and step"
        DR_     0, DATA
        mov     [DATA], ss
        DR7_    ACCESS(0, BYTE4)
        STEPPING
        mov     ss, [DATA]
        nop
        nop
        WALKING
        NODR
        DONE
        mov     dword [target], handlers + 3 * HANDLER_SIZE
        TEST    "data breakpoint in mov ss then int3"
        DR_     0, DATA
        mov     [DATA], ss
        DR7_    ACCESS(0, BYTE4)
        mov     ss, [DATA]
        int3
        NODR
        DONE
        NODR
        mov     dword [target], target_code
        TEST    "dr6 after that mov ss"
        mov     eax, dr6
        SHOW    eax
        xor     eax, eax
        mov     dr6, eax
        DONE
        TEST    "step far transfers"
        STEPPING
        jmp     CODE0:.s5
.s5:    call    CODE0:.s6
.s6:    WALKING
        DONE
        TEST    "step to user"
        USER
        pushf
        or      dword [esp], 0x100
        popf
        nop
        nop
        ud2
        DONE
        TEST    "step in v86"
        V86     3, 0x102
        nop
        mov     ax, ss
        mov     ss, ax
        nop
        ud2
        bits    32
%$next: call    newline
        %pop

        ; ----- I/O breakpoints.
        mov     eax, 8
        mov     cr4, eax
        WATCH   "io in", IO(0, BYTE1), 0x61, {in al, 0x61}
        WATCH   "io out", IO(0, BYTE1), 0x80, {out 0x80, al}
        WATCH   "io other port", IO(0, BYTE1), 0x62, {in al, 0x61}
        WATCH   "io word", IO(0, BYTE2), 0x80, {out 0x81, al}
        WATCH   "io doubleword", IO(0, BYTE4), 0x80, {out 0x83, al}
        WATCH   "io wide access", IO(0, BYTE1), 0x81, {out 0x80, ax}
        WATCH   "io dx", IO(0, BYTE1), 0x80, {mov edx, 0x80}, {out dx, al}
        WATCH   "io outs", IO(0, BYTE1), 0x80, {mov edx, 0x80}, outsb
        WATCH   "io rep outs", IO(0, BYTE1), 0x80, {mov edx, 0x80}, {rep outsb}
        WATCH   "io rep ins", IO(0, BYTE1), 0x61, {mov edx, 0x61}, {rep insb}
        WATCH   "io not memory", IO(0, BYTE1), DATA, {mov [DATA], al}
        xor     eax, eax
        mov     cr4, eax
        WATCH   "io without de", IO(0, BYTE1), 0x80, {out 0x80, al}

        ; ----- The registers.
        TEST    "general detect read"
        DR7_    0x2000
        mov     eax, dr0
        mov     eax, dr7
        SHOW    eax
        DONE
        TEST    "general detect write"
        DR7_    0x2000
        mov     dr3, eax
        mov     eax, dr7
        SHOW    eax
        DONE
        DR7_    0
        mov     dword [db_continues], 0
        TEST    "dr6 dr7 ones"
        mov     eax, -1
        mov     dr6, eax
        mov     eax, dr6
        SHOW    eax
        mov     eax, 0xFFFFDFFF
        mov     dr7, eax
        mov     eax, dr7
        mov     ebx, eax
        NODR
        SHOW    ebx
        DONE
        TEST    "dr6 dr7 zero"
        xor     eax, eax
        mov     dr6, eax
        mov     dr7, eax
        mov     eax, dr6
        mov     ebx, dr7
        SHOW    eax, ebx
        DONE
        TEST    "dr4 dr5"
        mov     eax, dr4
        SHOW    eax
        mov     eax, dr5
        SHOW    eax
        DONE
        mov     eax, 8
        mov     cr4, eax
        TEST    "dr4 with de"
        mov     eax, dr4
        DONE
        TEST    "dr5 with de user"
        USER
        mov     eax, dr5
        DONE
        xor     eax, eax
        mov     cr4, eax
        TEST    "dr user"
        USER
        mov     eax, dr0
        DONE
        TEST    "dr6 keeps"
        mov     eax, 0xFFFF0FF3
        mov     dr6, eax
        mov     dword [db_continues], 1
        STEPPING
        nop
        WALKING
        DONE
        jmp     finish

target_code:
        ud2
        ret
returns: ret
int_target:
        iret

        GDT
        SEGMENT SMALL, DATA, 0xF, 0x92, 4
        END
