/*
 * Protected mode: short visits to reach memory above 1 MB, and the last switch, into the kernel.
 *
 * A visit runs 16-bit code in a segment with our base, so that all offsets stay valid, with DS and ES flat; interrupts
 * are off. It returns through a 64 KB data segment, so that the real-mode limits are back for the BIOS (SDM volume 3,
 * 10.9.2 "Switching Back to Real-Address Mode").
 */
#include "layout.h"
#include "code16.h"

    .section .setup, "ax"
    .globl copy_high, probe_memory, check_kernel, checksum, enter_kernel

#define CODE16  0x08
#define CODE32  0x10                        /* 10h and 18h are demanded by the boot protocol */
#define FLAT    0x18
#define DATA16  0x20

/* Enters and leaves a visit. They destroy EAX and the flags; the stack stays what it is. */
enter_visit:
    cli
    push    ebx
    xor     eax, eax
    mov     ax, cs
    shl     eax, 4
    lea     ebx, [eax + gdt]
    mov     [gdt_pointer + 2], ebx
    mov     [gdt + CODE16 + 2], ax
    mov     [gdt + DATA16 + 2], ax
    shr     eax, 16
    mov     [gdt + CODE16 + 4], al
    mov     [gdt + DATA16 + 4], al
    mov     word ptr [return_segment], cs
    pop     ebx
    lgdt    [gdt_pointer]
    mov     eax, cr0
    or      al, 1
    mov     cr0, eax
    far_jump CODE16, 1f
1:  mov     ax, DATA16
    mov     ss, ax
    mov     ax, FLAT
    mov     ds, ax
    mov     es, ax
    ret

leave_visit:
    push    eax
    mov     ax, DATA16
    mov     ds, ax
    mov     es, ax
    mov     fs, ax
    mov     gs, ax
    mov     eax, cr0
    and     al, 0xFE
    mov     cr0, eax
    .byte   0xEA                            /* jmp far base:1f */
    .word   1f
return_segment:
    .word   0
1:  mov     ax, cs
    mov     ds, ax
    mov     es, ax
    mov     ss, ax
    mov     fs, ax
    mov     gs, ax
    pop     eax
    sti
    ret

/* Copies ECX bytes (a multiple of 4) from ESI to EDI, physical addresses. Keeps all registers. */
copy_high:
    pushad
    call    enter_visit
    shr     ecx, 2
    cld
    rep     movs dword ptr es:[edi], dword ptr [esi]
    call    leave_visit
    popad
    ret

/* Is there RAM for ECX bytes from 1 MB? Looks at the last word. Out: zero flag set if so. */
probe_memory:
    pushad
    call    enter_visit
    lea     edi, [ecx + KERNEL_ADDRESS + 3]
    and     edi, 0xFFFFFFFC
    mov     ebx, 0x5AA5C33C
    mov     [edi], ebx
    not     ebx
    mov     [edi + 4], ebx                  /* another value on the bus, or it would answer for absent RAM */
    not     ebx
    mov     edx, [edi]
    call    leave_visit
    cmp     edx, ebx
    popad
    ret

/*
 * Is the kernel what mkimage wrote? A damaged kernel cannot be trusted to find out that it is; all the rest of the
 * image is checked by the kernel. The image descriptor lies at offset 16 of the kernel and counts as zeros.
 */
check_kernel:
    call    enter_visit
    mov     ebx, KERNEL_ADDRESS + DESCRIPTOR_OFFSET
    mov     di, offset not_a_kernel
    cmp     dword ptr [ebx], DESCRIPTOR_MAGIC
    jne     1f
    mov     di, offset bad_descriptor
    or      eax, -1
    mov     esi, ebx
    mov     ecx, DESCRIPTOR_SIZE - 4
    call    checksum
    not     eax
    cmp     eax, [ebx + DESCRIPTOR_SIZE - 4]
    jne     1f

    mov     di, offset bad_kernel
    or      eax, -1
    mov     esi, KERNEL_ADDRESS
    mov     ecx, DESCRIPTOR_OFFSET
    call    checksum
    mov     edx, DESCRIPTOR_SIZE * 2
2:  call    checksum_zero_nibble
    dec     edx
    jnz     2b
    mov     ecx, [ebx + 12]                 /* kernel_size */
    sub     ecx, DESCRIPTOR_OFFSET + DESCRIPTOR_SIZE
    lea     esi, [ebx + DESCRIPTOR_SIZE]
    call    checksum
    not     eax
    cmp     eax, [ebx + 16]                 /* kernel_crc32 */
    jne     1f
    jmp     leave_visit

1:  call    leave_visit
    mov     si, di
    jmp     fail

/* Continues the CRC-32 (reflected polynomial EDB88320h) in EAX over ECX bytes at DS:ESI, four bits a step. */
checksum:
    push    edi
    test    ecx, ecx
    jz      2f
1:  xor     al, [esi]
    inc     esi
    call    checksum_zero_nibble
    call    checksum_zero_nibble
    dec     ecx
    jnz     1b
2:  pop     edi
    ret
checksum_zero_nibble:
    push    edi
    mov     edi, eax
    and     edi, 15
    shr     eax, 4
    xor     eax, cs:[crc_table + edi * 4]
    pop     edi
    ret

/* The last switch. The protocol's state: CS 10h, DS ES SS 18h, EBP EDI EBX zero, interrupts off, ESI -> boot_params. */
enter_kernel:
    cmp     dword ptr [realmode_swtch], 0
    je      1f
    .byte   0xFF, 0x1E                      /* call far [realmode_swtch] */
    .word   realmode_swtch
    jmp     2f
1:  cli
    mov     al, 0x80                        /* no NMI without an IDT */
    out     0x70, al
    in      al, 0x71
2:  mov     al, 0xFF                        /* mask both 8259 */
    out     0xA1, al
    out     0x80, al
    out     0x21, al
    out     0x80, al
    xor     al, al                          /* clear a pending coprocessor error */
    out     0xF0, al
    out     0x80, al
    out     0xF1, al
    out     0x80, al

    call    enter_visit
    lidt    cs:[null_idt]
    xor     esi, esi
    mov     si, word ptr cs:[return_segment]
    shl     esi, 4
    lea     esp, [esi + STACK_TOP]
    add     esi, BOOT_PARAMETERS
    mov     ax, FLAT
    mov     ss, ax
    mov     fs, ax
    mov     gs, ax
    xor     eax, eax
    xor     ebx, ebx
    xor     ecx, ecx
    xor     edx, edx
    xor     ebp, ebp
    xor     edi, edi
    lldt    ax
    .byte   0x66, 0xEA                      /* jmp far CODE32:KERNEL_ADDRESS */
    .long   KERNEL_ADDRESS
    .word   CODE32

    .section .setup_data, "aw"
    .balign 8
gdt:
    .quad   0
    .quad   0x00009B000000FFFF              /* 08: 16-bit code, base filled in, 64 KB */
    .quad   0x00CF9B000000FFFF              /* 10: flat 32-bit code */
    .quad   0x00CF93000000FFFF              /* 18: flat data */
    .quad   0x000093000000FFFF              /* 20: data, base filled in, 64 KB */
gdt_end:
gdt_pointer:
    .word   gdt_end - gdt - 1
    .long   0
null_idt:
    .word   0
    .long   0
    .balign 4
crc_table:
    .long   0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C
    .long   0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C
not_a_kernel:
    .asciz  "image is truncated or damaged: no kernel at 1 MB"
bad_descriptor:
    .asciz  "image is damaged: checksum of the image descriptor"
bad_kernel:
    .asciz  "kernel is corrupt: checksum"
