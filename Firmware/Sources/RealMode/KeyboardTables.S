// Key codes of a US keyboard, as int 16h returns them (RBIL, table 00006). Columns: plain, shifted, Control, Alt;
// FFFF: no key. Row number = scan code.

#include "realmode.inc"

    .globl plain_keys, extended_keys

#define NONE 0xFFFF

.macro key plain, shifted, control, alt
    .word \plain, \shifted, \control, \alt
.endm

// A letter: Control makes character 1-26, Alt the bare scan code.
.macro letter scan, character
    .word (\scan << 8) | \character
    .word (\scan << 8) | (\character - 0x20)
    .word (\scan << 8) | (\character - 0x60)
    .word \scan << 8
.endm

// F1-F10.
.macro function number
    .word (0x3A + \number) << 8
    .word (0x53 + \number) << 8
    .word (0x5D + \number) << 8
    .word (0x67 + \number) << 8
.endm

    .balign 2
plain_keys:
    key NONE, NONE, NONE, NONE              // 00
    key 0x011B, 0x011B, 0x011B, 0x0100      // 01 Esc
    key 0x0231, 0x0221, NONE, 0x7800        // 02 1 !
    key 0x0332, 0x0340, 0x0300, 0x7900      // 03 2 @
    key 0x0433, 0x0423, NONE, 0x7A00        // 04 3 #
    key 0x0534, 0x0524, NONE, 0x7B00        // 05 4 $
    key 0x0635, 0x0625, NONE, 0x7C00        // 06 5 %
    key 0x0736, 0x075E, 0x071E, 0x7D00      // 07 6 ^
    key 0x0837, 0x0826, NONE, 0x7E00        // 08 7 &
    key 0x0938, 0x092A, NONE, 0x7F00        // 09 8 *
    key 0x0A39, 0x0A28, NONE, 0x8000        // 0A 9 (
    key 0x0B30, 0x0B29, NONE, 0x8100        // 0B 0 )
    key 0x0C2D, 0x0C5F, 0x0C1F, 0x8200      // 0C - _
    key 0x0D3D, 0x0D2B, NONE, 0x8300        // 0D = +
    key 0x0E08, 0x0E08, 0x0E7F, 0x0E00      // 0E Backspace
    key 0x0F09, 0x0F00, 0x9400, 0xA500      // 0F Tab
    letter 0x10, 'q'
    letter 0x11, 'w'
    letter 0x12, 'e'
    letter 0x13, 'r'
    letter 0x14, 't'
    letter 0x15, 'y'
    letter 0x16, 'u'
    letter 0x17, 'i'
    letter 0x18, 'o'
    letter 0x19, 'p'
    key 0x1A5B, 0x1A7B, 0x1A1B, 0x1A00      // 1A [ {
    key 0x1B5D, 0x1B7D, 0x1B1D, 0x1B00      // 1B ] }
    key 0x1C0D, 0x1C0D, 0x1C0A, 0x1C00      // 1C Enter
    key NONE, NONE, NONE, NONE              // 1D Control
    letter 0x1E, 'a'
    letter 0x1F, 's'
    letter 0x20, 'd'
    letter 0x21, 'f'
    letter 0x22, 'g'
    letter 0x23, 'h'
    letter 0x24, 'j'
    letter 0x25, 'k'
    letter 0x26, 'l'
    key 0x273B, 0x273A, NONE, 0x2700        // 27 ; :
    key 0x2827, 0x2822, NONE, 0x2800        // 28 ' "
    key 0x2960, 0x297E, NONE, 0x2900        // 29 ` ~
    key NONE, NONE, NONE, NONE              // 2A left Shift
    key 0x2B5C, 0x2B7C, 0x2B1C, 0x2B00      // 2B backslash |
    letter 0x2C, 'z'
    letter 0x2D, 'x'
    letter 0x2E, 'c'
    letter 0x2F, 'v'
    letter 0x30, 'b'
    letter 0x31, 'n'
    letter 0x32, 'm'
    key 0x332C, 0x333C, NONE, 0x3300        // 33 , <
    key 0x342E, 0x343E, NONE, 0x3400        // 34 . >
    key 0x352F, 0x353F, NONE, 0x3500        // 35 / ?
    key NONE, NONE, NONE, NONE              // 36 right Shift
    key 0x372A, 0x372A, 0x9600, 0x3700      // 37 keypad *
    key NONE, NONE, NONE, NONE              // 38 Alt
    key 0x3920, 0x3920, 0x3920, 0x3920      // 39 Space
    key NONE, NONE, NONE, NONE              // 3A Caps Lock
    function 1
    function 2
    function 3
    function 4
    function 5
    function 6
    function 7
    function 8
    function 9
    function 10
    key NONE, NONE, NONE, NONE              // 45 Num Lock
    key NONE, NONE, NONE, NONE              // 46 Scroll Lock
    key 0x4700, 0x4737, 0x7700, NONE        // 47 Home
    key 0x4800, 0x4838, 0x8D00, NONE        // 48 Up
    key 0x4900, 0x4939, 0x8400, NONE        // 49 Page Up
    key 0x4A2D, 0x4A2D, 0x8E00, 0x4A00      // 4A keypad -
    key 0x4B00, 0x4B34, 0x7300, NONE        // 4B Left
    key 0x4C00, 0x4C35, 0x8F00, NONE        // 4C keypad 5
    key 0x4D00, 0x4D36, 0x7400, NONE        // 4D Right
    key 0x4E2B, 0x4E2B, 0x9000, 0x4E00      // 4E keypad +
    key 0x4F00, 0x4F31, 0x7500, NONE        // 4F End
    key 0x5000, 0x5032, 0x9100, NONE        // 50 Down
    key 0x5100, 0x5133, 0x7600, NONE        // 51 Page Down
    key 0x5200, 0x5230, 0x9200, NONE        // 52 Insert
    key 0x5300, 0x532E, 0x9300, NONE        // 53 Delete
    key NONE, NONE, NONE, NONE              // 54 SysReq
    key NONE, NONE, NONE, NONE              // 55
    key 0x565C, 0x567C, NONE, NONE          // 56 the key beside left Shift in Europe
    key 0x8500, 0x8700, 0x8900, 0x8B00      // 57 F11
    key 0x8600, 0x8800, 0x8A00, 0x8C00      // 58 F12

.macro extended scan, plain, control, alt
    .byte \scan
    .word \plain, \plain, \control, \alt
.endm

// Keys behind E0; a byte 0 ends the table.
extended_keys:
    extended 0x1C, 0xE00D, 0xE00A, 0xA600   // keypad Enter
    extended 0x35, 0xE02F, 0x9500, 0xA400   // keypad /
    extended 0x47, 0x47E0, 0x77E0, 0x9700
    extended 0x48, 0x48E0, 0x8DE0, 0x9800
    extended 0x49, 0x49E0, 0x84E0, 0x9900
    extended 0x4B, 0x4BE0, 0x73E0, 0x9B00
    extended 0x4D, 0x4DE0, 0x74E0, 0x9D00
    extended 0x4F, 0x4FE0, 0x75E0, 0x9F00
    extended 0x50, 0x50E0, 0x91E0, 0xA000
    extended 0x51, 0x51E0, 0x76E0, 0xA100
    extended 0x52, 0x52E0, 0x92E0, 0xA200
    extended 0x53, 0x53E0, 0x93E0, 0xA300
    .byte 0
