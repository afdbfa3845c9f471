// What the 16-bit side has to say to people: through int 10h teletype on the screen, and on the debug port 0E9h.

#include "realmode.inc"

    .globl print, print_string_at_ds, print_character, print_hex_byte, print_hex_word

// CS:SI: text that ends in 0. Destroys SI, AX.
print:
    push ds
    push cs
    pop ds
    callw print_string_at_ds
    pop ds
    retw

// DS:SI: text that ends in 0. Destroys SI, AX.
print_string_at_ds:
1:  lodsb
    test al, al
    jz 2f
    callw print_character
    jmp 1b
2:  retw

// AL. Destroys AH.
print_character:
    push bx
    out 0xE9, al
    mov ah, 0x0E
    mov bx, 0x0007
    int 0x10
    pop bx
    retw

// AX, as four hexadecimal digits. Destroys AX.
print_hex_word:
    push ax
    mov al, ah
    callw print_hex_byte
    pop ax
// AL, as two. Destroys AX.
print_hex_byte:
    push ax
    shr al, 4
    callw print_hex_digit
    pop ax
    and al, 0x0F
print_hex_digit:
    cmp al, 10
    sbb al, 0x69
    das
    callw print_character
    retw
