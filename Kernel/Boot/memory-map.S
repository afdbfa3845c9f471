/*
 * The memory map: what the BIOS says of RAM, passed on raw in boot_params.
 *
 * E820 is asked first; its entries are neither sorted nor checked here, the kernel does that. Without it the older
 * services (E801, 88h) or the CMOS are asked for one number, the KB above 1 MB, and two entries are made of it, so
 * that the kernel always finds a map. BR_MAP_SOURCE tells it which.
 */
#include "layout.h"
#include "code16.h"

    .section .setup, "ax"
    .globl find_memory

#define SMAP    0x534D4150

find_memory:
    call    bios_12                         /* KB of conventional memory */
    mov     ax, word ptr [answer_ax]
    mov     [BR_CONVENTIONAL_KB], ax

    /* 88h is asked in any case: screen_info has a place for its answer. */
    mov     ah, 0x88
    call    bios_15
    jc      1f
    mov     ax, word ptr [answer_ax]
    mov     [BOOT_PARAMETERS + BP_EXTENDED_KB], ax
1:  call    ask_e801

    mov     byte ptr [BR_MAP_SOURCE], MAP_E820
    call    ask_e820
    jnz     done

    mov     byte ptr [BR_MAP_SOURCE], MAP_E801
    mov     eax, [BOOT_PARAMETERS + BP_ALTERNATIVE_KB]
    test    eax, eax
    jnz     make_map
    mov     byte ptr [BR_MAP_SOURCE], MAP_88
    movzx   eax, word ptr [BOOT_PARAMETERS + BP_EXTENDED_KB]
    test    eax, eax
    jnz     make_map
    mov     byte ptr [BR_MAP_SOURCE], MAP_CMOS
    call    ask_cmos

/* Two entries: conventional memory, and EAX KB above 1 MB. */
make_map:
    mov     di, BOOT_PARAMETERS + BP_E820_MAP
    movzx   ecx, word ptr [BR_CONVENTIONAL_KB]
    shl     ecx, 10
    mov     [di + 8], ecx
    mov     byte ptr [di + 16], 1
    mov     dword ptr [di + 20], 0x100000
    cmp     eax, 0x3FFFFF                   /* KB that still fit 32 bits as bytes */
    jbe     1f
    mov     eax, 0x3FFFFF
1:  shl     eax, 10
    mov     [di + 28], eax
    mov     byte ptr [di + 36], 1
    mov     byte ptr [BOOT_PARAMETERS + BP_E820_COUNT], 2
done:
    ret

/* E820. Out: zero flag set if the BIOS has no map. A map that turns invalid half-way is no map (ACPI 6.4, 15.1). */
ask_e820:
    xor     ebx, ebx                        /* continuation value */
    mov     bp, BOOT_PARAMETERS + BP_E820_MAP
    xor     si, si                          /* entries */
1:  mov     di, BIOS_BUFFER
    mov     cx, E820_ENTRY_SIZE / 4
    xor     eax, eax
    rep     stosd
    mov     di, BIOS_BUFFER
    mov     eax, 0xE820
    mov     ecx, E820_ENTRY_SIZE
    mov     edx, SMAP
    call    bios_15
    jc      3f                              /* some end the list with carry instead of a zero continuation */
    cmp     dword ptr [answer_ax], SMAP
    jne     4f
    mov     ebx, [answer_bx]
    mov     eax, [BIOS_BUFFER + 8]
    or      eax, [BIOS_BUFFER + 12]
    jz      2f                              /* an empty entry says nothing */
    push    si
    mov     si, BIOS_BUFFER
    mov     di, bp
    mov     cx, E820_ENTRY_SIZE / 4
    rep     movsd
    mov     bp, di
    pop     si
    inc     si
2:  test    ebx, ebx
    jz      3f
    cmp     si, E820_MAXIMUM
    jae     3f
    dec     word ptr [e820_patience]        /* a BIOS that never comes to an end */
    jnz     1b
3:  mov     ax, si
    mov     [BOOT_PARAMETERS + BP_E820_COUNT], al
    test    ax, ax
    ret
4:  xor     si, si
    jmp     3b

/* E801: KB between 1 and 16 MB, and 64 KB units above; in CX:DX, or in AX:BX if those are zero. */
ask_e801:
    mov     ax, 0xE801
    xor     ebx, ebx
    xor     ecx, ecx
    xor     edx, edx
    call    bios_15
    jc      2f
    movzx   eax, word ptr [answer_cx]
    movzx   edx, word ptr [answer_dx]
    mov     ecx, eax
    or      ecx, edx
    jnz     1f
    movzx   eax, word ptr [answer_ax]
    movzx   edx, word ptr [answer_bx]
1:  cmp     eax, 15 * 1024
    ja      2f                              /* nonsense */
    jb      3f                              /* with a hole below 16 MB what lies above does not continue it */
    shl     edx, 6
    add     eax, edx
3:  mov     [BOOT_PARAMETERS + BP_ALTERNATIVE_KB], eax
2:  ret

/* CMOS registers 30h/31h: KB above 1 MB as POST found them; 34h/35h: 64 KB units above 16 MB. Out: EAX. */
ask_cmos:
    mov     al, 0x31
    call    read_cmos
    mov     ah, al
    mov     al, 0x30
    call    read_cmos
    movzx   edx, ax
    mov     al, 0x35
    call    read_cmos
    mov     ah, al
    mov     al, 0x34
    call    read_cmos
    movzx   eax, ax
    cmp     edx, 15 * 1024
    jb      1f
    test    eax, eax
    jz      1f
    shl     eax, 6
    add     eax, 15 * 1024
    ret
1:  mov     eax, edx
    ret

read_cmos:
    cli
    out     0x70, al
    in      al, 0x71
    sti
    ret

    .section .setup_data, "aw"
e820_patience:
    .word   1024
