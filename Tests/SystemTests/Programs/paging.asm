; Paging, and faults in the middle of what instructions and transfers do (SDM vol. 3A, chapter 4; 6.5; vol. 2).

%include "system.inc"

DIRECTORY equ   TABLES
TABLE   equ     TABLES + 0x1000         ; of the first 4 MiB
GOOD    equ     0x301000                ; a page that is there,
HOLE    equ     0x302000                ; one that is not,
READ    equ     0x303000                ; one that cannot be written,
SUPER   equ     0x304000                ; one that is the supervisor's,
FREE    equ     0x305000                ; and one for the tests.
GDT2    equ     HOLE - 0x400            ; a GDT that goes on in the hole
IDT2    equ     HOLE - 48 * 8
TSS2_   equ     HOLE - 0x20
T2      equ     TSSES + 0x100

%define PTE(page) [TABLE + (page) / 4096 * 4]
%macro  SETPTE 2                        ; linear address, entry
        mov     dword PTE(%1), %2
        invlpg  [%1]
%endmacro
; Name, instructions; EAX, ECX, ESI, EDI are printed by exceptions.
%macro  FAULT 2-*
        TEST    %1
        REGISTERS EAX_ | ECX_ | ESI_ | EDI_
        mov     eax, 0x11
        mov     ecx, 4
        mov     esi, GOOD
        mov     edi, GOOD + 0x800
        %rotate 1
        %rep %0 - 1
        %1
          %rotate 1
        %endrep
        DONE
%endmacro
%macro  USERFAULT 2-*
        TEST    %1
        REGISTERS EAX_ | ECX_ | ESI_ | EDI_
        mov     eax, 0x11
        mov     ecx, 4
        mov     esi, GOOD
        mov     edi, GOOD + 0x800
        USER    %%user
%%user:
        %rotate 1
        %rep %0 - 1
        %1
          %rotate 1
        %endrep
        ud2
        DONE
%endmacro

program:
        mov     dword [target], code
        mov     dword [DIRECTORY], TABLE + 7
        mov     ecx, 1024
        mov     eax, 7
        mov     edi, TABLE
.pte:   stosd
        add     eax, 0x1000
        loop    .pte
        mov     eax, DIRECTORY
        mov     cr3, eax
        SET     cr0, 0x80000000
        jmp     .paged
.paged: SETPTE  HOLE, 0
        SETPTE  READ, READ + 5
        SETPTE  SUPER, SUPER + 3
        mov     dword [GOOD + 0xFFC], 0x55555555

        ; ----- Error codes and A and D.
        FAULT   "read", {mov al, [HOLE + 0x123]}
        FAULT   "write", {mov [HOLE + 0x123], al}
        FAULT   "modify", {inc dword [HOLE + 0x123]}
        FAULT   "fetch", {mov eax, HOLE + 0x123}, {jmp eax}
        FAULT   "write read-only", {mov [READ], al}
        FAULT   "supervisor page", {mov [SUPER], al}
        USERFAULT "user read", {mov ax, DATA3}, {mov ds, ax}, {mov al, [HOLE + 0x123]}
        USERFAULT "user write", {mov [ss:HOLE + 0x123], al}
        USERFAULT "user fetch", {mov eax, HOLE + 0x123}, {jmp eax}
        USERFAULT "user read supervisor", {mov al, [ss:SUPER]}
        USERFAULT "user write supervisor", {mov [ss:SUPER], al}
        USERFAULT "user fetch supervisor", {mov eax, SUPER}, {jmp eax}
        USERFAULT "user write read-only", {mov [ss:READ], al}
        USERFAULT "user read read-only", {mov al, [ss:READ]}
        SET     cr0, 0x10000            ; WP
        FAULT   "wp write read-only", {mov [READ], al}
        FAULT   "wp modify read-only", {add [READ], al}
        FAULT   "wp compare read-only", {cmp [READ], al}
        FAULT   "wp cmpxchg read-only", {mov eax, -1}, {cmpxchg [READ], cl}
        FAULT   "wp bt read-only", {bt dword [READ], 1}
        FAULT   "wp xchg read-only", {xchg [READ], al}
        FAULT   "wp push read-only", {mov esp, READ + 0x1000}, {mov eax, [esp - 4]}, {mov esp, [resume_esp]}
        TEST    "accessed and dirty"
        SETPTE  FREE, FREE + 7
        mov     al, [FREE]
        SHOW    PTE(FREE)
        mov     [FREE], al
        SHOW    PTE(FREE)
        SETPTE  FREE, FREE + 7
        mov     [FREE], al
        SHOW    PTE(FREE)
        SETPTE  FREE, FREE + 5
        mov     dword [hook], .ad
        mov     [FREE], al
.ad:    SHOW    PTE(FREE)
        jmp     abandon
        DONE
        TEST    "accessed of directory"
        mov     eax, [DIRECTORY]
        and     eax, 0x7F
        SHOW    eax
        DONE
        TEST    "directory rights"
        mov     dword [DIRECTORY], TABLE + 3
        FLUSH
        USER
        DONE
        mov     dword [DIRECTORY], TABLE + 7
        FLUSH
        TEST    "directory read-only"
        REGISTERS EAX_
        mov     dword [hook], .directory
        mov     eax, cr3
        mov     dword [TABLES + 0x2000], TABLE + 5
        mov     dword [DIRECTORY + 4], TABLE + 5
        mov     cr3, eax
        mov     al, [0x400000 + FREE - 0x300000]
        mov     [0x400000 + GOOD], al
.directory:
        mov     dword [DIRECTORY + 4], 0
        FLUSH
        jmp     abandon
        DONE
        TEST    "invlpg"
        SETPTE  FREE, FREE + 7
        mov     dword [FREE], 0x11
        mov     dword [FREE + 0x1000], 0x22
        mov     eax, [FREE]
        mov     dword PTE(FREE), FREE + 0x1007
        invlpg  [FREE]
        SHOW    [FREE]
        mov     dword PTE(FREE), FREE + 7
        FLUSH
        SHOW    [FREE]
        DONE
        TEST    "large page"
        mov     eax, 0x10
        mov     cr4, eax
        mov     dword [DIRECTORY + 8], 0x87
        mov     eax, [0x800000 + GOOD + 0xFFC]
        SHOW    eax, [DIRECTORY + 8]
        mov     [0x800000 + FREE], eax
        SHOW    [DIRECTORY + 8]
        DONE
        FAULT   "large page read-only", {mov dword [DIRECTORY + 8], 0x85}, FLUSH, {mov [0x800000], al}
        FAULT   "large page reserved bits", {mov dword [DIRECTORY + 8], 0x200087}, FLUSH, {mov al, [0x800000]}
        TEST    "large page without pse"
        REGISTERS EAX_
        xor     eax, eax
        mov     cr4, eax
        mov     dword [DIRECTORY + 8], TABLE + 0x87
        mov     eax, [0x800000 + GOOD + 0xFFC]
        SHOW    eax
        DONE

        ; ----- Operands across the boundary: nothing of them changes.
%macro  UNCHANGED 0
        TEST    "unchanged"
        SHOW    [GOOD + 0xFFC]
        DONE
%endmacro
        FAULT   "across read", {mov eax, [HOLE - 2]}
        FAULT   "across write", {mov [HOLE - 2], eax}
        FAULT   "across modify", {inc dword [HOLE - 2]}
        FAULT   "across not", {not dword [HOLE - 1]}
        FAULT   "across xchg", {xchg [HOLE - 2], eax}
        FAULT   "across cmpxchg8b", {cmpxchg8b [HOLE - 4]}
        FAULT   "across sgdt", {sgdt [HOLE - 2]}
        FAULT   "across sgdt later", {sgdt [HOLE - 4]}
        FAULT   "across lgdt", {lgdt [HOLE - 4]}
        FAULT   "across les", {les eax, [HOLE - 4]}
        FAULT   "across bound", {bound eax, [HOLE - 4]}
        FAULT   "across jmp far", {jmp far [HOLE - 4]}
        FAULT   "across bts", {mov eax, 32}, {bts [HOLE - 4], eax}
        FAULT   "across pop memory", {pop dword [HOLE - 2]}
        FAULT   "across push memory", {push dword [HOLE - 2]}
        FAULT   "across shld", {shld [HOLE - 2], eax, 4}
        FAULT   "across from absent", {mov eax, [HOLE + 0xFFE]}
        FAULT   "across write to read-only", {mov [HOLE + 0xFFE], eax}
        SAY     "unchanged:"
        SHOW    [GOOD + 0xFFC]
        call    newline

        ; ----- Strings.
        FAULT   "movs source", {mov esi, HOLE - 4}, {rep movsd}
        FAULT   "movs target", {mov edi, HOLE - 8}, {rep movsd}
        FAULT   "movs both", {mov esi, HOLE}, {mov edi, HOLE + 8}, movsd
        FAULT   "movs down", {mov edi, READ + 4}, std, {rep movsd}
        cld
        FAULT   "stos across", {mov edi, HOLE - 6}, {rep stosd}
        FAULT   "lods", {mov esi, HOLE - 4}, {rep lodsd}
        FAULT   "scas", {mov edi, HOLE - 8}, {repne scasd}
        FAULT   "cmps", {mov edi, HOLE - 8}, {repe cmpsd}
        FAULT   "cmps both", {mov edi, HOLE}, {mov esi, HOLE + 0x10}, cmpsd
        FAULT   "outs", {mov esi, HOLE - 2}, {mov edx, 0x80}, {rep outsb}
        FAULT   "ins", {mov edi, HOLE - 2}, {mov edx, 0x61}, {rep insb}
        FAULT   "xlat", {mov ebx, HOLE}, xlatb
        TEST    "restart"
        REGISTERS ECX_ | EDI_
        mov     dword [hook], mend
        mov     ecx, 8
        mov     edi, HOLE - 16
        mov     eax, 0x77777777
        rep     stosd
        SHOW    ecx, edi, [HOLE - 4], [HOLE + 12], [HOLE + 16]
        DONE
        SETPTE  HOLE, 0
        TEST    "restart across"
        mov     dword [hook], mend
        mov     eax, 0x12345678
        mov     [HOLE - 2], eax
        SHOW    [HOLE - 2]
        DONE
        SETPTE  HOLE, 0

        ; ----- Stacks.
%macro  STACKFAULT 3-*                  ; name, ESP at level 3, instructions
        TEST    %1
        REGISTERS EAX_ | EBP_
        mov     dword [flags_shown], 0x00000400
        mov     eax, 0xAA
        mov     ebp, HOLE + 8
        push    dword DATA3
        push    dword %2
        push    dword 0x0002
        push    dword CODE3
        push    dword %%user
        iret
%%user:
        %rotate 2
        %rep %0 - 2
        %1
          %rotate 1
        %endrep
        ud2
        DONE
%endmacro
        STACKFAULT "push", READ, {push eax}
        STACKFAULT "push across", HOLE + 2, {push eax}
        STACKFAULT "push read-only", READ + 4, {push eax}
        STACKFAULT "pusha across", FREE + 16, pusha
        STACKFAULT "popa across", HOLE - 16, popa
        STACKFAULT "pop", HOLE - 2, {pop eax}
        STACKFAULT "pop memory target", GOOD, {pop dword [ss:HOLE]}
        STACKFAULT "call", READ, {call code}
        STACKFAULT "call memory", GOOD, {call dword [ss:HOLE]}
        STACKFAULT "ret", HOLE - 2, ret
        STACKFAULT "ret imm", HOLE, {ret 8}
        STACKFAULT "leave", GOOD + 0x800, leave
        STACKFAULT "enter", READ, {enter 8, 0}
        STACKFAULT "enter nested", GOOD + 0x800, {enter 8, 3}
        STACKFAULT "enter frame", FREE + 8, {enter 0x2000, 0}
        STACKFAULT "pushf", READ, pushf
        STACKFAULT "popf", HOLE, popf
        STACKFAULT "retf", HOLE - 4, retf
        STACKFAULT "iret", HOLE - 8, iret
        STACKFAULT "int", READ, {int 48}
        STACKFAULT "call far", READ, {call CODE3:code}
        TEST    "iret outer across"
        mov     esp, HOLE - 16
        mov     dword [HOLE - 16], code
        mov     dword [HOLE - 12], CODE3
        mov     dword [HOLE - 8], 2
        mov     dword [HOLE - 4], 0x1234
        mov     dword [resume_esp], STACK0
        mov     dword [IDT + 14 * 8 + 2], CODE0 | 0x8E000000
        iret
        DONE

        ; ----- Inner stacks.
        mov     dword [TSS_BASE + 12], HOLE + 8
        mov     dword [IDT + 6 * 8 + 2], CODE1 | 0x8E000000
        USERFAULT "inner stack ud", ud2
        USERFAULT "inner stack gate", {call CGATE1 | 3:0}
        mov     dword [TSS_BASE + 12], READ + 8
        USERFAULT "inner stack read-only", {call CGATE1 | 3:0}
        mov     dword [IDT + 14 * 8 + 2], CODE1 | 0x8E000000
        mov     dword [TSS_BASE + 12], HOLE + 8
        USERFAULT "inner stack pf", {mov al, [ss:HOLE + 0x44]}
        mov     dword [IDT + 13 * 8 + 2], CODE1 | 0x8E000000
        USERFAULT "inner stack gp", hlt
        call    reset_idt
        mov     dword [IDT + 13 * 8 + 2], CODE1 | 0x8E000000
        USERFAULT "inner stack gp then pf", hlt
        call    reset_idt
        ; Parameters that cannot be read.
        mov     dword [TSS_BASE + 12], STACK1
        STACKFAULT "gate parameters", HOLE - 4, {call CGATE1 | 3:0}

        ; ----- Descriptors and system structures.
        mov     esi, gdt
        mov     edi, GDT2
        mov     ecx, (gdt_end - gdt) / 4
        rep     movsd
        lgdt    [gdtr2]
%define INHOLE  0x400
        FAULT   "descriptor", {mov ax, INHOLE}, {mov es, ax}
        FAULT   "descriptor lar", {mov cx, INHOLE}, {lar eax, ecx}
        FAULT   "descriptor verr", {mov cx, INHOLE}, {verr cx}
        FAULT   "descriptor jmp", {jmp INHOLE:0}
        USERFAULT "user descriptor", {mov ax, INHOLE | 3}, {mov es, ax}
        USERFAULT "user descriptor lsl", {mov cx, INHOLE | 3}, {lsl eax, ecx}
        lgdt    [gdtr]
        ; The accessed bit, in a page that cannot be written.
        SETPTE  READ, READ + 7
        mov     esi, gdt
        mov     edi, READ
        mov     ecx, (gdt_end - gdt) / 4
        rep     movsd
        SETPTE  READ, READ + 5
        lgdt    [gdtr3]
        FAULT   "accessed bit", {mov ax, NEW0}, {mov es, ax}
        USERFAULT "user accessed bit", {mov ax, NEW3 | 3}, {mov es, ax}
        FAULT   "busy bit", {mov ax, TSSNEW}, {ltr ax}
        SAY     "task register:"
        str     eax
        SHOW    eax
        call    newline
        FAULT   "busy bit jmp", {jmp TSSNEW:0}
        lgdt    [gdtr]
        and     byte [gdt + TSS + 5], ~2
        mov     ax, TSS
        ltr     ax
        ; The IDT.
        mov     esi, IDT
        mov     edi, IDT2
        mov     ecx, 48 * 2
        rep     movsd
        lidt    [idtr2]
        FAULT   "idt", int 48
        USERFAULT "user idt", int 48
        lidt    [idtr]
        ; The TSS: stacks and I/O permissions.
        mov     dword [TSS2_ + 4], STACK0 - 0x400
        mov     dword [TSS2_ + 8], DATA0
        mov     ax, TSSHOLE
        ltr     ax
        USERFAULT "tss io map base", {in al, 0x80}
        and     byte [gdt + TSS + 5], ~2
        mov     ax, TSS
        ltr     ax
        mov     word [TSS_BASE + 0x66], 0x68

        ; ----- Task switches.
%macro  NEWTASK 0
        mov     dword [T2 + 0x20], code
        mov     dword [T2 + 0x24], 2
        mov     dword [T2 + 0x1C], DIRECTORY
        mov     dword [T2 + 0x38], STACK0 - 0x1000
        mov     dword [T2 + 0x4C], CODE0
        mov     dword [T2 + 0x50], DATA0
        mov     dword [T2 + 0x54], DATA0
        mov     dword [T2 + 0x48], DATA0
        and     byte [gdt + TSS + 5], ~2
        mov     byte [gdt + TSSHOLE + 5], 0x89
        mov     byte [gdt + TSST2 + 5], 0x89
        mov     ax, TSS
        ltr     ax
%endmacro
%macro  BUSY 0
        SAY     "  busy:"
        str     eax
        SHOW    eax
        movzx   eax, byte [gdt + TSS + 5]
        SHOW    eax
        movzx   eax, byte [gdt + TSST2 + 5]
        SHOW    eax
        movzx   eax, byte [gdt + TSSHOLE + 5]
        SHOW    eax, cr3
%endmacro
%macro  SWITCH 2-3
        NEWTASK
        TEST    %1
        mov     dword [hook], %%busy
        %2
%%busy: BUSY
        jmp     abandon
        DONE
%endmacro
        SWITCH  "task call", {call TSST2:0}
        SWITCH  "task in hole", {call TSSHOLE:0}
        SWITCH  "task in hole by jmp", {jmp TSSHOLE:0}
        ; A directory in which nothing is mapped but the first 2 MiB.
        mov     dword [TABLES + 0x3000], TABLES + 0x4007
        mov     esi, TABLE
        mov     edi, TABLES + 0x4000
        mov     ecx, 512
        rep     movsd
        NEWTASK
        mov     dword [T2 + 0x1C], TABLES + 0x3000
        mov     dword [T2 + 0x20], FREE
        TEST    "task with other cr3"
        mov     dword [hook], .cr3
        jmp     TSST2:0
.cr3:   BUSY
        mov     eax, DIRECTORY
        mov     cr3, eax
        jmp     abandon
        DONE
        NEWTASK
        mov     dword [T2 + 0x1C], TABLES + 0x3000
        mov     dword [T2 + 0x38], FREE
        TEST    "task with absent stack"
        TASKGATE 14, TSS3
        mov     dword [T3 + 0x20], pf_task
        mov     dword [T3 + 0x24], 2
        mov     dword [T3 + 0x1C], DIRECTORY
        mov     dword [T3 + 0x38], STACK0 - 0x1400
        mov     dword [T3 + 0x4C], CODE0
        mov     dword [T3 + 0x50], DATA0
        mov     dword [T3 + 0x54], DATA0
        mov     dword [T3 + 0x48], DATA0
        mov     dword [T2 + 0x20], pushes
        jmp     TSST2:0
        DONE
        NEWTASK
        call    reset_idt
        mov     ax, DATA0
        mov     ds, ax

        ; ----- Instructions across the boundary.
        TEST    "fetch across"
        mov     byte [HOLE - 1], 0xB8   ; mov eax, imm32
        mov     eax, HOLE - 1
        jmp     eax
        DONE
        TEST    "fetch runs into"
        mov     word [HOLE - 2], 0x9090
        mov     eax, HOLE - 2
        jmp     eax
        DONE
        TEST    "fetch complete before"
        mov     word [HOLE - 2], 0x0B0F
        mov     eax, HOLE - 2
        jmp     eax
        DONE
        TEST    "fetch prefixes"
        mov     dword [HOLE - 4], 0x26262626
        mov     eax, HOLE - 4
        jmp     eax
        DONE
        TEST    "fetch modrm needs more"
        mov     word [HOLE - 2], 0x058B
        mov     eax, HOLE - 2
        jmp     eax
        DONE

        ; ----- Physical address extension and execution disabled.
        CLEAR   cr0, 0x80010000         ; PG, WP
        mov     edi, TABLES
        xor     eax, eax
        mov     ecx, 0x4000
        rep     stosd
%define POINTERS TABLES
%define PAEDIR  (TABLES + 0x1000)
%define PAETABLE (TABLES + 0x2000)
%define PAEPTE(page) [PAETABLE + ((page) - 0x200000) / 4096 * 8]
        mov     dword [POINTERS], PAEDIR + 1
        mov     dword [PAEDIR], 0x87            ; 2 MiB
        mov     dword [PAEDIR + 8], PAETABLE + 7
        mov     edi, PAETABLE
        mov     eax, 0x200007
        mov     ecx, 512
.pae:   mov     [edi], eax
        add     eax, 0x1000
        add     edi, 8
        loop    .pae
        mov     eax, POINTERS
        mov     cr3, eax
        mov     eax, 0x20
        mov     cr4, eax
        SET     cr0, 0x80000000
        jmp     .extended
%macro  SETPAE 3
        mov     dword PAEPTE(%1), %2
        mov     dword [PAETABLE + ((%1) - 0x200000) / 4096 * 8 + 4], %3
        invlpg  [%1]
%endmacro
.extended:
        SETPAE  HOLE, 0, 0
        SETPAE  READ, READ + 5, 0
        FAULT   "pae read", {mov al, [HOLE]}
        FAULT   "pae across", {inc dword [HOLE - 2]}
        FAULT   "pae no directory", {mov al, [0x40000000]}
        FAULT   "pae no table", {mov al, [0x400000]}
        USERFAULT "pae user write read-only", {mov [ss:READ], al}
        TEST    "pae accessed and dirty"
        SETPAE  FREE, FREE + 7, 0
        mov     al, [FREE]
        SHOW    PAEPTE(FREE)
        mov     [FREE], al
        SHOW    PAEPTE(FREE)
        mov     eax, [PAEDIR + 8]
        and     eax, 0x7F
        SHOW    eax, [PAEDIR], [POINTERS]
        DONE
        SETPAE  FREE, FREE + 7, 0x80000000
        FAULT   "nx bit reserved", {mov al, [FREE]}
        FAULT   "pointer reserved bits", {mov dword [POINTERS + 8], PAEDIR + 3}, FLUSH
        mov     dword [POINTERS + 8], 0
        FAULT   "pointers are cached", {mov dword [POINTERS + 24], PAEDIR + 1}, {mov al, [0xC0000000]}
        FAULT   "pointers are loaded", FLUSH, {mov eax, [0xC0000000 + GOOD + 0x800]}
        mov     ecx, 0xC0000080
        rdmsr
        or      eax, 0x800
        wrmsr
        SETPAE  FREE, FREE + 7, 0x80000000
        mov     byte [FREE], 0xC3
        FAULT   "nx read", {mov al, [FREE]}
        FAULT   "nx fetch", {mov eax, FREE}, {jmp eax}
        USERFAULT "nx user fetch", {mov eax, FREE}, {jmp eax}
        FAULT   "nx fetch absent", {mov eax, HOLE}, {jmp eax}
        TEST    "nx fetch across"
        SETPAE  FREE, FREE + 7, 0x80000000
        mov     byte [FREE - 1], 0xB8
        SETPAE  FREE - 0x1000, FREE - 0xFF9, 0
        mov     byte [FREE - 1], 0xB8
        mov     eax, FREE - 1
        jmp     eax
        DONE
        mov     dword [PAEDIR + 12], 0x80000000
        FLUSH
        FAULT   "nx directory", {mov eax, GOOD}, {jmp eax}
        CLEAR   cr0, 0x80000000
        xor     eax, eax
        mov     cr4, eax
        jmp     finish

mend:   mov     dword PTE(HOLE), HOLE + 7 ; the hook of tests that go on
        jmp     continue
pf_task:
        SAY     " task err"
        mov     eax, [esp]
        SHOW    eax, cr2
        mov     eax, [T2 + 0x20]
        sub     eax, pushes
        SHOW    eax, [T2 + 0x38]
        BUSY
        jmp     abandon
pushes: push    eax
code:   ud2
        ud2
T3      equ     TSSES + 0x300
gdtr2:  dw      0x7FF
        dd      GDT2
gdtr3:  dw      0x3FF
        dd      READ
idtr2:  dw      64 * 8 - 1
        dd      IDT2

        GDT
        SEGMENT NEW0, 0, 0xFFFFF, 0x92, 0xC
        SEGMENT NEW3, 0, 0xFFFFF, 0xF2, 0xC
        SEGMENT TSSNEW, T2, 0x67, 0x89, 0
        SEGMENT TSST2, T2, 0x67, 0x89, 0
        SEGMENT TSS3, T3, 0x67, 0x89, 0
        SEGMENT TSSHOLE, TSS2_, 0x67 + 0x100, 0x89, 0
        GATE    CGATE1, CODE1, LINEAR(code), 0xEC, 2
        END
