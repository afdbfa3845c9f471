; Questions about selectors (`lar`, `lsl`, `verr`, `verw`, `arpl`), the table registers, and alignment (SDM vol. 2; vol. 3A,
; 5.10 and 6.15, interrupt 17).

%include "system.inc"

; Prints for the selector %1 what the four instructions answer: value and ZF, which are 0 if there is none.
%macro  ASK 2
        SAY     {%1, ":"}
        mov     ebx, %2
        call    ask
        mov     ebx, %2 | 1
        call    ask
        mov     ebx, %2 | 3
        call    ask
        call    newline
        TEST    {%1, " at level 3"}
        mov     dword [hook], %%next
        REGISTERS EAX_ | ECX_ | EDX_
        mov     ebx, %2 | 3
        USER
        call    answers
        ud2
%%next: jmp     abandon
        DONE
%endmacro

program:
        ASK     "null", 0
        ASK     "data", DATA0
        ASK     "data of level 1", DATA1
        ASK     "data of level 3", DATA3_
        ASK     "read-only", RONLY
        ASK     "expand-down", DOWN
        ASK     "absent data", ABSENT
        ASK     "code", CODE0
        ASK     "code of level 3", CODE3_
        ASK     "execute-only", XONLY
        ASK     "conforming", CONF0
        ASK     "conforming execute-only", CONFX
        ASK     "absent code", CODENP
        ASK     "small", SMALL
        ASK     "pages", PAGES
%assign type 0
%rep 16
    %defstr name type
        ASK     {"system type ", name}, SYSTEM0 + type * 8
  %assign type type + 1
%endrep
        ASK     "call gate of level 3", GATE3
        ASK     "beyond", 0x800
        ASK     "ldt", 4

        ; With operands of 16 bits, only the low half of the register changes.
        TEST    "lar 16"
        mov     eax, 0x11111111
        mov     ecx, DATA0
        lar     ax, cx
        SHOW    eax
        mov     eax, 0x11111111
        lsl     ax, cx
        SHOW    eax
        DONE
        TEST    "lar upper half ignored"
        mov     ecx, 0x12340000 | DATA0
        lar     eax, ecx
        and     eax, 0x00F0FF00
        SHOW    eax
        DONE
        TEST    "lar keeps"
        mov     eax, 0x11111111
        xor     ecx, ecx
        lar     eax, ecx
        SHOW    eax
        DONE
%macro  ARPL 3
        TEST    %1
        mov     eax, %2
        mov     ecx, %3
        arpl    ax, cx
        pushf
        pop     ebx
        and     ebx, 0x8D5
        SHOW    eax, ebx
        DONE
%endmacro
        ARPL    "arpl raises", 0x12340010, 3
        ARPL    "arpl equal", 0x12, 2
        ARPL    "arpl lower", 0x13, 1
        TEST    "arpl read-only keeps"
        mov     ax, RONLY
        mov     es, ax
        mov     word [DATA], 0x13
        mov     cx, 1
        arpl    [es:DATA], cx
        DONE
        TEST    "arpl memory"
        mov     word [DATA], 0x10
        mov     cx, 3
        arpl    [DATA], cx
        SHOWW   [DATA]
        DONE

        ; Tables.
        TEST    "sgdt sidt"
        mov     dword [DATA + 4], -1
        sgdt    [DATA]
        SHOWW   [DATA + 6]
        mov     eax, [DATA + 2]
        sub     eax, gdt
        SHOW    eax
        sidt    [DATA]
        SHOWW   [DATA]
        SHOW    [DATA + 2]
        DONE
        TEST    "lidt 16"
        mov     word [DATA], 0x1FF
        mov     dword [DATA + 2], 0xFF000000 | IDT
        o16 lidt [DATA]
        sidt    [DATA + 8]
        SHOW    [DATA + 10]
        DONE
        lidt    [idtr]
        TEST    "sgdt register"
        db      0x0F, 0x01, 0xC0 | 0 << 3 | 5 ; an opcode of its own on processors with VMX
        DONE
        TEST    "user sgdt"
        USER
        sgdt    [STACK3 - 0x20]
        ud2
        DONE
        TEST    "user lgdt"
        USER
        lgdt    [gdtr]
        DONE
        TEST    "user lidt"
        USER
        lidt    [idtr]
        DONE
        TEST    "user lmsw"
        USER
        lmsw    ax
        DONE
        TEST    "user clts"
        USER
        clts
        DONE
        TEST    "user invlpg"
        USER
        invlpg  [0]
        DONE
        TEST    "user rdmsr"
        USER
        mov     ecx, 0x10
        rdmsr
        DONE
        TEST    "user hlt"
        USER
        hlt
        DONE
        TEST    "user mov cr"
        USER
        mov     cr3, eax
        DONE
        TEST    "cr1"
        db      0x0F, 0x20, 0xC8
        DONE
        TEST    "cr5"
        db      0x0F, 0x20, 0xE8
        DONE
        TEST    "cr0 nw without cd"
        SET     cr0, 0x20000000
        DONE
        TEST    "lmsw keeps pe"
        xor     eax, eax
        lmsw    ax
        smsw    eax
        and     eax, 0xF
        SHOW    eax
        DONE
        TEST    "lock"
        db      0xF0
        mov     [DATA], eax
        DONE
        TEST    "lock register"
        db      0xF0, 0x01, 0xC0
        DONE
        TEST    "lock compare"
        db      0xF0
        cmp     [DATA], eax
        DONE
        TEST    "lock add"
        lock add [DATA], eax
        DONE

        ; Alignment: CR0.AM, EFLAGS.AC, and level 3.
        SET     cr0, 0x40000
%macro  ALIGN_ 2-*
        TEST    %1
        REGISTERS EAX_ | ECX_
        mov     eax, 0x11
        mov     ecx, 2
        mov     esi, DATA + 1
        mov     edi, DATA + 0x100
        mov     ebx, DATA + 1
        USER    %%user, 0x40002
%%user: mov     dx, DATA3
        mov     ds, dx
        mov     es, dx
        %rotate 1
        %rep %0 - 1
        %1
          %rotate 1
        %endrep
        ud2
        DONE
%endmacro
        ALIGN_  "aligned", {mov eax, [ebx + 3]}
        ALIGN_  "align byte", {mov al, [ebx]}
        ALIGN_  "align word", {mov ax, [ebx]}
        ALIGN_  "align doubleword", {mov eax, [ebx + 1]}
        ALIGN_  "align write", {mov [ebx], eax}
        ALIGN_  "align modify", {inc word [ebx]}
        ALIGN_  "align push", {mov esp, STACK3 - 2}, {push eax}
        ALIGN_  "align push word", {mov esp, STACK3 - 2}, {push ax}
        ALIGN_  "align movs", {rep movsd}
        ALIGN_  "align movsb", {rep movsb}
        ALIGN_  "align call far", {call far [ebx]}
        ALIGN_  "align bound", {bound eax, [ebx]}
        ALIGN_  "align cmpxchg8b", {cmpxchg8b [ebx + 3]}
        ALIGN_  "align lea", {lea eax, [ebx]}
        ALIGN_  "align bts", {mov eax, 0}, {bts [ebx], eax}
        ALIGN_  "align retf", {mov esp, STACK3 - 10}, retf
        ALIGN_  "align sgdt", {sgdt [DATA + 2]}
        ALIGN_  "align les", {les eax, [ebx]}
        ALIGN_  "align int", {mov esp, STACK3 - 2}, {int 48}
        TEST    "align supervisor"
        push    dword 0x40002
        popf
        mov     eax, [DATA + 1]
        DONE
        push    dword 2
        popf
        CLEAR   cr0, 0x40000
        jmp     finish

; In: EBX a selector. Prints ZF and value of `lar`, ZF and value of `lsl`, and ZF of `verr` and `verw`.
ask:    call    answers
        SHOW    eax, ecx, edx
        ret
; Out: EAX = `lar`, ECX = `lsl`, EDX = ZF of all four, a byte for each.
answers:
        xor     eax, eax
        xor     ecx, ecx
        xor     edx, edx
        lar     eax, ebx
        setz    dl
        shl     edx, 8
        lsl     ecx, ebx
        setz    dl
        shl     edx, 8
        verr    bx
        setz    dl
        shl     edx, 8
        verw    bx
        setz    dl
        and     eax, 0x00F0FF00         ; bits 16-19 are undefined
        ret

        GDT
        SEGMENT RONLY, 0, 0xFFFFF, 0x91, 0xC
        SEGMENT DOWN, 0, 0xFFF, 0x97, 4
        SEGMENT ABSENT, 0, 0xFFFFF, 0x13, 0xC
        SEGMENT XONLY, 0, 0xFFFFF, 0x99, 0xC
        SEGMENT CONF0, 0, 0xFFFFF, 0x9F, 0xC
        SEGMENT CONFX, 0, 0xFFFFF, 0x9D, 0xC
        SEGMENT CODENP, 0, 0xFFFFF, 0x1B, 0xC
        SEGMENT SMALL, 0x12345678, 0x12345, 0x92, 4
        SEGMENT PAGES, 0, 0x12345, 0x92, 0xC
        SEGMENT SYSTEM0, 0x1000, 0x67, 0x80, 0
%assign type 1
%rep 15
        dw      0x67, 0x1000, 0x8000 | type << 8, 0x0000
  %assign type type + 1
%endrep
        GATE    GATE3, CODE0, 0x12345678, 0xEC, 5
        END
