/*
 * A PC's BIOS at its worst, for tests: the first disk of a machine, which hooks the BIOS it runs on and then boots the
 * second disk as if that were the first.
 *
 * The hooks stay at the top of base memory, as disk overlays and boot managers do. What they do is chosen by the bits of
 * the word at offset 4 of the sector, which the test sets. A call first does what the real BIOS does and then spoils what
 * BIOSes have been seen to spoil (Ralf Brown's Interrupt List; the sources of every boot loader).
 *
 * Linked at 0: the sector runs as 07C0:0, the hooks as S:200h, with S so that their addresses are offsets too.
 */
#include "code16.h"

#define NO_EXTENSIONS       0x0001      /* int 13h/41h-48h do not exist */
#define BAD_MAP             0x0002      /* E820 is unsorted, overlapping, and ends with an error */
#define NO_E820             0x0004
#define NO_E801             0x0008
#define NO_88               0x0010
#define NO_A20_SERVICE      0x0020      /* int 15h/24xxh does not exist */
#define CLOBBER             0x0040      /* registers and flags that carry no result come back as junk */
#define FLAKY_DISK          0x0080      /* every second disk transfer fails */
#define SHORT_TRANSFERS     0x0100      /* a disk transfer of more than one sector fails */
#define WRONG_DRIVE         0x0200      /* the boot sector is started with a drive number that does not exist */
#define A20_OFF             0x0400      /* A20 is off when the boot sector starts */

#define RESIDENT_SECTORS    2
#define RESIDENT_KILOBYTES  1
#define BASE_MEMORY         0x413       /* KB, in the BIOS data area */
#define TIMER_TICKS         0x46C       /* 18.2 a second, there too */

    .text
    .globl hostile
hostile:
    jmp     short begin
    nop
    .org    4
options:
    .word   0

begin:
    cli
    xor     ax, ax
    mov     ss, ax
    mov     sp, 0x7C00
    sti
    cld
    push    0x07C0
    push    offset normalized
    far_return
normalized:
    push    cs
    pop     ds
    xor     ax, ax
    mov     fs, ax
    mov     ax, fs:[BASE_MEMORY]
    sub     ax, RESIDENT_KILOBYTES
    mov     fs:[BASE_MEMORY], ax
    shl     ax, 6
    sub     ax, 0x20
    mov     es, ax
    mov     bx, 0x200
    mov     cx, 2
    mov     dh, 0
    mov     ax, 0x0200 + RESIDENT_SECTORS
    int     0x13
    jc      stop
    mov     ax, [options]
    mov     es:[active], ax
    test    ax, A20_OFF
    jz      1f
    mov     ax, 0x2400                  /* by the BIOS, and by port 92h in case it does not */
    int     0x15
    in      al, 0x92
    and     al, 0xFC
    out     0x92, al
    /* It may take its time: wait until 1 MB + 500h is 500h again, at most half a second. */
    mov     ax, 0xFFFF
    mov     gs, ax
    mov     ebx, fs:[TIMER_TICKS]
2:  inc     dword ptr fs:[0x500]
    mov     eax, fs:[0x500]
    cmp     eax, gs:[0x510]
    je      1f
    mov     eax, fs:[TIMER_TICKS]
    sub     eax, ebx
    cmp     eax, 9
    jb      2b
1:  cli
    mov     eax, fs:[0x10 * 4]
    mov     es:[old10], eax
    mov     eax, fs:[0x13 * 4]
    mov     es:[old13], eax
    mov     eax, fs:[0x15 * 4]
    mov     es:[old15], eax
    mov     word ptr fs:[0x10 * 4], offset hook10
    mov     fs:[0x10 * 4 + 2], es
    mov     word ptr fs:[0x13 * 4], offset hook13
    mov     fs:[0x13 * 4 + 2], es
    mov     word ptr fs:[0x15 * 4], offset hook15
    mov     fs:[0x15 * 4 + 2], es
    sti
    push    es
    push    offset chain                /* what follows replaces this sector */
    far_return
stop:
    hlt
    jmp     stop

    .org    510
    .word   0xAA55

/* Calls the BIOS as an interrupt does. The far call is spelled out: the assembler would make a near one. */
    .macro  call_bios vector
    pushf
    .byte   0x2E, 0xFF, 0x1E            /* call far cs:[vector] */
    .word   \vector
    .endm

/* Ends a hook with the flags of now instead of the caller's: interrupts off, and direction as it is. */
    .macro  return_flags
    .byte   0xCA                        /* retf 2 */
    .word   2
    .endm

old10:      .long 0
old13:      .long 0
old15:      .long 0
active:     .word 0
function:   .word 0
transfers:  .byte 0

chain:
    mov     bp, 5
2:  push    bp
    xor     ax, ax
    mov     es, ax
    mov     bx, 0x7C00
    mov     cx, 1
    mov     dx, 0x0080
    mov     ax, 0x0201
    int     0x13
    cld
    sti
    pop     bp
    jnc     3f
    dec     bp
    jnz     2b
    jmp     stop_chain
3:  mov     dx, 0x0080
    test    word ptr cs:[active], WRONG_DRIVE
    jz      4f
    mov     dx, 0xA57F
4:  push    0
    push    0x7C00
    far_return
stop_chain:
    hlt
    jmp     stop_chain

hook10:
    mov     cs:[function], ax
    call_bios old10
    test    word ptr cs:[active], CLOBBER
    jz      1f
    mov     esi, 0xBAD5BAD5
    mov     edi, 0xBADDBADD
    mov     ebp, 0xBADBBADB
    push    0x1234
    pop     ds
    push    0x4321
    pop     es
    std
1:  return_flags

hook13:
    mov     cs:[function], ax
    test    word ptr cs:[active], NO_EXTENSIONS
    jz      1f
    cmp     ah, 0x41
    jb      1f
    cmp     ah, 0x48
    ja      1f
    mov     ah, 0x01
    jmp     refuse
1:  cmp     ah, 0x02
    je      2f
    cmp     ah, 0x42
    jne     4f
    test    word ptr cs:[active], SHORT_TRANSFERS
    jz      3f
    cmp     word ptr [si + 2], 1
    ja      too_long
    jmp     3f
2:  test    word ptr cs:[active], SHORT_TRANSFERS
    jz      3f
    cmp     al, 1
    ja      too_long
3:  test    word ptr cs:[active], FLAKY_DISK
    jz      4f
    xor     byte ptr cs:[transfers], 1
    jz      4f
    mov     ah, 0x80                    /* drive not ready */
    jmp     refuse
4:  cmp     dl, 0x80                    /* the first two disks change places */
    jb      5f
    cmp     dl, 0x81
    ja      5f
    xor     dl, 1
    call_bios old13
    pushf
    cmp     byte ptr cs:[function + 1], 0x08
    je      6f                          /* here DL is a result */
    xor     dl, 1
    jmp     6f
5:  call_bios old13
    pushf
6:  test    word ptr cs:[active], CLOBBER
    jz      9f
    cmp     byte ptr cs:[function + 1], 0x08
    je      8f
    cmp     byte ptr cs:[function + 1], 0x41
    je      7f
    mov     ebx, 0xBADBBADB
    mov     ecx, 0xBADCBADC
7:  mov     edx, 0xBADDBADD
    mov     edi, 0xBADDBADD
8:  mov     esi, 0xBAD5BAD5
    mov     ebp, 0xBADBBADB
    push    0x1234
    pop     ds
    push    0x4321
    pop     es
    popf
    cli
    std
    return_flags
9:  popf
    cli
    return_flags
too_long:
    mov     ah, 0x09                    /* data boundary error */
refuse:
    stc
    return_flags

hook15:
    cmp     ax, 0xE820
    je      map
    cmp     ax, 0xE801
    je      3f
    cmp     ah, 0x88
    je      4f
    cmp     ah, 0x24
    je      5f
1:  mov     cs:[function], ax
    call_bios old15
    pushf
    test    word ptr cs:[active], CLOBBER
    jz      2f
    mov     esi, 0xBAD5BAD5
    mov     edi, 0xBADDBADD
    mov     ebp, 0xBADBBADB
    push    0x1234
    pop     ds
    push    0x4321
    pop     es
    cmp     word ptr cs:[function], 0xE801
    je      2f                          /* here EDX is a result */
    mov     edx, 0xBADDBADD
2:  popf
    cli
    return_flags
3:  test    word ptr cs:[active], NO_E801
    jz      1b
    jmp     unsupported
4:  test    word ptr cs:[active], NO_88
    jz      1b
    jmp     unsupported
5:  test    word ptr cs:[active], NO_A20_SERVICE
    jz      1b
unsupported:
    mov     ah, 0x86
    stc
    return_flags

map:
    test    word ptr cs:[active], NO_E820
    jnz     unsupported
    test    word ptr cs:[active], BAD_MAP
    jz      1b
    /* The continuation value is any number the BIOS likes; after the last entry comes an error, not a zero. */
    test    ebx, ebx
    jnz     6f
    mov     ebx, 0x4000
    add     bx, offset map_entries
6:  cmp     bx, offset map_end + 0x4000
    jae     unsupported
    mov     si, bx
    sub     si, 0x4000
    mov     cx, 20
    cld
    rep     movs byte ptr es:[di], byte ptr cs:[si]
    add     ebx, 20
    mov     ecx, 20
    mov     eax, 0x534D4150
    clc
    return_flags

    .macro  region base, length, type
    .quad   \base, \length
    .long   \type
    .endm
/* The memory of a machine with 16 MB, told badly. */
map_entries:
    region  0x0000000000F00000, 0x0000000000100000, 3       /* ACPI data */
    region  0x0000000000100000, 0x0000000000F00000, 1       /* RAM, in which the ACPI data lies */
    region  0x0000000000000000, 0x000000000009F000, 1
    region  0x0000000000400000, 0x0000000000400000, 1       /* a part of it, again */
    region  0x00000000000E0000, 0x0000000000020000, 2
    region  0x0000000000500000, 0x0000000000000000, 2       /* empty */
    region  0x000000000009F000, 0x0000000000001000, 2
    region  0xFFFFFFFFFFFFF000, 0x0000000000002000, 1       /* past the end of 64 bits */
    region  0x0000000000EFF800, 0x0000000000001000, 12      /* of a type that nobody knows */
    region  0x00000000FFFC0000, 0x0000000000040000, 2
map_end:

    .org    512 + 512 * RESIDENT_SECTORS
