; How x87 exceptions and the absence of a unit reach a program (SDM vol. 1, 8.7; vol. 3A, 2.5 and 6.15).

%include "system.inc"

EM      equ     4
MP      equ     2
TS      equ     8
NE      equ     0x20
; Name, bits of CR0, instructions.
%macro  UNIT 3-*
        CHANGE  cr0, EM | MP | TS | NE, (%2) | NE
        TEST    %1
        %rotate 2
        %rep %0 - 2
        %1
          %rotate 1
        %endrep
        DONE
        CHANGE  cr0, EM | MP | TS, NE
        fninit
%endmacro
; Leaves a division by zero pending, which is not masked.
%macro  PENDING 0
        fninit
        mov     word [DATA], 0x37B
        fldcw   [DATA]
        fld1
        fldz
        fdivp   st1
%endmacro

program:
        UNIT    "fnop", 0, fnop
        UNIT    "em fnop", EM, fnop
        UNIT    "ts fnop", TS, fnop
        UNIT    "em ts fld", EM | TS, fldz
        UNIT    "mp fnop", MP, fnop
        UNIT    "wait", 0, wait
        UNIT    "ts wait", TS, wait
        UNIT    "ts mp wait", TS | MP, wait
        UNIT    "em wait", EM, wait
        UNIT    "em mp wait", EM | MP, wait
        UNIT    "ts fnstsw", TS, {fnstsw ax}
        UNIT    "ts fninit", TS, fninit
        UNIT    "em fninit", EM, fninit
        UNIT    "ts emms", TS, emms
        UNIT    "em emms", EM, emms
        UNIT    "ts fxsave", TS, {fxsave [DATA]}
        UNIT    "em fxsave", EM, {fxsave [DATA]}
        UNIT    "fxsave unaligned", 0, {fxsave [DATA + 8]}
        UNIT    "em memory absent", EM, {mov ax, 0}, {mov es, ax}, {fld dword [es:0]}
        UNIT    "memory null", 0, {mov ax, 0}, {mov es, ax}, {fld dword [es:0]}
        UNIT    "pending wait", 0, PENDING, wait
        UNIT    "pending fnop", 0, PENDING, nop, fnop
        UNIT    "pending fld", 0, PENDING, {fld dword [DATA]}
        UNIT    "pending fld bad memory", 0, PENDING, {mov ax, 0}, {mov es, ax}, {fld dword [es:0]}
        UNIT    "pending emms", 0, PENDING, emms
        UNIT    "pending fxsave", 0, PENDING, {fxsave [DATA]}
        UNIT    "pending fnstsw", 0, PENDING, {fnstsw ax}, {and eax, 0xFFFF}, {SHOW eax}
        UNIT    "pending fnclex", 0, PENDING, fnclex, fnop
        UNIT    "pending fninit", 0, PENDING, fninit, fnop
        UNIT    "pending fnstenv", 0, PENDING, {fnstenv [DATA]}, {SHOWW [DATA], [DATA + 4], [DATA + 8]}, fnop
        UNIT    "pending fnsave", 0, PENDING, {fnsave [DATA]}, fnop
        UNIT    "pending then ts", 0, PENDING, {CHANGE cr0, 0, TS}, fnop
        UNIT    "pending fldcw", 0, PENDING, {fldcw [DATA]}
        UNIT    "unmasked later", 0, {fninit}, {fld1}, {fldz}, {fdivp st1}, {mov word [DATA], 0x37B}, {fldcw [DATA]}, fnop
        UNIT    "pending and level 3", 0, PENDING, {USER}, fnop

        ; SSE: what has to be enabled, and #XM.
        UNIT    "sse without osfxsr", 0, {xorps xmm0, xmm0}
        mov     eax, 0x200
        mov     cr4, eax
        UNIT    "sse", 0, {xorps xmm0, xmm0}
        UNIT    "sse em", EM, {xorps xmm0, xmm0}
        UNIT    "sse ts", TS, {xorps xmm0, xmm0}
        UNIT    "sse em ts", EM | TS, {xorps xmm0, xmm0}
        UNIT    "sse pending x87", 0, PENDING, {xorps xmm0, xmm0}
        UNIT    "sse conversion pending x87", 0, PENDING, {cvtpi2ps xmm0, [DATA]}
        UNIT    "sse unaligned", 0, {xorps xmm0, [DATA + 8]}
        UNIT    "sse unaligned and null", 0, {mov ax, 0}, {mov es, ax}, {xorps xmm0, [es:8]}
        UNIT    "ldmxcsr reserved", 0, {mov dword [DATA], 0x10000}, {ldmxcsr [DATA]}
%macro  DIVIDE 0
        mov     dword [DATA], 0x1D80    ; division by zero is not masked
        ldmxcsr [DATA]
        xorps   xmm0, xmm0
        xorps   xmm1, xmm1
        mov     eax, 0x3F800000
        movd    xmm1, eax
        divss   xmm1, xmm0
%endmacro
%macro  STATUS 0
        stmxcsr [DATA]
        SHOW    [DATA]
%endmacro
        UNIT    "xm without osxmmexcpt", 0, DIVIDE
        mov     eax, 0x600
        mov     cr4, eax
        UNIT    "xm", 0, DIVIDE
        UNIT    "mxcsr after xm", 0, STATUS
        UNIT    "xm ts", 0, {CHANGE cr0, 0, TS}, DIVIDE
        xor     eax, eax
        mov     cr4, eax

        jmp     finish

        GDT
        END
