// Services keep the caller's segment limits: DS, ES, FS and GS have 4 GB here ("unreal mode"), and after every kind of
// service each of them must still reach 2 MB. Where limits are not checked, as in QEMU without KVM, this always passes.
#include "test.inc"

    program 8

#define BUFFER 0xA000
#define FAR_ADDRESS 0x200000

// Read and write 2 MB through all four segments; a segment without the limit raises #GP, which is a failure.
.macro expect_limits name:vararg
    mov byte ptr [faults], 0
    callw touch
    expect_byte [faults], 0, \name
.endm

test_start:
    cli
    mov word ptr [13 * 4], offset general_protection
    mov word ptr [13 * 4 + 2], 0
    lgdt [gdt_pointer]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp 1f
1:  mov bx, 8
    mov ds, bx
    mov es, bx
    mov fs, bx
    mov gs, bx
    and al, 0xFE
    mov cr0, eax
    jmp 2f
2:  xor ax, ax
    mov ds, ax
    mov es, ax
    mov fs, ax
    mov gs, ax
    sti
    expect_limits "4 GB limits"
    mov ax, 0x0E41
    mov bx, 7
    int 0x10
    mov ax, 0x0003
    int 0x10
    expect_limits "after int 10h"
    mov ax, 0x0201
    mov bx, BUFFER
    mov cx, 1
    mov dx, 0x0080
    int 0x13
    expect_limits "after int 13h 02h"
    mov si, offset packet
    mov ah, 0x42
    mov dl, 0x80
    int 0x13
    expect_limits "after int 13h 42h"
    mov eax, 0xE820
    mov edx, 0x534D4150
    mov ecx, 20
    xor ebx, ebx
    mov di, BUFFER
    int 0x15
    expect_limits "after int 15h E820h"
    mov ax, 0x2401
    int 0x15
    expect_limits "after int 15h 2401h"
    mov cx, 1
    mov si, offset descriptors
    mov ah, 0x87
    int 0x15
    expect_carry 0, "int 15h 87h"
    expect_limits "after int 15h 87h"
    mov ah, 0x05
    mov cx, 0x1234
    int 0x16
    mov ah, 0x00
    int 0x16
    expect_limits "after int 16h"
    mov ah, 0x00
    int 0x1A
    mov bx, dx
3:  mov ah, 0x00
    int 0x1A
    cmp dx, bx
    je 3b
    mov ah, 0x02
    int 0x1A
    expect_limits "after int 1Ah and the timer's interrupt"
    jmp test_end

touch:
    push eax
    push ebx
    mov ebx, FAR_ADDRESS
    mov eax, [ebx]
    mov [ebx], eax
    mov eax, es:[ebx]
    mov es:[ebx], eax
    mov eax, fs:[ebx]
    mov fs:[ebx], eax
    mov eax, gs:[ebx]
    mov gs:[ebx], eax
    pop ebx
    pop eax
    retw

// Count it, and end `touch` by making its address small.
general_protection:
    inc byte ptr cs:[faults]
    xor ebx, ebx
    mov bx, BUFFER
    iret

faults:
    .byte 0
    .balign 8
gdt:
    .quad 0
    .quad 0x00CF92000000FFFF
gdt_pointer:
    .word 15
    .long gdt
    .balign 8
descriptors:
    .quad 0, 0, 0x000093007C00FFFF, 0x000093300000FFFF, 0, 0
packet:
    .byte 0x10, 0
    .word 1
    .word BUFFER, 0
    .quad 0

test_end:
    finish
