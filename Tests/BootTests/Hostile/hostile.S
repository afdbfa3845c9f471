# A PC's BIOS at its worst, for tests: a boot sector that hooks the BIOS of the machine it runs on and then boots the
# second disk as if it were the first.
#
# The hooks stay at the top of base memory, as boot managers and disk overlays do. What they do is chosen by the bits of
# `options`, which the test sets in the assembled file (the word at offset 4 of the sector). Every hooked call first does
# what the real BIOS does, and then spoils what a BIOS may spoil: those of the world's BIOSes that come with such habits
# are listed in Ralf Brown's interrupt list and in the source of every boot loader.
.intel_syntax noprefix
.code16

.equ no_extensions, 1       # int 13h/41h-48h do not exist
.equ bad_map, 2             # int 15h/E820h: unsorted, overlapping, with empty, wrapping and unknown entries
.equ no_e820, 4             # int 15h/E820h does not exist
.equ no_e801, 8             # int 15h/E801h does not exist
.equ no_a20, 16             # int 15h/24xxh does not exist
.equ clobber, 32            # registers that carry no result come back as junk, the direction flag set
.equ no_block_move, 64      # int 15h/87h does not exist

.equ resident_sectors, 3
.equ resident_kilobytes, 2

.global start
start:
        jmp     short begin
        nop
        nop
options:
        .word   0

begin:
        cli
        cld
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7C00
        sti
        # Take memory from the top of base memory, as int 12h and the BIOS data area tell it.
        mov     ax, [0x413]
        sub     ax, resident_kilobytes
        mov     [0x413], ax
        shl     ax, 6
        # Such a segment that the offsets are those of the linked file.
        sub     ax, 0x7E00 >> 4
        mov     es, ax
        mov     bx, offset resident
        mov     ax, 0x0200 + resident_sectors
        mov     cx, 0x0002
        mov     dh, 0
        int     0x13
        jc      failed
        mov     ax, [options]
        mov     es:[resident_options], ax
        # Hook int 10h, 13h and 15h.
        cli
        mov     eax, [0x10 * 4]
        mov     es:[old10], eax
        mov     eax, [0x13 * 4]
        mov     es:[old13], eax
        mov     eax, [0x15 * 4]
        mov     es:[old15], eax
        mov     word ptr [0x10 * 4], offset hook10
        mov     word ptr [0x13 * 4], offset hook13
        mov     word ptr [0x15 * 4], offset hook15
        mov     [0x10 * 4 + 2], es
        mov     [0x13 * 4 + 2], es
        mov     [0x15 * 4 + 2], es
        sti
        # Read the boot sector of what is disk 80h now, from a copy of this code that it does not overwrite.
        mov     si, offset chain
        mov     di, 0x0600
        xor     ax, ax
        mov     es, ax
        mov     cx, 64
        rep movsb
        .byte   0xEA
        .word   0x0600, 0

chain:
        mov     ax, 0x0201
        mov     bx, 0x7C00
        mov     cx, 1
        mov     dx, 0x0080
        xor     si, si
        mov     es, si
        int     0x13
        jc      1f
        # The clobbering hook may have changed the segments.
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     dl, 0x80
        .byte   0xEA
        .word   0x7C00, 0
1:      hlt
        jmp     1b
chain_end:

failed:
        hlt
        jmp     failed

.org 510
        .word   0xAA55

# What stays in memory.
resident:
old10:  .long   0
old13:  .long   0
old15:  .long   0
resident_options:
        .word   0
saved_call:
        .word   0               # AX of the call, by which a hook knows the registers that carry results

hook10:
        pushf
        call    cs:[old10]
        test    byte ptr cs:[resident_options], clobber
        jz      1f
        # Teletype output returns nothing; other functions may.
        cmp     ah, 0x0E
        jne     1f
        mov     ebp, 0xBADB1054
        mov     esi, 0xBAD51054
        mov     edi, 0xBADD1054
1:      iret

hook13:
        test    byte ptr cs:[resident_options], no_extensions
        jz      1f
        cmp     ah, 0x41
        jb      1f
        cmp     ah, 0x48
        ja      1f
        mov     ah, 1
        jmp     fail
1:      # Disks 80h and 81h change places.
        cmp     dl, 0x80
        jb      2f
        cmp     dl, 0x81
        ja      2f
        xor     dl, 1
2:      mov     cs:[saved_call], ax
        pushf
        call    cs:[old13]
        pushf
        cmp     byte ptr cs:[saved_call + 1], 0x08
        je      3f
        cmp     byte ptr cs:[saved_call + 1], 0x15
        je      3f
        test    byte ptr cs:[resident_options], clobber
        jnz     4f
        cmp     byte ptr cs:[saved_call + 1], 0x41
        je      3f
        cmp     dl, 0x80
        jb      3f
        xor     dl, 1
3:      popf
        jmp     done
4:      # Reads and writes return AX and the carry flag; 41h also BX, CX and DH.
        cmp     byte ptr cs:[saved_call + 1], 0x41
        je      5f
        mov     ebx, 0xBADB0013
        mov     ecx, 0xBADC0013
        mov     edx, 0xBADD0013
5:      mov     esi, 0xBAD50013
        mov     edi, 0xBADD0013
        mov     ebp, 0xBADB0013
        push    0x1234
        pop     ds
        push    0x5678
        pop     es
        popf
        jmp     done_clobbered

hook15:
        cmp     ax, 0xE820
        je      map
        cmp     ax, 0xE801
        je      e801
        cmp     ah, 0x24
        je      a20
        cmp     ah, 0x87
        je      block_move
old15_call:
        pushf
        call    cs:[old15]
        jmp     done
e801:   test    byte ptr cs:[resident_options], no_e801
        jz      old15_call
        jmp     unsupported
a20:    test    byte ptr cs:[resident_options], no_a20
        jz      old15_call
        jmp     unsupported
block_move:
        test    byte ptr cs:[resident_options], no_block_move
        jz      old15_call
        jmp     unsupported

map:    test    byte ptr cs:[resident_options], no_e820
        jnz     unsupported
        test    byte ptr cs:[resident_options], bad_map
        jz      old15_call
        # The continuation value is an arbitrary number to the caller: here the offset of the entry plus a constant. Such
        # a map ends with an error after its last entry, as some do, instead of with the continuation value 0.
        push    si
        mov     si, offset map_entries
        test    ebx, ebx
        jz      1f
        mov     si, bx
        sub     si, 0x4000
1:      cmp     si, offset map_end
        pop     si
        jae     unsupported
        push    ds
        push    si
        push    di
        push    cs
        pop     ds
        mov     si, offset map_entries
        test    ebx, ebx
        jz      2f
        mov     si, bx
        sub     si, 0x4000
2:      mov     cx, 20
        cld
        rep movsb
        movzx   ebx, si
        add     ebx, 0x4000
        pop     di
        pop     si
        pop     ds
        mov     ecx, 20
        mov     eax, 0x534D4150
        clc
        jmp     done

unsupported:
        mov     ah, 0x86
fail:   stc
# Returns with the carry flag of now, and the caller's other flags.
done:
        push    bp
        mov     bp, sp
        jc      1f
        and     byte ptr [bp + 6], 0xFE
        pop     bp
        iret
1:      or      byte ptr [bp + 6], 1
        pop     bp
        iret
# The same, and the direction flag comes back set.
done_clobbered:
        push    bp
        mov     bp, sp
        jc      1f
        and     byte ptr [bp + 6], 0xFE
        jmp     2f
1:      or      byte ptr [bp + 6], 1
2:      or      byte ptr [bp + 7], 0x04
        mov     bp, 0xBAD0
        add     sp, 2
        iret

.macro region base, length, type
        .quad   \base, \length
        .long   \type
.endm
# The memory of a machine with 16 MiB, told badly. Usable in the end: 0-9F000h and 100000h-F00000h.
map_entries:
        region  0x0000000000F00000, 0x0000000000100000, 3    # ACPI data on top of RAM that is said to be usable below
        region  0x0000000000100000, 0x0000000000F00000, 1    # RAM to 16 MiB
        region  0x0000000000000000, 0x000000000009F000, 1
        region  0x0000000000400000, 0x0000000000400000, 1    # again a part of it
        region  0x00000000000E0000, 0x0000000000020000, 2
        region  0x0000000000500000, 0x0000000000000000, 2    # empty
        region  0x000000000009F000, 0x0000000000001000, 2
        region  0xFFFFFFFFFFFFF000, 0x0000000000002000, 1    # wraps
        region  0x0000000000EFF800, 0x0000000000001000, 12   # of a kind that nobody knows
        region  0x00000000FFFC0000, 0x0000000000040000, 2
map_end:

.org 512 + 512 * resident_sectors
