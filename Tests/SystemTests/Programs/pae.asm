; Physical address extension, execute-disable, large pages, and what came with the P6: sysenter and model-specific
; registers (SDM vol. 3A, chapter 4; vol. 2, SYSENTER, SYSEXIT, WRMSR).

%include "system.inc"

POINTERS equ    TABLES
DIRECTORY equ   TABLES + 0x1000
IDENTITY equ    TABLES + 0x2000         ; the first 2 MiB, for everyone
TABLE   equ     TABLES + 0x3000         ; the 2 MiB from ONE on
NARROW  equ     TABLES + 0x4000         ; a directory without PAE, and its table
NARROWTABLE equ TABLES + 0x5000
BAD     equ     TABLES + 0x6000         ; a pointer table
ONE     equ     0x200000                ; pages that tests map as they like
LARGE   equ     0x400000                ; the same with the directory
EFER    equ     0xC0000080
NXE     equ     0x800
NX      equ     0x80000000              ; in the upper half of an entry

; Page number, upper half and lower half of its entry.
%macro  PAGE 3
        mov     dword [TABLE + %1 * 8], 0
        mov     dword [TABLE + %1 * 8 + 4], %2
        mov     dword [TABLE + %1 * 8], %3
        invlpg  [ONE + %1 * 0x1000]
%endmacro
; Entry number, upper half and lower half.
%macro  DIR 3
        mov     dword [DIRECTORY + %1 * 8], 0
        mov     dword [DIRECTORY + %1 * 8 + 4], %2
        mov     dword [DIRECTORY + %1 * 8], %3
        call    flush
%endmacro
; Name, upper half, lower half: page 0 is read, written and executed at both levels.
%macro  ACCESSES 3
        mov     dword [upper], %2
        mov     dword [lower], %3
        mov     esi, %%name
        call    accesses
        jmp     %%over
%%name: db      %1, 0
%%over:
%endmacro
; The same with directory entry 2.
%macro  LARGES 3
        mov     dword [upper], %2
        mov     dword [lower], %3
        mov     esi, %%name
        call    larges
        jmp     %%over
%%name: db      %1, 0
%%over:
%endmacro
%macro  BADPOINTER 3                     ; name, upper half, lower half
        mov     dword [BAD + 24], %3
        mov     dword [BAD + 28], %2
        TEST    %1
        mov     eax, BAD
        mov     cr3, eax
        DONE
        mov     eax, POINTERS
        mov     cr3, eax
%endmacro
%macro  WRITEMSR 4                       ; name, number, upper half, lower half
        TEST    %1
        mov     ecx, %2
        mov     edx, %3
        mov     eax, %4
        wrmsr
        rdmsr
        SHOW    edx, eax
        DONE
%endmacro

program:
        mov     dword [target], code
        ; Identity for 2 MiB; the other pages as they come.
        mov     edi, IDENTITY
        mov     eax, 7
        mov     ecx, 512
.wide:  mov     [edi], eax
        add     edi, 8
        add     eax, 0x1000
        loop    .wide
        mov     dword [POINTERS], DIRECTORY | 1
        mov     dword [DIRECTORY], IDENTITY | 7
        mov     dword [DIRECTORY + 8], TABLE | 7
        mov     byte [DATA], 0xC3
        mov     byte [DATA + 0x1000], 0xC3

        ; ----- Turning it on.
        TEST    "cr4"
        SET     cr4, 0x20               ; PAE
        DONE
        mov     dword [POINTERS + 24], 3
        mov     eax, POINTERS
        mov     cr3, eax
        TEST    "paging with a bad pointer"
        SET     cr0, 0x80000000
        DONE
        TEST    "cr0 after that"
        mov     eax, cr0
        and     eax, 0x80000001
        SHOW    eax
        DONE
        mov     dword [POINTERS + 24], 0
        TEST    "paging"
        SET     cr0, 0x80000000
        DONE

        ; ----- Pointers.
        mov     dword [BAD], DIRECTORY | 1
        BADPOINTER "pointer bit 1", 0, 3
        BADPOINTER "pointer bit 2", 0, 5
        BADPOINTER "pointer bit 5", 0, 0x21
        BADPOINTER "pointer bit 8", 0, 0x101
        BADPOINTER "pointer bit 62", 0x40000000, 1
        BADPOINTER "pointer bit 63", 0x80000000, 1
        BADPOINTER "pointer not present", 0xFFFFFFFF, 0xFFFFFFFE
        BADPOINTER "pointer pwt pcd avl", 0, 0xE19
        TEST    "cr3 of 32 bytes"
        mov     dword [BAD + 32], DIRECTORY | 1
        mov     dword [BAD], 0
        mov     eax, BAD + 32 + 0x18
        mov     cr3, eax
        DONE
        mov     eax, POINTERS
        mov     cr3, eax
        TEST    "gigabyte not mapped"
        mov     eax, [0x40000004]
        DONE
        ; On one page, for an emulator that walks the broken tables.
        align   256
        TEST    "pointers are held"
        PAGE    0, 0, DATA | 7
        mov     dword [POINTERS], 0
        invlpg  [ONE]
        mov     eax, [ONE]
        mov     dword [POINTERS], DIRECTORY | 1
        DONE
        mov     dword [POINTERS], DIRECTORY | 1
        call    flush

        ; ----- Pages of 4 KiB, without execute-disable.
        ACCESSES "page", 0, DATA | 7
        ACCESSES "absent", 0, DATA | 6
        ACCESSES "absent with all bits", 0xFFFFFFFF, 0xFFFFFFFE
        ACCESSES "read-only", 0, DATA | 5
        ACCESSES "supervisor", 0, DATA | 3
        ACCESSES "supervisor read-only", 0, DATA | 1
        ACCESSES "bit 45", 0x2000, DATA | 7
        ACCESSES "bit 62", 0x40000000, DATA | 7
        ACCESSES "bit 63 reserved", NX, DATA | 7
        ACCESSES "bit 62 supervisor", 0x40000000, DATA | 1
        ACCESSES "pat", 0, DATA | 0x87
        SET     cr0, 0x10000            ; WP
        ACCESSES "wp read-only", 0, DATA | 5
        ACCESSES "wp supervisor read-only", 0, DATA | 1
        CLEAR   cr0, 0x10000
        DIR     1, 0, TABLE | 5
        ACCESSES "directory read-only", 0, DATA | 7
        DIR     1, 0, TABLE | 3
        ACCESSES "directory supervisor", 0, DATA | 7
        DIR     1, 0x40000000, TABLE | 7
        ACCESSES "directory bit 62", 0, DATA | 7
        DIR     1, NX, TABLE | 7
        ACCESSES "directory bit 63 reserved", 0, DATA | 7
        DIR     1, 0, TABLE | 7

        ; ----- Two pages.
        PAGE    0, 0, DATA | 7
        PAGE    1, 0, 0
        TEST    "across into absent read"
        mov     eax, [ONE + 0xFFE]
        DONE
        TEST    "across into absent write"
        mov     dword [ONE + 0xFFD], -1
        DONE
        TEST    "nothing written"
        SHOW    [ONE + 0xFFC]
        DONE
        PAGE    0, 0, 0
        PAGE    1, 0, (DATA + 0x1000) | 7
        TEST    "across from absent"
        mov     eax, [ONE + 0xFFF]
        DONE

        ; ----- Execute-disable.
        mov     ecx, EFER
        xor     edx, edx
        mov     eax, NXE
        wrmsr
        ACCESSES "nx", NX, DATA | 7
        ACCESSES "nx read-only", NX, DATA | 5
        ACCESSES "nx supervisor", NX, DATA | 3
        ACCESSES "nxe absent", 0, DATA | 6
        ACCESSES "nxe bit 62", 0x40000000, DATA | 7
        ACCESSES "nxe supervisor", 0, DATA | 3
        DIR     1, NX, TABLE | 7
        ACCESSES "directory nx", 0, DATA | 7
        DIR     1, 0, TABLE | 7
        ; An instruction that begins in an executable page and ends in another.
        PAGE    0, 0, DATA | 7
        PAGE    1, NX, (DATA + 0x1000) | 7
        mov     word [ONE + 0xFFE], 0xB890
        mov     dword [ONE + 0x1000], 0xC3000000
        TEST    "instruction across into nx"
        call    ONE + 0xFFE
        DONE
        mov     byte [ONE + 0xFFF], 0x90
        TEST    "running into nx"
        call    ONE + 0xFFE
        DONE
        TEST    "nx is for fetches only"
        USER
        mov     es, ax
        mov     esi, ONE + 0x1000
        mov     edi, ONE + 0x1100
        mov     ecx, 4
        rep     movsd
        ud2
        DONE

        ; ----- Pages of 2 MiB, whatever CR4.PSE says. They map the first 2 MiB again.
        LARGES  "2 MiB", 0, 0x87
        LARGES  "2 MiB read-only", 0, 0x85
        LARGES  "2 MiB supervisor", 0, 0x83
        LARGES  "2 MiB nx", NX, 0x87
        LARGES  "2 MiB pat", 0, 0x1087
        LARGES  "2 MiB bit 13", 0, 0x2087
        LARGES  "2 MiB bit 20", 0, 0x100087
        LARGES  "2 MiB bit 45", 0x2000, 0x87

        ; ----- Translations that must be gone.
        PAGE    0, 0, DATA | 7
        mov     eax, [ONE]
        mov     dword [TABLE], 0
        TEST    "invlpg"
        invlpg  [ONE + 0xFFF]
        mov     eax, [ONE]
        DONE
        PAGE    0, 0, DATA | 7
        mov     eax, [ONE]
        mov     dword [TABLE], 0
        TEST    "mov cr3"
        call    flush
        mov     eax, [ONE]
        DONE
        DIR     2, 0, 0x87
        mov     eax, [LARGE + DATA]
        mov     dword [DIRECTORY + 16], 0
        TEST    "invlpg in large page"
        invlpg  [LARGE + 0x1FFFFF]
        mov     eax, [LARGE + DATA]
        DONE
        SET     cr4, 0x80               ; PGE
        PAGE    0, 0, DATA | 0x107
        mov     eax, [ONE]
        mov     dword [TABLE], 0
        TEST    "cr4.pge"
        CLEAR   cr4, 0x80
        mov     eax, [ONE]
        DONE
        PAGE    0, 0, DATA | 7
        mov     eax, [ONE]
        TEST    "write after right taken and invlpg"
        mov     dword [TABLE], DATA | 5
        invlpg  [ONE]
        USER
        mov     [ONE], eax
        DONE
        PAGE    0, 0, DATA | 5
        TEST    "write after right given"
        mov     eax, [ONE]
        mov     dword [TABLE], DATA | 7
        invlpg  [ONE]
        USER
        mov     [ONE], eax
        ud2
        DONE
        PAGE    0, 0, DATA | 0x27
        TEST    "dirty after read"
        mov     eax, [ONE]
        SHOW    [TABLE]
        mov     [ONE + 4], eax
        SHOW    [TABLE]
        DONE

        ; ----- Without PAE, pages of 4 MiB.
        mov     ecx, EFER
        xor     edx, edx
        xor     eax, eax
        wrmsr
        CLEAR   cr0, 0x80000000
        CLEAR   cr4, 0x20
        mov     edi, NARROWTABLE
        mov     eax, 7
        mov     ecx, 1024
.narrow: stosd
        add     eax, 0x1000
        loop    .narrow
        mov     dword [NARROW], NARROWTABLE | 7
        mov     eax, NARROW
        mov     cr3, eax
        SET     cr0, 0x80000000
        mov     dword [NARROW + 4], NARROWTABLE | 0x87
        TEST    "size bit without pse"
        mov     eax, [LARGE + DATA]
        SHOW    [NARROW + 4]
        DONE
        SET     cr4, 0x10               ; PSE
        TEST    "size bit with pse"
        mov     eax, [LARGE + DATA]
        DONE
        mov     dword [NARROW + 4], 0x87
        call    flush
        TEST    "4 MiB read"
        mov     eax, [LARGE + DATA]
        SHOW    [NARROW + 4]
        DONE
        TEST    "4 MiB write"
        mov     [LARGE + DATA + 4], eax
        SHOW    [NARROW + 4]
        DONE
        mov     dword [NARROW + 4], 0x85
        call    flush
        TEST    "4 MiB read-only"
        USER
        mov     [LARGE + DATA + 4], eax
        DONE
        mov     dword [NARROW + 4], 0x20087
        call    flush
        TEST    "4 MiB bit 17"
        mov     eax, [LARGE + DATA]
        DONE
        mov     dword [NARROW + 4], 0x200087
        call    flush
        TEST    "4 MiB bit 21"
        USER
        mov     [LARGE + DATA], eax
        DONE
        CLEAR   cr0, 0x80000000

        ; ----- sysenter and sysexit.
        TEST    "sysenter without cs"
        sysenter
        DONE
        TEST    "sysexit without cs"
        sysexit
        DONE
        mov     ecx, 0x174
        xor     edx, edx
        mov     eax, CODE0 | 3
        wrmsr
        inc     ecx
        mov     eax, STACK0 - 0x800
        wrmsr
        inc     ecx
        mov     eax, LINEAR(entered)
        wrmsr
        TEST    "sysenter"
        USER
        stc
        std
        sysenter
        DONE
        TEST    "sysenter from v86"
        V86     0, 0x4202
        sysenter
        DONE16
        TEST    "sysenter trapped"
        mov     dword [target], entered
        USER
        push    dword 0x102
        popf
        sysenter
        DONE
        TEST    "sysexit"
        mov     dword [target], left
        mov     edx, LINEAR(left)
        mov     ecx, STACK3 - 4
        sysexit
        DONE
        TEST    "sysexit from user"
        USER
        sysexit
        DONE
        TEST    "sysexit from v86"
        V86     3
        sysexit
        DONE16

        ; ----- Model-specific registers.
        WRITEMSR "efer bit 9", EFER, 0, 0x200
        WRITEMSR "efer upper", EFER, 1, 0
        WRITEMSR "efer nxe", EFER, 0, NXE
        WRITEMSR "efer zero", EFER, 0, 0
        WRITEMSR "pat", 0x277, 0x00010406, 0x07060504
        WRITEMSR "pat type 2", 0x277, 0, 2
        WRITEMSR "pat type 3", 0x277, 0x03000000, 0
        WRITEMSR "pat type 8", 0x277, 0, 0x800
        WRITEMSR "sysenter cs", 0x174, 0, 0x12345678
        WRITEMSR "unknown", 0x12345, 0, 0
        TEST    "unknown read"
        mov     ecx, 0x12345
        rdmsr
        DONE
        TEST    "rdmsr user"
        USER
        mov     ecx, 0x10
        rdmsr
        DONE
        TEST    "wrmsr v86"
        V86     3
        mov     ecx, 0x10
        wrmsr
        DONE16

        ; ----- Control registers.
        TEST    "cr0 nw without cd"
        SET     cr0, 0x20000000
        DONE
        CLEAR   cr0, 0x20000000
        TEST    "cr1"
        db      0x0F, 0x20, 0xC8
        DONE
        TEST    "cr5"
        db      0x0F, 0x22, 0xE8
        DONE
        TEST    "lmsw cannot clear pe"
        xor     eax, eax
        lmsw    ax
        smsw    eax
        and     eax, 0xF
        SHOW    eax
        DONE
        TEST    "rsm"
        rsm
        DONE
        SET     cr4, 4                  ; TSD
        TEST    "rdtsc with tsd"
        rdtsc
        DONE
        TEST    "rdtsc user with tsd"
        USER
        rdtsc
        DONE
        TEST    "rdpmc user"
        USER
        xor     ecx, ecx
        rdpmc
        DONE
        TEST    "rdpmc 99"
        mov     ecx, 99
        rdpmc
        DONE
        jmp     finish

; Page 0 with the entry [upper]:[lower]. ESI: name.
accesses:
        mov     [name], esi
        call    again
        TEST    " read"
        mov     eax, [ONE + 0x10]
        SHOW    [TABLE]
        DONE
        call    again
        TEST    " write"
        mov     [ONE + 0x20], eax
        SHOW    [TABLE]
        DONE
        call    again
        TEST    " execute"
        call    ONE
        SHOW    [TABLE]
        DONE
        call    again
        TEST    " user read"
        USER
        mov     eax, [ONE + 0x10]
        ud2
        DONE
        call    again
        TEST    " user write"
        USER
        mov     [ONE + 0x20], eax
        ud2
        DONE
        call    again
        TEST    " user execute"
        USER
        call    ONE
        ud2
        DONE
        PAGE    0, 0, 0
        ret
again:  mov     esi, [name]
        call    puts
        mov     dword [TABLE], 0
        mov     eax, [upper]
        mov     [TABLE + 4], eax
        mov     eax, [lower]
        mov     [TABLE], eax
        invlpg  [ONE]
        ret

; The 2 MiB from LARGE on with the entry [upper]:[lower]. ESI: name.
larges: mov     [name], esi
        call    again_large
        TEST    " read"
        mov     eax, [LARGE + DATA + 0x10]
        SHOW    [DIRECTORY + 16]
        DONE
        call    again_large
        TEST    " write"
        mov     [LARGE + DATA + 0x20], eax
        SHOW    [DIRECTORY + 16]
        DONE
        call    again_large
        TEST    " execute"
        call    LARGE + DATA
        DONE
        call    again_large
        TEST    " user write"
        USER
        mov     [LARGE + DATA + 0x20], eax
        ud2
        DONE
        DIR     2, 0, 0
        ret
again_large:
        mov     esi, [name]
        call    puts
        mov     dword [DIRECTORY + 16], 0
        mov     eax, [upper]
        mov     [DIRECTORY + 20], eax
        mov     eax, [lower]
        mov     [DIRECTORY + 16], eax
        jmp     flush

name:   dd      0
upper:  dd      0
lower:  dd      0

flush:  FLUSH
        ret

        align   64
code:
entered: pushfd
        mov     eax, [esp]
        SAY     " entered"
        SHOW    eax, cs, ss, esp
        mov     dword [ss:target], .end
.end:   ud2
        align   64
left:   ud2

        GDT
        END
