; Virtual-8086 mode, without and with its extensions, and I/O permissions (SDM vol. 3B, chapter 20; vol. 1, 19.5).

%include "system.inc"

TASK    equ     TSSES + 0x400           ; with interrupt redirection map and I/O permission map
TASK16  equ     TSSES + 0x800           ; of 16 bits, and all the same with a map of ports, all open
REDIRECTION equ 0x68
IOMAP   equ     REDIRECTION + 0x20
IOLIMIT equ     IOMAP + 0x40            ; the last byte: ports from 1F8h on have none behind them

; Name, IOPL, instructions: in virtual-8086 mode, until something stops them.
%macro  VM 3-*
        TEST    %1
        V86     %2
    %rotate 2
    %rep %0 - 2
        %1
      %rotate 1
    %endrep
        DONE16
%endmacro
; The same with EFLAGS and what is on the stack.
%macro  VMSTACK 3-*
        TEST    %1
        mov     dword [flags_shown], 0x003F7FD5 & ~0x10000
        STACK16 4
        V86     %2
    %rotate 2
    %rep %0 - 2
        %1
      %rotate 1
    %endrep
        DONE16
%endmacro
%macro  VMFLAGS 4-*                     ; name, IOPL, other flags, instructions
        TEST    %1
        mov     dword [flags_shown], 0x003F7FD5 & ~0x10000
        STACK16 4
        V86     %2, %3
    %rotate 3
    %rep %0 - 3
        %1
      %rotate 1
    %endrep
        DONE16
%endmacro
%macro  PORTS 2-*                        ; at level 3
        TEST    %1
        REGISTERS ESI_ | EDI_ | ECX_
        xor     ecx, ecx
        xor     esi, esi
        xor     edi, edi
        USER
    %rotate 1
    %rep %0 - 1
        %1
      %rotate 1
    %endrep
        ud2
        DONE
%endmacro


program:
        mov     dword [target], handler
        mov     dword [TASK + 4], STACK0 - 0x400
        mov     dword [TASK + 8], DATA0
        mov     dword [TASK + 12], STACK1
        mov     dword [TASK + 16], DATA1 | 1
        mov     word [TASK + 0x66], IOMAP
        mov     edi, TASK + IOMAP
        mov     ecx, IOLIMIT - IOMAP + 1
        mov     al, 0xFF
        rep     stosb
        ; Port 80h may be used, 84h-85h, 89h-8Ch, and 1F0h-1FFh.
        mov     dword [TASK + IOMAP + 0x80 / 8], ~0x1E31
        mov     word [TASK + IOMAP + 0x1F0 / 8], 0
        ; Port 80h is left alone by what is tried: 84h, 89h.
        mov     ax, TSSIO
        ltr     ax

        ; ----- Without extensions: IOPL decides.
        VM      "cli", 0, cli
        VM      "sti", 0, sti
        VM      "pushf", 0, pushf
        VM      "pushfd", 0, pushfd
        VM      "popf", 0, popf
        VM      "popfd", 0, popfd
        VM      "iret", 0, iret
        VM      "iretd", 0, iretd
        VM      "int", 0, int 48
        mov     byte [IDT + 48 * 8 + 5], 0xEE
        mov     byte [IDT + 3 * 8 + 5], 0xEE
        mov     byte [IDT + 4 * 8 + 5], 0xEE
        VM      "int dpl 3", 0, int 48
        VM      "int3 dpl 3", 0, int3
        VM      "icebp", 0, db 0xF1
        TEST    "into dpl 3"
        V86     0, 0x802
        into
        DONE16
        VM      "int iopl 3", 3, int 48
        call    reset_idt
        VM      "int iopl 3 dpl 0", 3, int 48
        VM      "int3 iopl 3 dpl 0", 3, int3
        VMSTACK "pushf iopl 3", 3, pushf
        VMSTACK "pushfd iopl 3", 3, {pushfd}
        TEST    "cli sti iopl 3"
        STACK16 3
        V86     3
        cli
        pushf
        sti
        pushf
        cli
        pushf
        DONE16
        TEST    "popf iopl 3"
        mov     dword [flags_shown], 0x003F7FD5 & ~0x10000
        V86     3
        push    word 0x4CD5             ; IOPL 0
        popf
        DONE16
        TEST    "popfd iopl 3"
        mov     dword [flags_shown], 0x003F7FD5 & ~0x10000
        V86     3
        push    dword 0x00244CD5        ; VM, IOPL 0
        popfd
        DONE16
        TEST    "iret iopl 3"
        mov     dword [flags_shown], 0x003F7FD5 & ~0x10000
        mov     word [0x1234], 0x0B0F
        V86     3
        push    word 0x4CD5
        push    word 0x100
        push    word 0x234
        iret
        DONE16
        TEST    "iretd iopl 3"
        mov     dword [flags_shown], 0x003F7FD5 & ~0x10000
        V86     3
        push    dword 0x00244CD5
        push    dword 0x100
        push    dword 0x234
        iretd
        DONE16
        TEST    "iretd iopl 3 beyond"
        V86     3
        push    dword 2
        push    dword 0x100
        push    dword 0x10234
        iretd
        DONE16
        VM      "hlt", 3, hlt
        VM      "mov cr0", 3, {mov eax, cr0}
        VM      "mov to cr0", 3, {mov cr0, eax}
        VM      "mov dr7", 3, {mov eax, dr7}
        VM      "clts", 3, clts
        VM      "lgdt", 3, lgdt [0]
        VM      "lmsw", 3, lmsw ax
        VM      "invlpg", 3, invlpg [0]
        VM      "wbinvd", 3, wbinvd
        VM      "rdmsr", 3, rdmsr
        VM      "lldt", 3, lldt ax
        VM      "ltr", 3, ltr ax
        VM      "sldt", 3, sldt ax
        VM      "str", 3, str ax
        VM      "lar", 3, {lar ax, bx}
        VM      "lsl", 3, {lsl ax, bx}
        VM      "verr", 3, verr ax
        VM      "arpl", 3, {arpl ax, bx}
        TEST    "smsw sgdt"
        REGISTERS EAX_
        V86     0
        xor     eax, eax
        sgdt    [0x6000]
        mov     ax, [0x6000]
        sub     ax, gdt_end - gdt - 1
        DONE16
        TEST    "segments"
        STACK16 6
        V86     0
        mov     ax, 0xFFFF
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        push    es
        push    fs
        push    gs
        pop     ds
        push    ds
        mov     ax, [0x10 + 0x7E00]     ; linear 107E00h + 16 wraps nowhere: A20 is open
        DONE16
        TEST    "far call and return"
        STACK16 2
        mov     word [0x2340], 0x0B0F
        V86     0
        call    0x234:0
        DONE16
        TEST    "far return"
        mov     word [0x2340], 0x0B0F
        V86     0
        push    word 0x230
        push    word 0x40
        retf
        DONE16
        VM      "limit read", 0, {mov eax, 0x10000}
        TEST    "limit"
        V86     0
        mov     eax, 0xFFFF
        mov     al, [eax]
        mov     ax, [eax]
        DONE16
        TEST    "limit stack"
        V86     0
        mov     sp, 1
        push    ax
        DONE16
        TEST    "limit jmp"
        V86     0
        jmp     dword 0x10000
        DONE16
        TEST    "limit call"
        V86     0
        call    dword 0x10000
        DONE16
        TEST    "data through cs"
        V86     0
        mov     [cs:0x6000], ax
        DONE16

        ; What an interrupt leaves on the stack of level 0, and in the segment registers.
%macro  FRAME 3
        IDTGATE 48, %2, HANDLER, %3
        TEST    %1
        REGISTERS SREGS_
        STACK   10
        push    dword 0x1004            ; GS
        push    dword 0x1003
        push    dword 0x1002
        push    dword 0x1001            ; ES
        push    dword 0x1005            ; SS
        push    dword 0x12347000
        push    dword 0x23202
        push    dword 0
        push    dword %%vm
        iret
        bits    16
%%vm:   int     48
        DONE16
%endmacro
        FRAME   "frame", CODE0, 0xEE
        FRAME   "frame trap gate", CODE0, 0xEF
        FRAME   "frame 16", CODE0, 0xE6
        FRAME   "frame level 1", CODE1, 0xEE
        FRAME   "frame level 3", CODE3_, 0xEE
        FRAME   "frame conforming", CONF0, 0xEE
        call    reset_idt
        TEST    "ss from v86"
        V86     0
        mov     ax, [bp + 0x10]
        mov     sp, 0xFFFF
        pop     ax
        DONE16

        ; ----- The I/O permission map.
        VM      "vm out iopl 3 forbidden", 3, {out 0x81, al}
        VM      "vm out iopl 3 allowed", 3, {out 0x84, al}
        VM      "vm out iopl 0 allowed", 0, {out 0x84, al}
        VM      "vm out word", 0, {out 0x84, ax}
        VM      "vm out word half", 0, {out 0x85, ax}
        VM      "vm out doubleword", 0, {out 0x89, eax}
        VM      "vm out doubleword crossing", 0, {out 0x8A, eax}
        PORTS   "out allowed", {out 0x84, al}
        PORTS   "out forbidden", {out 0x81, al}
        PORTS   "out last with map", {mov dx, 0x1F7}, {out dx, al}
        PORTS   "out word last with map", {mov dx, 0x1F7}, {in ax, dx}
        PORTS   "out last before terminator", {mov dx, 0x1FF}, {out dx, al}
        PORTS   "in terminator", {mov dx, 0x200}, {in al, dx}
        PORTS   "in beyond terminator", {mov dx, 0x208}, {in al, dx}
        PORTS   "in beyond map", {mov dx, 0x400}, {in al, dx}
        PORTS   "in 65535", {mov dx, 0xFFFF}, {in al, dx}
        PORTS   "in 65535 word", {mov dx, 0xFFFF}, {in ax, dx}
        PORTS   "rep outsb", {mov ecx, 2}, {mov esi, DATA}, {mov edx, 0x81}, rep outsb
        PORTS   "rep outsb none", {mov ecx, 0}, {mov esi, DATA}, {mov edx, 0x81}, rep outsb
        PORTS   "rep outsb allowed", {mov ecx, 2}, {mov esi, DATA}, {mov edx, 0x84}, rep outsb
        PORTS   "insb", {mov edi, DATA}, {mov edx, 0x81}, insb
        PORTS   "user sti", sti
        PORTS   "user cli", cli
        TEST    "user iopl 3 ports"
        USER    .iopl3, 0x3002
.iopl3: out     0x81, al
        cli
        ud2
        DONE
        mov     word [TASK + 0x66], 0xFFFF
        PORTS   "map base FFFF", {in al, 0x84}
        mov     word [TASK + 0x66], IOLIMIT
        PORTS   "map base at limit", {in al, 0}
        mov     word [TASK + 0x66], IOLIMIT - 1
        mov     word [TASK + IOLIMIT - 1], 0
        PORTS   "map base before limit", {in al, 0x1}
        PORTS   "map base before limit port 8", {in al, 0x8}
        mov     word [TASK + 0x66], IOMAP
        mov     word [TASK16 + 2], STACK0 - 0x400
        mov     word [TASK16 + 4], DATA0
        mov     word [TASK16 + 0x66], 0x68
        mov     ax, TSS16
        ltr     ax
        PORTS   "tss 16", {in al, 0x84}
        and     byte [gdt + TSSIO + 5], ~2
        mov     ax, TSSIO
        ltr     ax

        ; ----- With CR4.VME.
        mov     eax, 1
        mov     cr4, eax
%define VIF     0x80000
%define VIP     0x100000
        VMFLAGS "vme cli", 0, 2 | VIF, cli
        VMFLAGS "vme sti", 0, 2, sti
        VMFLAGS "vme sti vip", 0, 2 | VIP, sti
        VMFLAGS "vme cli vip", 0, 2 | VIP | VIF, cli
        VMFLAGS "vme sti iopl 3", 3, 2, sti
        VMFLAGS "vme cli iopl 3", 3, 0x202 | VIF, cli
        VMFLAGS "vme pushf", 0, 2 | VIF, pushf
        VMFLAGS "vme pushf vif clear", 0, 0x202, pushf
        VMFLAGS "vme pushf iopl 3", 3, 2 | VIF, pushf
        VMFLAGS "vme pushfd", 0, 2, pushfd
        VMFLAGS "vme popf", 0, 2 | VIF, {push word 0x4CD5}, popf
        VMFLAGS "vme popf if", 0, 2, {push word 0x7ED7}, popf
        VMFLAGS "vme popf if vip", 0, 2 | VIP, {push word 0x0202}, popf
        VMFLAGS "vme popf vip", 0, 2 | VIP | VIF, {push word 0x0002}, popf
        VMFLAGS "vme popf tf", 0, 2, {push word 0x0102}, popf
        VMFLAGS "vme popf iopl 3", 3, 2, {push word 0x0202}, popf
        VMFLAGS "vme popfd", 0, 2, {push dword 2}, popfd
        VMFLAGS "vme iret", 0, 2, {push word 0x7ED7}, {push word 0x100}, {push word 0x234}, iret
        VMFLAGS "vme iret if clear", 0, 0x202 | VIF, {push word 0x2}, {push word 0x100}, {push word 0x234}, iret
        VMFLAGS "vme iret vip", 0, 2 | VIP, {push word 0x202}, {push word 0x100}, {push word 0x234}, iret
        VMFLAGS "vme iret tf", 0, 2, {push word 0x102}, {push word 0x100}, {push word 0x234}, iret
        VMFLAGS "vme iret iopl 3", 3, 2, {push word 0x4CD5}, {push word 0x100}, {push word 0x234}, iret
        VMFLAGS "vme iretd", 0, 2, {push dword 2}, {push dword 0}, {push dword 0}, iretd
        ; Interrupts to the 8086 program's own handlers: 0x48 is redirected, 0x30 (48) is not.
        mov     byte [TASK + REDIRECTION + 0x30 / 8], 1
        mov     dword [0x48 * 4], 0x01000234
        mov     dword [0x30 * 4], 0x01000234
        VMFLAGS "vme int redirected", 0, 0x2ED7 & ~0x2000 | VIF, int 0x48
        VMFLAGS "vme int redirected vif clear", 0, 0x4202, int 0x48
        VMFLAGS "vme int redirected iopl 3", 3, 0x2ED7 & ~0x2000 | VIF, int 0x48
        VMFLAGS "vme int not redirected", 0, 2, int 0x30
        VMFLAGS "vme int not redirected iopl 3", 3, 2, int 0x30
        mov     byte [IDT + 48 * 8 + 5], 0xEE
        VMFLAGS "vme int not redirected iopl 3 dpl 3", 3, 2 | VIF, int 0x30
        mov     dword [3 * 4], 0x01000234
        VMFLAGS "vme int3", 0, 2, int3
        VMFLAGS "vme int 3", 0, 2, int 3
        mov     word [TASK + 0x66], 0x10
        VMFLAGS "vme map too low", 0, 2, int 0x48
        mov     word [TASK + 0x66], IOLIMIT + 0x10
        VMFLAGS "vme map partly beyond", 0, 2, int 0x48
        VMFLAGS "vme map beyond", 0, 2, int 0xFF
        mov     word [TASK + 0x66], IOMAP
        VM      "vme int stack", 0, {mov sp, 5}, {int 0x48}
        VMFLAGS "vme vif and vip", 0, 2 | VIF | VIP, nop
        VMFLAGS "vme vif and vip iopl 3", 3, 2 | VIF | VIP, nop
        VMFLAGS "vme fault", 0, 2 | VIF, ud2
        VMFLAGS "vme hlt", 0, 2 | VIF, hlt

        ; ----- CR4.PVI: `cli` and `sti` at level 3.
        mov     eax, 2
        mov     cr4, eax
%macro  PVI 3-*                         ; name, EFLAGS, instructions
        TEST    %1
        mov     dword [flags_shown], 0x003F7FD5 & ~0x10000
        STACK   1
        USER    %%user, %2
%%user:
    %rotate 2
    %rep %0 - 2
        %1
      %rotate 1
    %endrep
        ud2
        DONE
%endmacro
        PVI     "pvi cli", 2 | VIF, cli
        PVI     "pvi sti", 2, sti
        PVI     "pvi sti vip", 2 | VIP, sti
        PVI     "pvi cli iopl 3", 0x3202 | VIF, cli
        PVI     "pvi pushf", 2 | VIF, pushf
        PVI     "pvi popf", 2, {push dword 0x202}, popf
        PVI     "pvi vif and vip", 2 | VIF | VIP, nop
        PVI     "pvi vif and vip iopl 3", 0x3002 | VIF | VIP, nop
        PVI     "pvi int", 2 | VIF, int 48
        VM      "pvi v86 sti", 0, sti
        xor     eax, eax
        mov     cr4, eax
        jmp     finish

        GDT
        SEGMENT TSSIO, TASK, IOLIMIT, 0x89, 0
        SEGMENT TSS16, TASK16, 0x1FF, 0x81, 0
        SEGMENT CONF0, 0, 0xFFFFF, 0x9F, 0xC
        END
