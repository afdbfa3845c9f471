// int 15h: memory size (88h, E801h, E820h), the A20 gate (24h) and the block move (87h).

#include "realmode.inc"

    .globl system_a20, system_move_block, system_extended_memory, system_memory_e801, system_memory_e820

// Tests of the A20 gate before it counts as stuck.
#define A20_WAIT_LIMIT 0x80000

// AH=88: AX = KiB above 1 MB, as far as a word goes.
system_extended_memory:
    load_ebda ds
    mov ax, [EBDA_KB_TO_16MB]
    cmp word ptr [EBDA_64KB_ABOVE_16MB], 0
    je 1f
    movzx eax, word ptr [EBDA_64KB_ABOVE_16MB]
    shl eax, 6
    add eax, 15 * 1024
    cmp eax, 0xFFFF
    jbe 1f
    mov ax, 0xFC00              // 63 MB: what programs of that age expect of more
1:  mov [bp + FRAME_AX], ax
    leave_service

// AX=E801: AX = CX = KiB from 1 to 16 MB, BX = DX = 64 KiB blocks above.
system_memory_e801:
    load_ebda ds
    mov ax, [EBDA_KB_TO_16MB]
    mov [bp + FRAME_AX], ax
    mov [bp + FRAME_CX], ax
    mov ax, [EBDA_64KB_ABOVE_16MB]
    mov [bp + FRAME_BX], ax
    mov [bp + FRAME_DX], ax
    leave_service

// AX=E820: EDX = 'SMAP', EBX = 0 or what the last call returned, ECX = room, ES:DI = buffer (ACPI, section 15.1).
system_memory_e820:
    load_ebda ds
    cmp edx, 0x534D4150
    jne 9f
    cmp ecx, E820_ENTRY_SIZE
    jb 9f
    movzx eax, word ptr [EBDA_E820_COUNT]
    cmp ebx, eax
    jae 9f
    imul si, bx, E820_ENTRY_SIZE
    add si, EBDA_E820_TABLE
    mov cx, E820_ENTRY_SIZE / 4
    rep movsd
    inc ebx
    cmp ebx, eax
    jb 1f
    xor ebx, ebx                // that was the last one
1:  mov [bp + FRAME_BX], ebx
    mov dword ptr [bp + FRAME_CX], E820_ENTRY_SIZE
    mov dword ptr [bp + FRAME_AX], 0x534D4150
    leave_service
9:  mov byte ptr [bp + FRAME_AH], 0x86
    return_carry
    leave_service

// AH=24: AL = 0 off, 1 on, 2 status, 3 which ways there are.
system_a20:
    cmp al, 3
    ja 9b
    je 3f
    cmp al, 2
    je 2f
    callw set_a20
    callw test_a20
    cmp al, [bp + FRAME_AL]
    mov byte ptr [bp + FRAME_AH], 0
    je 1f
    mov byte ptr [bp + FRAME_AH], 0x01  // the gate does not obey
    return_carry
1:  leave_service
2:  callw test_a20
    mov [bp + FRAME_AL], al
    mov byte ptr [bp + FRAME_AH], 0
    leave_service
3:  mov word ptr [bp + FRAME_BX], 0x0003 // keyboard controller and port 92h
    mov byte ptr [bp + FRAME_AH], 0
    leave_service

// AL = 1 if A20 is on: does 0000:04F0, free for programs to use, differ from its mirror 1 MB higher?
test_a20:
    pushf
    cli
    push ds
    push es
    push 0
    pop ds
    push 0xFFFF
    pop es
    mov bx, [0x4F0]
    mov cx, es:[0x500]
    mov ax, bx
    not ax
    mov es:[0x500], ax
    cmp [0x4F0], bx             // unchanged: two different cells
    mov es:[0x500], cx
    mov [0x4F0], bx
    sete al
    pop es
    pop ds
    popf
    retw

// AL = 1 on, 0 off, by port 92h and by the keyboard controller's output port, which some machines combine.
set_a20:
    pushf
    cli
    mov bl, al
    shl bl, 1
    in al, 0x92
    and al, 0xFC                // bit 0 would reset the processor
    or al, bl
    out 0x92, al
    callw wait_keyboard_controller
    mov al, 0xD1
    out 0x64, al
    callw wait_keyboard_controller
    mov al, 0xDD
    or al, bl
    out 0x60, al
    callw wait_keyboard_controller
    // Some gates take their time.
    shr bl, 1
    push ecx
    mov ecx, A20_WAIT_LIMIT
1:  push bx
    push ecx
    callw test_a20
    pop ecx
    pop bx
    cmp al, bl
    je 2f
    dec ecx
    jnz 1b
2:  pop ecx
    popf
    retw

wait_keyboard_controller:
    push cx
    mov cx, 0xFFFF
1:  in al, 0x64
    test al, 2
    jz 2f
    loop 1b
2:  pop cx
    retw

// AH=87: ES:SI = table with descriptors of source (10h) and destination (18h), CX = words.
//
// The only service that cannot do without protected mode. It stays there for a handful of instructions, just long
// enough to give DS and ES a 4 GB limit, and copies in real mode with 32-bit addresses. A caller who had such limits
// before keeps them; one who had not will not notice. In virtual-8086 mode it refuses: there the memory manager
// answers this function itself.
system_move_block:
    smsw ax
    test al, 1
    jnz 8f
    cmp cx, 0x8000
    ja 7f
    callw test_a20_keep
    push ax
    mov al, 1
    callw set_a20
    mov si, [bp + FRAME_SI]
    mov edi, es:[si + 0x18 + 2] // base 0-23 in bytes 2-4, 24-31 in byte 7
    and edi, 0x00FFFFFF
    movzx eax, byte ptr es:[si + 0x18 + 7]
    shl eax, 24
    or edi, eax
    movzx eax, byte ptr es:[si + 0x10 + 7]
    mov esi, es:[si + 0x10 + 2]
    and esi, 0x00FFFFFF
    shl eax, 24
    or esi, eax
    movzx ecx, word ptr [bp + FRAME_CX]

    cli
    lgdt cs:[flat_gdt_pointer]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp 1f                      // empty the prefetch queue of a 386
1:  mov bx, 8
    mov ds, bx
    mov es, bx
    and al, 0xFE
    mov cr0, eax
    jmp 2f
2:  xor ax, ax
    mov ds, ax
    mov es, ax
    .byte 0x67                  // rep movsw with ESI, EDI, ECX
    rep movsw

    pop ax
    test al, al
    jnz 3f
    callw set_a20
3:  mov byte ptr [bp + FRAME_AH], 0
    leave_service
7:  mov ah, 0x02                // bad length
    jmp 9f
8:  mov ah, 0x03                // the processor is already in protected mode
9:  mov [bp + FRAME_AH], ah
    return_carry
    leave_service

test_a20_keep:
    push cx
    callw test_a20
    pop cx
    retw

    .balign 8
flat_gdt:
    .quad 0
    .quad 0x00CF93000000FFFF    // 4 GB, read/write, accessed (the ROM cannot be written)
flat_gdt_end:
flat_gdt_pointer:
    .word flat_gdt_end - flat_gdt - 1
    .long flat_gdt + 0xF0000
