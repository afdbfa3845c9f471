/*
 * The screen: the kernel writes to colour text memory at 0xB8000, so make sure of mode 3, and hand over where the
 * cursor stands. A screen that is in mode 3 already keeps what is on it.
 */
#include "layout.h"
#include "code16.h"

    .section .setup, "ax"
    .globl find_screen

find_screen:
    mov     ah, 0x0F                        /* mode in AL, columns in AH, page in BH */
    call    bios_10
    mov     al, byte ptr [answer_ax]
    and     al, 0x7F
    cmp     al, 3
    jne     1f
    cmp     byte ptr [answer_bx + 1], 0     /* the kernel shows page 0 */
    je      2f
1:  mov     ax, 0x0003
    call    bios_10
2:  mov     byte ptr [BOOT_PARAMETERS + BP_VIDEO_MODE], 3
    mov     byte ptr [BOOT_PARAMETERS + BP_VIDEO_COLUMNS], 80
    mov     byte ptr [BOOT_PARAMETERS + BP_VIDEO_LINES], 25
    mov     byte ptr [BOOT_PARAMETERS + BP_VIDEO_POINTS], 16

    mov     ax, 0x1A00                      /* display combination: only a VGA BIOS answers 1Ah */
    call    bios_10
    cmp     byte ptr [answer_ax], 0x1A
    jne     3f
    mov     byte ptr [BOOT_PARAMETERS + BP_VIDEO_IS_VGA], 1

3:  mov     ah, 0x03                        /* cursor of page 0 in DH (row) and DL (column) */
    xor     bx, bx
    call    bios_10
    mov     ax, word ptr [answer_dx]
    cmp     al, 80
    jae     4f
    cmp     ah, 25
    jae     4f
    mov     word ptr [BOOT_PARAMETERS + BP_CURSOR_X], ax
4:  ret
