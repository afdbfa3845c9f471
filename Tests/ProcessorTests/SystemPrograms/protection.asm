; A report about protection, gates, tasks, virtual-8086 mode, paging and debug exceptions.
;
; The program provokes one thing after the other and prints what happened, a line for each, to port E9h. It is a boot sector
; with what follows it, so that other emulators can run it too:
;
;   nasm -f bin -o protection.img protection.asm
;   qemu-system-i386 -cpu pentium3 -display none -debugcon stdio -device isa-debug-exit,iobase=0x501 -fda protection.img
;
; Every line of its output is a fact about the architecture; none depends on the machine around the processor. QEMU 7.2 prints the
; same but for what it leaves out or does in another way than the SDM says: RF in the flags that faults push (vol. 3B,
; 17.3.1.1), the EXT bit in error codes (vol. 3A, 6.13), limits and types of segments, #GP for unknown MSRs, `lock` where it is
; not allowed, the limit bits in `lar`, `int1` against a gate's DPL, CS.RPL after a call to conforming code, ESP after a return to a
; 16-bit stack, the task of faults behind a task switch, the T bit, B0-B3 all at once, GD, a write's error code for
; read-modify-write, #AC, and single-step traps behind `sti`.

        bits    16
        org     0x7C00

SECTORS equ     40

boot:
        jmp     0:.start
.start: xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7C00
        cld
        ; One sector at a time: no track boundary matters.
        mov     si, 1                   ; LBA
        mov     di, 0x7E00
.load:  mov     ax, si
        mov     cl, 18
        div     cl                      ; AL = track * 2 + head, AH = sector - 1
        mov     cl, ah
        inc     cl
        mov     dh, al
        and     dh, 1
        shr     al, 1
        mov     ch, al
        mov     dl, 0
        mov     bx, di
        mov     ax, 0x0201
        int     0x13
        jc      .load
        add     di, 512
        inc     si
        cmp     si, SECTORS
        jbe     .load
        jmp     stage2
        times   510 - ($ - $$) db 0
        dw      0xAA55

; ---------------------------------------------------------------------------------------------------------------------
stage2:
        cli
        in      al, 0x92
        or      al, 2
        out     0x92, al
        mov     al, 0xFF                ; no interrupt from a device
        out     0x21, al
        out     0xA1, al
        lgdt    [gdtr]
        lidt    [idtr]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     CODE0:protected

        bits    32

CODE0   equ     0x08
DATA0   equ     0x10
CODE3   equ     0x18 | 3
DATA3   equ     0x20 | 3
TSS     equ     0x28
TSS2    equ     0x30
CONF0   equ     0x38                    ; conforming code of level 0
CODE16  equ     0x40
ABSENT  equ     0x48                    ; data, not present
XONLY   equ     0x50                    ; execute-only code
RONLY   equ     0x58                    ; read-only data
CGATE0  equ     0x60                    ; call gate to level 0, two parameters, DPL 3
CGATE16 equ     0x68                    ; the same, 16-bit
CGNP    equ     0x70                    ; call gate, not present
CGCONF  equ     0x78                    ; call gate to conforming code
TGATE   equ     0x80                    ; task gate to TSS2
LDT     equ     0x88
SS1     equ     0x90                    ; data of level 1
TSS16   equ     0x98
CODENP  equ     0xA0                    ; code, not present
EXPDN   equ     0xA8                    ; expand-down data
SSNP    equ     0xB0                    ; data, level 0, not present
TSSBAD  equ     0xB8                    ; TSS with a limit that is too small
CGNULL  equ     0xC0                    ; call gate to the null selector
CGDATA  equ     0xC8                    ; call gate to data
CODE16R3 equ    0xD0 | 3                ; 16-bit code of level 3
DATA16R3 equ    0xD8 | 3                ; 16-bit stack of level 3
SMALL   equ     0xE0                    ; 16 bytes of data
BEYOND  equ     0x400                   ; outside of the GDT

; ----- Output
putc:   out     0xE9, al
        ret
puts:   push    eax                     ; ESI: zero-terminated
.next:  mov     al, [esi]
        inc     esi
        or      al, al
        jz      .done
        out     0xE9, al
        jmp     .next
.done:  pop     eax
        ret
hex32:  push    ecx                     ; EAX
        push    eax
        mov     ecx, 8
.next:  rol     eax, 4
        push    eax
        and     al, 15
        cmp     al, 10
        sbb     al, 0x69
        das
        out     0xE9, al
        pop     eax
        loop    .next
        pop     eax
        pop     ecx
        ret
space:  push    eax
        mov     al, ' '
        out     0xE9, al
        pop     eax
        ret
newline: push   eax
        mov     al, 10
        out     0xE9, al
        pop     eax
        ret

%macro  SAY 1
        push    esi
        mov     esi, %%text
        call    puts
        pop     esi
        jmp     %%over
%%text: db      %1, 0
%%over:
%endmacro
%macro  SHOW 1                          ; a doubleword
        push    eax
        mov     eax, %1
        call    space
        call    hex32
        pop     eax
%endmacro

; A test: prints its name; if an exception comes, the handler prints it and goes on behind the test.
%macro  TEST 1
        SAY     %1
        mov     dword [resume], %%next
        mov     [resume_esp], esp
        %push   test
        %define %$next %%next
%endmacro
%macro  DONE 0
        SAY     " ok"
%$next:
        call    newline
        %pop
%endmacro

; ----- Exceptions
%macro  HANDLER 2                       ; vector, has an error code
handler%1:
%if %2 == 0
        push    dword 0
%endif
        push    dword %1
        jmp     report
%endmacro
%assign v 0
%rep 32
  %if v == 8 || (v >= 10 && v <= 14) || v == 17
        HANDLER v, 1
  %else
        HANDLER v, 0
  %endif
%assign v v + 1
%endrep

report: pusha                           ; EDI ESI EBP ESP EBX EDX ECX EAX vector error EIP CS EFLAGS [ESP SS]
        mov     ax, DATA0
        mov     ds, ax
        mov     es, ax
        cld
        SAY     " #"
        mov     eax, [esp + 32]
        call    hex32
        SAY     " err"
        SHOW    [esp + 36 + 4]
        SAY     " at"
        SHOW    [esp + 44 + 4]
        SHOW    [esp + 40 + 4]
        SAY     " fl"
        SHOW    [esp + 48 + 4]
        test    byte [esp + 50], 2      ; VM
        jnz     .outer
        test    byte [esp + 44], 3
        jz      .inner
.outer: SAY     " sp"
        SHOW    [esp + 56 + 4]
        SHOW    [esp + 52 + 4]
.inner: cmp     dword [esp + 32], 14
        jne     .nopf
        SAY     " cr2"
        mov     eax, cr2
        call    space
        call    hex32
.nopf:  cmp     dword [esp + 32], 1
        jne     .nodb
        SAY     " dr6"
        mov     eax, dr6
        call    space
        call    hex32
        xor     eax, eax
        mov     dr6, eax
        cmp     dword [db_continues], 0
        je      .nodb
        call    newline
        or      dword [esp + 48], 0x10000 ; RF
        popa
        add     esp, 8
        iret
.nodb:  xor     eax, eax
        mov     fs, ax
        mov     gs, ax
        mov     ax, DATA0
        mov     ss, ax
        mov     esp, [resume_esp]
        push    dword 2
        popf
        jmp     [resume]

; ----- The report
protected:
        mov     ax, DATA0
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     esp, 0x7C00
        ; The IDT.
        xor     ecx, ecx
.gate:  mov     eax, [handlers + ecx * 4]
        mov     [idt + ecx * 8], ax
        mov     word [idt + ecx * 8 + 2], CODE0
        mov     word [idt + ecx * 8 + 4], 0x8E00
        shr     eax, 16
        mov     [idt + ecx * 8 + 6], ax
        inc     ecx
        cmp     ecx, 32
        jb      .gate
        mov     ax, TSS
        ltr     ax
        xor     ax, ax
        lldt    ax

        ; Segment registers.
        TEST    "ds absent"
        mov     ax, ABSENT
        mov     ds, ax
        DONE
        TEST    "ds beyond"
        mov     ax, BEYOND
        mov     ds, ax
        DONE
        TEST    "ds ldt none"
        mov     ax, 0x14
        mov     ds, ax
        DONE
        TEST    "ds execute-only"
        mov     ax, XONLY
        mov     ds, ax
        DONE
        TEST    "ds tss"
        mov     ax, TSS
        mov     ds, ax
        DONE
        TEST    "ds null"
        xor     ax, ax
        mov     es, ax
        mov     al, [es:0]
        DONE
        TEST    "ds read-only"
        mov     ax, RONLY
        mov     es, ax
        mov     al, [es:0]
        mov     [es:0], al
        DONE
        TEST    "cs write"
        mov     [cs:scratch], al
        DONE
        TEST    "ss null"
        xor     ax, ax
        mov     ss, ax
        DONE
        TEST    "ss absent"
        mov     ax, SSNP
        mov     ss, ax
        DONE
        TEST    "ss rpl"
        mov     ax, DATA0 | 1
        mov     ss, ax
        DONE
        TEST    "ss level"
        mov     ax, SS1
        mov     ss, ax
        DONE
        TEST    "ss read-only"
        mov     ax, RONLY
        mov     ss, ax
        DONE
        TEST    "ss code"
        mov     ax, CODE0
        mov     ss, ax
        DONE
        TEST    "pop absent"
        push    dword ABSENT
        pop     es
        DONE
        TEST    "accessed"
        mov     ax, SMALL
        mov     es, ax
        SHOW    [gdt + SMALL + 4]
        DONE
        TEST    "lds absent"
        lds     eax, [absent_pointer]
        DONE

        ; Far jumps and calls at level 0.
        TEST    "jmp null"
        jmp     0:0
        DONE
        TEST    "jmp beyond"
        jmp     BEYOND:0
        DONE
        TEST    "jmp data"
        jmp     DATA0:0
        DONE
        TEST    "jmp code3"
        jmp     CODE3:0
        DONE
        TEST    "jmp code0 rpl3"
        jmp     CODE0 | 3:0
        DONE
        TEST    "jmp absent"
        jmp     CODENP:0
        DONE
        TEST    "jmp conforming"
        jmp     CONF0:.conf
.conf:  mov     ax, cs
        movzx   eax, ax
        SHOW    eax
        jmp     CODE0:.back
.back:
        DONE
        TEST    "jmp gate absent"
        jmp     CGNP:0
        DONE
        TEST    "jmp gate null"
        jmp     CGNULL:0
        DONE
        TEST    "jmp gate data"
        jmp     CGDATA:0
        DONE
        TEST    "jmp ldt descriptor"
        jmp     LDT:0
        DONE
        TEST    "jmp busy tss"
        jmp     TSS:0
        DONE
        TEST    "jmp small tss"
        jmp     TSSBAD:0
        DONE
        TEST    "call gate same level"
        call    CGATE0:0
        DONE
        TEST    "retf null"
        push    dword 0
        push    dword 0
        retf
        DONE
        TEST    "retf data"
        push    dword DATA0
        push    dword 0
        retf
        DONE
        TEST    "retf outer no stack"
        push    dword 0
        push    dword 0
        push    dword CODE3
        push    dword 0
        retf
        DONE
        TEST    "retf outer bad stack"
        push    dword DATA0
        push    dword 0
        push    dword CODE3
        push    dword 0
        retf
        DONE
        TEST    "iret absent"
        pushf
        push    dword CODENP
        push    dword 0
        iret
        DONE

        ; System instructions.
        TEST    "lldt data"
        mov     ax, DATA0
        lldt    ax
        DONE
        TEST    "ltr busy"
        mov     ax, TSS
        ltr     ax
        DONE
        TEST    "ltr beyond"
        mov     ax, BEYOND
        ltr     ax
        DONE
        TEST    "str sldt"
        str     eax
        SHOW    eax
        sldt    eax
        SHOW    eax
        DONE
        TEST    "cr1"
        db      0x0F, 0x20, 0xC8        ; mov eax, cr1
        DONE
        TEST    "rdmsr unknown"
        mov     ecx, 0x12345678
        rdmsr
        DONE
        TEST    "lock mov"
        db      0xF0, 0x89, 0x05
        dd      scratch
        DONE
        TEST    "ud2"
        ud2
        DONE
        TEST    "divide"
        xor     ecx, ecx
        div     ecx
        DONE
        TEST    "into"
        mov     al, 0x7F
        inc     al
        into
        DONE
        TEST    "bound"
        mov     eax, 9
        bound   eax, [bounds]
        DONE
        TEST    "int3"
        int3
        DONE
        TEST    "int 31"
        int     31
        DONE
        TEST    "int beyond idt"
        int     0x80
        DONE

        ; lar, lsl, verr, verw over all descriptors, seen from level 0 with RPL 0 and 3.
        mov     ebx, 0
.questions:
        SAY     "ask"
        SHOW    ebx
        xor     eax, eax
        lar     eax, ebx
        call    .answer
        xor     eax, eax
        lsl     eax, ebx
        call    .answer
        xor     eax, eax
        verr    bx
        call    .answer
        verw    bx
        call    .answer
        call    newline
        xor     ebx, 3
        test    ebx, 3
        jnz     .questions
        add     ebx, 8
        cmp     ebx, 0xF0
        jb      .questions
        jmp     .asked
.answer:
        push    eax
        setz    al
        add     al, '0'
        call    space
        out     0xE9, al
        pop     eax
        call    space
        call    hex32
        ret
.asked:
        TEST    "arpl"
        mov     ax, 0x10
        mov     cx, 3
        arpl    ax, cx
        movzx   eax, ax
        SHOW    eax
        DONE

        ; Interrupt delivery that fails.
        TEST    "ud through absent gate"
        mov     byte [idt + 6 * 8 + 5], 0x0E
        ud2
        DONE
        mov     byte [idt + 6 * 8 + 5], 0x8E
        TEST    "gp through absent gate"
        mov     byte [idt + 13 * 8 + 5], 0x0E
        mov     ax, BEYOND
        mov     ds, ax
        DONE
        mov     byte [idt + 13 * 8 + 5], 0x8E
        TEST    "ud through data selector"
        mov     word [idt + 6 * 8 + 2], DATA0
        ud2
        DONE
        TEST    "ud through null selector"
        mov     word [idt + 6 * 8 + 2], 0
        ud2
        DONE
        TEST    "ud through code3"
        mov     word [idt + 6 * 8 + 2], CODE3
        ud2
        DONE
        mov     word [idt + 6 * 8 + 2], CODE0
        TEST    "ud through call gate"
        mov     byte [idt + 6 * 8 + 5], 0x8C
        ud2
        DONE
        mov     byte [idt + 6 * 8 + 5], 0x8E

        ; From level 3.
%macro  USER 1                          ; goes to %1 at level 3 with the stack user_stack
        push    dword DATA3
        push    dword user_stack
        push    dword 0x0002
        push    dword CODE3
        push    dword %1
        iret
%endmacro
        TEST    "user hlt"
        USER    .u1
.u1:    hlt
        DONE
        TEST    "user cli"
        USER    .u2
.u2:    cli
        DONE
        TEST    "user in"
        USER    .u3
.u3:    in      al, 0x80
        DONE
        TEST    "user cr0"
        USER    .u4
.u4:    mov     eax, cr0
        DONE
        TEST    "user lgdt"
        USER    .u5
.u5:    lgdt    [gdtr]
        DONE
        TEST    "user data0"
        USER    .u6
.u6:    mov     ax, DATA0
        mov     ds, ax
        DONE
        TEST    "user data after iret"
        mov     ax, DATA0
        mov     fs, ax
        USER    .u7
.u7:    mov     al, [fs:0]
        DONE
        TEST    "user int gate"
        USER    .u8
.u8:    int     31
        DONE
        TEST    "user int3"
        USER    .u9
.u9:    int3
        DONE
        mov     byte [idt + 3 * 8 + 5], 0xEE
        TEST    "user int3 allowed"
        USER    .u10
.u10:   int3
        DONE
        TEST    "user icebp"
        USER    .u11
.u11:   db      0xF1
        DONE
        TEST    "user call gate"
        USER    .u12
.u12:   push    dword 0x11111111
        push    dword 0x22222222
        call    CGATE0 | 3:0x12345678
        DONE
        TEST    "user call gate 16"
        USER    .u13
.u13:   push    dword 0x11111111
        push    dword 0x22222222
        call    CGATE16 | 3:0x12345678
        DONE
        TEST    "user call gate conforming"
        USER    .u14
.u14:   call    CGCONF | 3:0
        DONE
        TEST    "user jmp gate"
        USER    .u15
.u15:   jmp     CGATE0 | 3:0
        DONE
        TEST    "user call tss"
        USER    .u16
.u16:   call    TSS2:0
        DONE
        TEST    "user retf inwards"
        USER    .u17
.u17:   push    dword CODE0
        push    dword 0
        retf
        DONE
        TEST    "user popf"
        USER    .u18
.u18:   push    dword 0x00247FD7
        popf
        pushf
        pop     eax
        ud2
        DONE
        TEST    "user ports allowed"
        USER    .u20
.u20:   mov     dx, 0xE9
        mov     al, ' '
        out     dx, al
        mov     dx, 0xEA
        out     dx, al
        DONE
        TEST    "user data3 after call"
        USER    .u21
.u21:   mov     ax, DATA3
        mov     ds, ax
        mov     es, ax
        call    CGATE0 | 3:0
        DONE
        TEST    "user code16"
        push    dword DATA16R3
        push    dword 0x16800           ; SP is 6800h
        push    dword 0x0002
        push    dword CODE16R3
        push    dword .u22
        iret
        bits    16
.u22:   push    ax
        ud2
        bits    32
        DONE
        TEST    "user smsw str"
        USER    .u23
.u23:   str     ax
        smsw    bx
        ud2
        DONE

        ; Tasks.
        mov     dword [tss2 + 0x20], task
        TEST    "call tss"
        call    TSS2:0
        call    .busy
        DONE
        TEST    "int task gate"
        mov     dword [idt + 31 * 8], TSS2 << 16
        mov     dword [idt + 31 * 8 + 4], 0xE500
        int     31
        call    .busy
        DONE
        TEST    "call task gate"
        call    TGATE:0
        call    .busy
        DONE
        TEST    "ud by task"
        mov     dword [idt + 6 * 8], TSS2 << 16
        mov     dword [idt + 6 * 8 + 4], 0xE500
        mov     dword [tss2 + 0x20], skip_task
        mov     dword [tss2 + 0x38], 0x7000
        ud2
        call    .busy
        DONE
        TEST    "gp by task"
        mov     dword [idt + 13 * 8], TSS2 << 16
        mov     dword [idt + 13 * 8 + 4], 0xE500
        mov     dword [tss2 + 0x20], error_task
        mov     dword [tss2 + 0x38], 0x7000
        mov     ax, BEYOND
        mov     fs, ax
        nop
        call    .busy
        DONE
        call    .restore_gates
        TEST    "task bad ds"
        mov     dword [tss2 + 0x20], task
        mov     dword [tss2 + 0x38], 0x7000
        mov     word [tss2 + 0x54], TSS
        jmp     TSS2:0
        DONE
        call    .restore_task
        TEST    "task bad cs"
        mov     word [tss2 + 0x4C], DATA0
        jmp     TSS2:0
        DONE
        call    .restore_task
        TEST    "task absent ds"
        mov     word [tss2 + 0x54], ABSENT
        jmp     TSS2:0
        DONE
        call    .restore_task
        TEST    "task 16"
        mov     word [tss16 + 0x0E], task16
        call    TSS16:0
        DONE
        TEST    "iret nt bad link"
        mov     word [tss], DATA0
        pushf
        or      dword [esp], 0x4000
        popf
        iret
        DONE
        TEST    "task trap"
        mov     word [tss2 + 0x64], 1
        call    TSS2:0
        DONE
        call    .restore_task
        mov     eax, cr0
        and     eax, 0x9FFFFFFF         ; CD and NW are the firmware's
        SAY     "ts"
        SHOW    eax
        call    newline
        clts
        jmp     .v86

.busy:  SHOW    [gdt + TSS + 4]
        SHOW    [gdt + TSS2 + 4]
        SHOW    [tss2]
        ret
.restore_gates:
        mov     word [idt + 6 * 8], handler6
        mov     dword [idt + 6 * 8 + 2], CODE0 | 0x8E000000
        mov     word [idt + 6 * 8 + 6], 0
        mov     word [idt + 13 * 8], handler13
        mov     dword [idt + 13 * 8 + 2], CODE0 | 0x8E000000
        mov     word [idt + 13 * 8 + 6], 0
        ret
        ; After a fault in the new task: back to the first TSS by hand.
.restore_task:
        call    .busy
        call    newline
        mov     word [tss2 + 0x4C], CODE0
        mov     word [tss2 + 0x50], DATA0
        mov     word [tss2 + 0x54], DATA0
        mov     word [tss2 + 0x60], 0
        mov     word [tss2 + 0x64], 0
        mov     byte [gdt + TSS + 5], 0x89
        mov     byte [gdt + TSS2 + 5], 0x89
        mov     ax, TSS
        ltr     ax
        xor     ax, ax
        lldt    ax
        mov     ax, DATA0
        mov     ds, ax
        mov     es, ax
        ret

        ; Virtual-8086 mode.
%macro  V86 2                           ; IOPL, entry
        push    dword 0                 ; GS
        push    dword 0
        push    dword 0
        push    dword 0                 ; ES
        push    dword 0                 ; SS
        push    dword 0x7000            ; ESP
        push    dword 0x20002 | %1 << 12
        push    dword 0                 ; CS
        push    dword %2
        iret
%endmacro
.v86:
        TEST    "v86 cli"
        V86     0, .v1
        bits    16
.v1:    cli
        bits    32
        DONE
        TEST    "v86 pushf"
        V86     0, .v2
        bits    16
.v2:    pushf
        bits    32
        DONE
        TEST    "v86 int"
        V86     0, .v3
        bits    16
.v3:    int     31
        bits    32
        DONE
        TEST    "v86 int3"
        mov     byte [idt + 3 * 8 + 5], 0xEE
        V86     0, .v4
        bits    16
.v4:    int3
        bits    32
        DONE
        TEST    "v86 iopl3"
        V86     3, .v5
        bits    16
.v5:    cli
        pushf
        pop     ax
        sti
        pushf
        pop     bx
        popf
        ud2
        bits    32
        DONE
        TEST    "v86 hlt"
        V86     3, .v6
        bits    16
.v6:    hlt
        bits    32
        DONE
        TEST    "v86 port"
        V86     3, .v7
        bits    16
.v7:    mov     dx, 0xE9
        mov     al, ' '
        out     dx, al
        in      al, 0x80
        bits    32
        DONE
        TEST    "v86 lldt"
        V86     3, .v8
        bits    16
.v8:    lldt    ax
        bits    32
        DONE
        ; (Where limits are not checked, this reads zeros and goes on to the `ud2`.)
        TEST    "v86 limit"
        V86     3, .v9
        bits    16
.v9:    mov     eax, 0x10000
        mov     al, [eax]
        ud2
        bits    32
        DONE
        TEST    "v86 segments"
        V86     3, .v10
        bits    16
.v10:   mov     ax, 0x1234
        mov     ds, ax
        mov     fs, ax
        call    0:.v11
.v11:   ud2
        bits    32
        DONE
        TEST    "v86 mov cr0"
        V86     3, .v12
        bits    16
.v12:   mov     eax, cr0
        bits    32
        DONE

        ; Single step.
        mov     dword [db_continues], 1
        TEST    "single step"
        pushf
        or      dword [esp], 0x100
        popf
        nop
        mov     ax, ss
        mov     ss, ax
        nop
        sti
        nop
        cli
        pushf
        and     dword [esp], ~0x100
        popf
        nop
        DONE
        TEST    "single step rep"
        mov     ecx, 3
        mov     edi, scratch
        pushf
        or      dword [esp], 0x100
        popf
        rep     stosb
        pushf
        and     dword [esp], ~0x100
        popf
        DONE
        ; Breakpoints in the debug registers.
        mov     eax, .here
        mov     dr0, eax
        mov     eax, scratch
        mov     dr1, eax
        mov     dr2, eax
        ; DR7: L0, L1, L2; R/W0 = 0, LEN0 = 0; R/W1 = 1, LEN1 = 3; R/W2 = 3, LEN2 = 3
        mov     eax, 0x00000615 | 0xD << 20 | 0xF << 24
        mov     dr7, eax
        TEST    "breakpoints"
.here:  nop
        mov     eax, [scratch]
        mov     [scratch + 2], al
        inc     dword [scratch - 2]
        push    dword [scratch]
        pop     eax
        mov     al, [scratch + 4]
        mov     esi, scratch
        mov     edi, scratch + 8
        movsd
        xor     eax, eax
        mov     dr7, eax
        mov     eax, [scratch]
        DONE
        TEST    "general detect"
        mov     eax, 0x2400
        mov     dr7, eax
        mov     eax, dr0
        mov     eax, dr7
        SHOW    eax
        DONE
        mov     dword [db_continues], 0
        TEST    "dr registers"
        mov     eax, 0xFFFFFFFF
        mov     dr6, eax
        mov     eax, dr6
        SHOW    eax
        xor     eax, eax
        mov     dr6, eax
        mov     eax, dr6
        SHOW    eax
        xor     eax, eax
        mov     dr7, eax
        mov     eax, dr7
        SHOW    eax
        mov     eax, dr5
        SHOW    eax
        mov     eax, 8
        mov     cr4, eax
        mov     eax, dr5
        DONE
        xor     eax, eax
        mov     cr4, eax

        ; Paging: directory at 0x20000, table at 0x21000, identity.
        mov     edi, 0x20000
        mov     ecx, 0x800
        xor     eax, eax
        rep     stosd
        mov     dword [0x20000], 0x21007
        mov     ecx, 1024
        mov     eax, 7
        mov     edi, 0x21000
.pte:   stosd
        add     eax, 0x1000
        loop    .pte
        mov     eax, 0x20000
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        jmp     .paged
%macro  ENTRY 1                         ; linear address: its PTE is printed
        SHOW    [0x21000 + %1 / 4096 * 4]
%endmacro
%macro  SETPTE 2                        ; linear address, entry
        mov     dword [0x21000 + %1 / 4096 * 4], %2
        invlpg  [%1]
%endmacro
.paged:
        TEST    "page accessed"
        mov     al, [0x100000]
        ENTRY   0x100000
        mov     [0x100000], al
        ENTRY   0x100000
        mov     [0x101000], al
        ENTRY   0x101000
        mov     eax, [0x20000]
        and     eax, ~0x40
        SHOW    eax
        DONE
        SETPTE  0x102000, 0x102006
        TEST    "page absent read"
        mov     al, [0x102123]
        DONE
        TEST    "page absent write"
        mov     [0x102123], al
        DONE
        TEST    "page absent rmw"
        inc     dword [0x101FFE]
        DONE
        TEST    "page absent push"
        USER    .u29
.u29:   mov     ax, DATA3
        mov     ds, ax
        mov     esp, 0x103002
        push    eax
        DONE
        TEST    "page absent fetch"
        mov     eax, 0x102123
        jmp     eax
        DONE
        SETPTE  0x103000, 0x103005
        TEST    "page read-only supervisor"
        mov     [0x103000], al
        ENTRY   0x103000
        DONE
        mov     eax, cr0
        or      eax, 0x10000
        mov     cr0, eax
        TEST    "page read-only wp"
        mov     [0x103000], al
        DONE
        TEST    "page read-only rmw wp"
        add     [0x103000], al
        DONE
        SETPTE  0x104000, 0x104003
        TEST    "page user supervisor-page"
        USER    .u30
.u30:   mov     ax, DATA3
        mov     ds, ax
        mov     al, [0x104010]
        DONE
        TEST    "page user read-only"
        USER    .u31
.u31:   mov     ax, DATA3
        mov     ds, ax
        mov     [0x103010], al
        DONE
        TEST    "page user absent"
        USER    .u32
.u32:   mov     ax, DATA3
        mov     ds, ax
        mov     [0x102010], al
        DONE
        TEST    "page user fetch"
        USER    0x104000
        DONE
        TEST    "page absent rep"
        mov     ecx, 8
        mov     edi, 0x101FF0
        mov     eax, 0x55AA55AA
        rep     stosd
        DONE
        TEST    "page rep registers"
        SHOW    [0x101FFC]
        DONE
        ; A page fault on the stack of a level-0 handler: a double fault, which has a task of its own.
        TEST    "stale translation"
        mov     al, [0x105000]
        mov     dword [0x21000 + 0x105 * 4], 0x106007
        mov     byte [0x106000], 0x77
        invlpg  [0x105000]
        movzx   eax, byte [0x105000]
        SHOW    eax
        DONE
        TEST    "page large"
        mov     eax, 0x10
        mov     cr4, eax
        mov     dword [0x20004], 0x87
        mov     eax, [0x400000 + scratch]
        mov     dword [scratch], 0x12345678
        mov     eax, [0x400000 + scratch]
        SHOW    eax
        SHOW    [0x20004]
        mov     [0x400000 + scratch], eax
        SHOW    [0x20004]
        DONE
        TEST    "double fault task"
        mov     dword [idt + 8 * 8], TSS2 << 16
        mov     dword [idt + 8 * 8 + 4], 0xE500
        mov     dword [tss2 + 0x1C], 0x20000
        mov     dword [tss + 0x1C], 0x20000
        mov     dword [tss2 + 0x20], double_fault_task
        mov     dword [tss2 + 0x38], 0x7000
        mov     esp, 0x103000
        SETPTE  0x102000, 0
        mov     eax, [0x102000]
        DONE
        mov     eax, cr0
        and     eax, ~0x80010000
        mov     cr0, eax

        ; Alignment.
        mov     eax, cr0
        or      eax, 0x40000
        mov     cr0, eax
        TEST    "alignment"
        push    dword DATA3
        push    dword user_stack
        push    dword 0x40002
        push    dword CODE3
        push    dword .u40
        iret
.u40:   mov     ax, DATA3
        mov     ds, ax
        mov     eax, [scratch]
        mov     ax, [scratch + 2]
        mov     al, [scratch + 1]
        mov     eax, [scratch + 1]
        DONE
        TEST    "alignment supervisor"
        pushf
        or      dword [esp], 0x40000
        popf
        mov     eax, [scratch + 1]
        pushf
        and     dword [esp], ~0x40000
        popf
        DONE
        mov     eax, cr0
        and     eax, ~0x40000
        mov     cr0, eax

        ; Back to real mode, with a big segment left in DS.
        TEST    "unreal mode"
        mov     ax, DATA0
        mov     ds, ax
        jmp     CODE16:.sixteen
        bits    16
.sixteen:
        mov     eax, cr0
        and     al, 0xFE
        mov     cr0, eax
        jmp     0:.real
.real:  xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7C00
        mov     ds, ax
        lidt    [cs:real_idtr]
        mov     word [6 * 4], .handler
        mov     word [6 * 4 + 2], 0
        mov     dword [dword 0x100000], 0x31415926
        pushf
        pop     bx
        ud2
.handler:
        add     sp, 6
        mov     edx, [dword 0x100000]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     CODE0:.again
        bits    32
.again: mov     ax, DATA0
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, [resume_esp]
        lidt    [idtr]
        SHOW    edx
        movzx   ebx, bx
        SHOW    ebx
        DONE

        SAY     "end"
        call    newline
        mov     dx, 0x501
        mov     al, 0
        out     dx, al
.stop:  cli
        hlt
        jmp     .stop

; ----- What the gates lead to
gate_target:                            ; prints the frame, and goes on behind the test
        mov     ax, DATA0
        mov     gs, ax
        mov     edi, esp
        xor     ecx, ecx
        mov     cx, ds
        SHOW    ecx
        mov     ax, DATA0
        mov     ds, ax
        mov     es, ax
        mov     cx, cs
        SHOW    ecx
        mov     cx, ss
        SHOW    ecx
        SHOW    edi
        SHOW    [ss:edi]
        SHOW    [ss:edi + 4]
        SHOW    [ss:edi + 8]
        SHOW    [ss:edi + 12]
        SHOW    [ss:edi + 16]
        SHOW    [ss:edi + 20]
        mov     ecx, cs
        test    cl, 3
        jnz     .user
        ; Back by a far return that takes the parameters off; the level-3 code goes on into the next exception.
        mov     dword [ss:edi], user_ends
        cmp     word [ss:edi + 2], 0
        mov     esp, [resume_esp]
        jmp     [resume]
.user:  ud2
user_ends:
        ud2

task:                                   ; the second task: shows itself and returns
        mov     ebx, esp
        SHOW    ebx
        pushf
        pop     ebx
        SHOW    ebx
        str     ebx
        SHOW    ebx
        SHOW    [tss + 0x20]
        SHOW    [tss + 0x24]
        SHOW    [tss + 0x4C]
        iret
        jmp     task

skip_task:                              ; steps over the `ud2` that brought us here
        SHOW    [tss + 0x20]
        SHOW    [tss + 0x24]
        add     dword [tss + 0x20], 2
        iret

error_task:                             ; steps over `mov fs, ax`
        pop     ebx
        SHOW    ebx
        SHOW    [tss + 0x20]
        SHOW    [tss + 0x24]
        add     dword [tss + 0x20], 2
        iret

double_fault_task:
        pop     ebx
        SHOW    ebx
        SHOW    [tss + 0x20]
        mov     ebx, cr2
        SHOW    ebx
        mov     eax, [resume]
        mov     [tss + 0x20], eax
        mov     eax, [resume_esp]
        mov     [tss + 0x38], eax
        iret

        bits    16
task16: mov     bx, sp
        push    ebp                     ; 32-bit code cannot be called from here
        pop     ebp
        iret
        bits    32

; ----- Data
        align   8
gdtr:   dw      gdt_end - gdt - 1
        dd      gdt
idtr:   dw      32 * 8 - 1
        dd      idt
real_idtr: dw   0x3FF
        dd      0
resume: dd      0
resume_esp: dd  0
db_continues: dd 0
absent_pointer: dd 0
        dw      ABSENT
bounds: dd      1, 8
        dd      0
scratch: times 8 dd 0

        align   8
gdt:    dq      0
        dq      0x00CF9B000000FFFF      ; CODE0
        dq      0x00CF93000000FFFF      ; DATA0
        dq      0x00CFFB000000FFFF      ; CODE3
        dq      0x00CFF3000000FFFF      ; DATA3
        dw      0x67 + 0x22, tss, 0x8900, 0
        dw      0x67, tss2, 0x8900, 0
        dq      0x00CF9F000000FFFF      ; CONF0
        dq      0x00009B000000FFFF      ; CODE16
        dq      0x00CF13000000FFFF      ; ABSENT
        dq      0x00CF99000000FFFF      ; XONLY
        dq      0x00CF91000000FFFF      ; RONLY
        dw      gate_target, CODE0, 0xEC02, 0
        dw      gate_target, CODE0, 0xE402, 0
        dw      gate_target, CODE0, 0x6C00, 0
        dw      gate_target, CONF0, 0xEC00, 0
        dw      0, TSS2, 0x8500, 0
        dw      0x0F, scratch, 0x8200, 0
        dq      0x00CFB3000000FFFF      ; SS1
        dw      0x2B, tss16, 0x8100, 0
        dq      0x00CF1B000000FFFF      ; CODENP
        dq      0x0040970000000FFF      ; EXPDN
        dq      0x00CF13000000FFFF      ; SSNP
        dw      0x66, tss2, 0x8900, 0
        dw      gate_target, 0, 0xEC00, 0
        dw      gate_target, DATA0, 0xEC00, 0
        dq      0x0000FB000000FFFF      ; CODE16R3
        dq      0x0000F3000000FFFF      ; DATA16R3
        dw      0x0F, scratch, 0x9200, 0x0040
gdt_end:

%macro  HANDLERS 1
        dd      handler%1
%endmacro
handlers:
%assign v 0
%rep 32
        HANDLERS v
%assign v v + 1
%endrep

        align   8
idt:    times 32 dq 0

        align   4
tss:    dd      0, 0x7C00, DATA0
        times   22 dd 0
        dw      0, 0x68
        ; The I/O map up to port 0x10F: only E9h is free.
        times   0xE9 / 8 db 0xFF
        db      0xFF & ~(1 << (0xE9 & 7))
        times   0x22 - 0xE9 / 8 - 1 db 0xFF
        db      0xFF
        align   4
tss2:   dd      0, 0, 0, 0, 0, 0, 0
        dd      0, task, 2, 0x11, 0x22, 0x33, 0x44, 0x7000, 0x55, 0x66, 0x77
        dd      DATA0, CODE0, DATA0, DATA0, 0, 0, 0
        dw      0, 0x68
        align   4
tss16:  dw      0, 0, 0, 0, 0, 0, 0, task16, 2, 1, 2, 3, 4, 0x7000, 5, 6, 7, DATA0, CODE16, DATA0, DATA0, 0

        times   (SECTORS + 1) * 512 - ($ - $$) db 0
        ; Behind the image: memory of the level-3 stack.
user_stack equ  0x18000
