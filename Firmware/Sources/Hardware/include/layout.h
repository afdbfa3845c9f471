// Where the BIOS keeps what it knows: the BIOS data area (BDA, segment 0040h, fixed by IBM since 1981), and the
// extended BIOS data area (EBDA), whose inside is ours. Assembly and Swift both include this file, so it holds
// nothing but simple constants. The ROM is read-only; these two areas are its only memory after POST.

#ifndef FIRMWARE_LAYOUT_H
#define FIRMWARE_LAYOUT_H

// BIOS data area: offsets in segment 0040h (IBM PC AT Technical Reference, "BIOS data area"; RBIL MEMORY.LST).
#define BDA_SEGMENT 0x40
#define BDA_COM_PORTS 0x00
#define BDA_EBDA_SEGMENT 0x0E
#define BDA_EQUIPMENT 0x10
#define BDA_MEMORY_KB 0x13
#define BDA_SHIFT_FLAGS 0x17
#define BDA_SHIFT_FLAGS_2 0x18
#define BDA_ALT_NUMBER 0x19
#define BDA_KEYBOARD_HEAD 0x1A
#define BDA_KEYBOARD_TAIL 0x1C
#define BDA_KEYBOARD_BUFFER 0x1E
#define BDA_KEYBOARD_BUFFER_SIZE 32
#define BDA_FLOPPY_MOTOR_COUNT 0x40
#define BDA_FLOPPY_STATUS 0x41
#define BDA_VIDEO_MODE 0x49
#define BDA_VIDEO_COLUMNS 0x4A
#define BDA_VIDEO_PAGE_SIZE 0x4C
#define BDA_VIDEO_PAGE_START 0x4E
#define BDA_CURSOR_POSITIONS 0x50
#define BDA_CURSOR_SHAPE 0x60
#define BDA_VIDEO_PAGE 0x62
#define BDA_CRTC_PORT 0x63
#define BDA_RESUME_POINTER 0x67
#define BDA_TICKS 0x6C
#define BDA_MIDNIGHT 0x70
#define BDA_BREAK 0x71
#define BDA_WARM_BOOT 0x72
#define BDA_DISK_STATUS 0x74
#define BDA_DISK_COUNT 0x75
#define BDA_COM_TIMEOUTS 0x7C
#define BDA_KEYBOARD_BUFFER_START 0x80
#define BDA_KEYBOARD_BUFFER_END 0x82
#define BDA_VIDEO_LAST_ROW 0x84
#define BDA_CHARACTER_HEIGHT 0x85
#define BDA_VIDEO_CONTROL 0x87
#define BDA_VIDEO_SWITCHES 0x88
#define BDA_VIDEO_MODE_OPTIONS 0x89
#define BDA_VIDEO_COMBINATION 0x8A
#define BDA_DISK_INTERRUPT 0x8E
#define BDA_KEYBOARD_STATE 0x96
#define BDA_KEYBOARD_LEDS 0x97

// Extended BIOS data area: 1 KiB at the top of base memory; word 40:0E holds its segment.
#define EBDA_SIZE_KB 0x000
// What the int 15h memory services answer, computed once by POST.
#define EBDA_KB_TO_16MB 0x002
#define EBDA_64KB_ABOVE_16MB 0x004
#define EBDA_E820_COUNT 0x006
#define EBDA_E820_TABLE 0x010
#define E820_ENTRY_SIZE 20
#define E820_MAXIMUM 12
// Scratch registers of the disk services, which are not re-entrant because the controller is not.
#define EBDA_DISK_LBA 0x100
#define EBDA_DISK_LEFT 0x104
#define EBDA_DISK_DONE 0x106
#define EBDA_DISK_COMMAND 0x108
#define EBDA_DISK_CHUNK 0x10A
#define EBDA_DISKS 0x120
#define DISK_MAXIMUM 4
#define DISK_ENTRY_SIZE 0x60
// Fixed disk parameter tables of the first two disks, where vectors 41h and 46h point.
#define EBDA_DISK_PARAMETERS 0x2A0

// One disk.
#define DISK_HAS_LBA 0x00
#define DISK_SELECT 0x01
#define DISK_PORT 0x02
#define DISK_CONTROL_PORT 0x04
#define DISK_CYLINDERS 0x06
#define DISK_HEADS 0x08
#define DISK_SECTORS_PER_TRACK 0x0A
#define DISK_PHYSICAL_CYLINDERS 0x0C
#define DISK_PHYSICAL_HEADS 0x0E
#define DISK_PHYSICAL_SECTORS_PER_TRACK 0x10
#define DISK_SECTORS 0x14
#define DISK_NAME 0x18
#define DISK_NAME_SIZE 0x48

// Memory that POST uses and gives back.
#define POST_STACK_TOP 0x7C00
#define BOOT_ADDRESS 0x7C00

#endif
