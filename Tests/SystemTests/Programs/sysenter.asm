; Fast system calls (SDM vol. 2, SYSENTER and SYSEXIT).

%include "system.inc"

%macro  MSR 2
        mov     ecx, %1
        xor     edx, edx
        mov     eax, %2
        wrmsr
%endmacro
SYSENTER_CS equ 0x174
SYSENTER_ESP equ 0x175
SYSENTER_EIP equ 0x176

program:
        mov     dword [target], entry
        MSR     SYSENTER_CS, FAST0
        MSR     SYSENTER_ESP, STACK2 - 0x100
        MSR     SYSENTER_EIP, LINEAR(entry)
        TEST    "msrs"
        mov     ecx, SYSENTER_CS
        rdmsr
        SHOW    eax, edx
        mov     ecx, SYSENTER_ESP
        rdmsr
        sub     eax, STACK2
        SHOW    eax
        DONE
        TEST    "sysenter from level 3"
        mov     dword [flags_shown], 0x3F7FD5 & ~0x10000
        REGISTERS EAX_ | ECX_ | EDX_ | SREGS_
        mov     dword [hook], .entered3
        push    dword DATA3
        push    dword STACK3
        push    dword 0x00043ED7
        push    dword CODE3
        push    dword .user
        mov     eax, 0x11
        mov     ecx, 0x22
        mov     edx, 0x33
        iret
.user:  sysenter
.entered3:
        call    selectors
        jmp     abandon
        DONE
        TEST    "sysenter from level 0"
        mov     dword [hook], .entered0
        sysenter
.entered0:
        call    selectors
        jmp     abandon
        DONE
        TEST    "sysenter from v86"
        mov     dword [hook], .enteredv
        V86     0, 0x202
        sysenter
        bits    32
.enteredv:
        call    selectors
        jmp     abandon
%$next: call    newline
        %pop
        ; SS is flat, whatever the descriptors say.
        TEST    "segments are flat"
        mov     dword [hook], .flat
        mov     ecx, SYSENTER_EIP
        xor     edx, edx
        mov     eax, .limit
        wrmsr
        sysenter
.limit: mov     eax, [ss:0xFFFFFFF0]
        mov     [cs:DATA], eax
.flat:  jmp     abandon
        DONE
        MSR     SYSENTER_EIP, LINEAR(entry)

        TEST    "sysexit"
        mov     dword [flags_shown], 0x3F7FD5 & ~0x10000
        REGISTERS SREGS_
        push    dword 0x3ED7 & ~0x3000
        popf
        mov     edx, entry
        mov     ecx, STACK3 - 0x40
        sysexit
        DONE
        push    dword 2
        popf
        TEST    "sysexit from level 3"
        USER
        sysexit
        DONE
        MSR     SYSENTER_CS, FAST0 | 3
        TEST    "cs with rpl"
        mov     dword [hook], .rpl
        sysenter
.rpl:   call    selectors
        jmp     abandon
        DONE
        MSR     SYSENTER_CS, 3
        TEST    "sysenter cs null"
        sysenter
        DONE
        TEST    "sysexit cs null"
        mov     edx, entry
        mov     ecx, STACK3
        sysexit
        DONE
        TEST    "sysenter cs null from level 3"
        USER
        sysenter
        DONE
        MSR     SYSENTER_CS, 0
        TEST    "msr from level 3"
        USER
        mov     ecx, SYSENTER_CS
        rdmsr
        DONE
        TEST    "sysexit lock"
        db      0xF0
        sysexit
        DONE
        jmp     finish

selectors:                              ; of the code that `report` interrupted
        SAY     " cs ss"
        SHOWW   [ebp + 44]
        mov     eax, ss
        SHOW    eax
        ret
entry:  ud2
        ud2

        GDT
FAST0   equ     $ - gdt                 ; four in a row; what they say does not matter
        SEGMENT FASTCODE0, 0x1234, 0x10, 0x00, 0
        SEGMENT FASTDATA0, 0, 0xFFFFF, 0x93, 0xC
        SEGMENT FASTCODE3, 0x1234, 0x10, 0x00, 0
        SEGMENT FASTDATA3, 0x1234, 0x10, 0x00, 0
        END
