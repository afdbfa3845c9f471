// ATA programmed I/O for int 13h (ATA-1 to ATA-4: T13 documents; registers in the order of the task file).
//
// The channel's interrupt is switched off (nIEN) while we poll and on again afterwards, so that a program's own
// handler sees only interrupts of its own making. A command moves at most 128 sectors, which fit behind a normalised
// buffer pointer. Every wait is bounded.

#include "realmode.inc"

    .globl disk_transfer, disk_reset_channel

#define ATA_ERROR 1
#define ATA_COUNT 2
#define ATA_SECTOR 3
#define ATA_CYLINDER_LOW 4
#define ATA_CYLINDER_HIGH 5
#define ATA_DRIVE 6
#define ATA_STATUS 7

#define STATUS_BUSY 0x80
#define STATUS_READY 0x40
#define STATUS_FAULT 0x20
#define STATUS_DATA 0x08
#define STATUS_ERROR 0x01

#define CONTROL_NO_INTERRUPT 0x0A
#define CONTROL_NORMAL 0x08
#define CONTROL_RESET 0x0E

#define COMMAND_WRITE 0x30
#define COMMAND_VERIFY 0x40
#define COMMAND_SET_GEOMETRY 0x91

#define SECTORS_PER_COMMAND 128
// Polls before we give up: some seconds on a real bus, where a read takes about a microsecond.
#define WAIT_LIMIT 0x600000

// DS = EBDA, SI = disk, ES:DI = buffer (offset below 16), EBDA_DISK_LBA, _LEFT and _COMMAND.
// Returns AH = status, EBDA_DISK_DONE = sectors moved. Destroys all but BP, DS, SI.
disk_transfer:
    mov word ptr [EBDA_DISK_DONE], 0
    mov dx, [si + DISK_CONTROL_PORT]
    mov al, CONTROL_NO_INTERRUPT
    out dx, al
1:  mov cx, [EBDA_DISK_LEFT]
    jcxz 3f
    cmp cx, SECTORS_PER_COMMAND
    jbe 2f
    mov cx, SECTORS_PER_COMMAND
2:  mov [EBDA_DISK_CHUNK], cx
    callw transfer_chunk
    test ah, ah
    jnz 4f
    movzx eax, word ptr [EBDA_DISK_CHUNK]
    sub [EBDA_DISK_LEFT], ax
    add [EBDA_DISK_LBA], eax
    jmp 1b
3:  xor ah, ah
4:  push ax
    mov dx, [si + DISK_CONTROL_PORT]
    mov al, CONTROL_NORMAL
    out dx, al
    pop ax
    retw

// One command. CX = sectors. Returns AH = status, DI/ES behind what was moved.
transfer_chunk:
    callw issue_command
    test ah, ah
    jnz 9f
    mov cx, [EBDA_DISK_CHUNK]
    cmp byte ptr [EBDA_DISK_COMMAND], COMMAND_VERIFY
    je 5f
1:  push cx
    callw wait_data
    test ah, ah
    jnz 8f
    mov dx, [si + DISK_PORT]
    mov cx, 256
    cmp byte ptr [EBDA_DISK_COMMAND], COMMAND_WRITE
    je 2f
    rep insw
    jmp 3f
2:  push ds
    push si
    push es
    pop ds
    mov si, di
    rep outsw
    mov di, si
    pop si
    pop ds
3:  // Keep the offset small: 512 bytes are 32 paragraphs.
    mov ax, es
    add ax, 32
    mov es, ax
    sub di, 512
    inc word ptr [EBDA_DISK_DONE]
    pop cx
    loop 1b
    cmp byte ptr [EBDA_DISK_COMMAND], COMMAND_WRITE
    je 6f                           // the last sector may still fail on its way to the medium
    xor ah, ah
    retw
5:  mov [EBDA_DISK_DONE], cx
6:  callw wait_ready
    test ah, ah
    jz 9f
    mov word ptr [EBDA_DISK_DONE], 0
    retw
8:  pop cx
9:  retw

// Write the task file for CX sectors at EBDA_DISK_LBA. Returns AH = status. Destroys EAX, EBX, ECX, EDX.
issue_command:
    push cx
    callw wait_not_busy
    pop cx
    jc 9f
    push cx
    mov eax, [EBDA_DISK_LBA]
    cmp byte ptr [si + DISK_HAS_LBA], 0
    je 1f
    mov ebx, eax                    // EBX = LBA 0-23, CL = LBA 24-27
    shr eax, 24
    and al, 0x0F
    or al, 0x40
    mov cl, al
    jmp 2f
1:  // Cylinder, head and sector of the disk's own geometry.
    xor edx, edx
    movzx ebx, word ptr [si + DISK_PHYSICAL_SECTORS_PER_TRACK]
    div ebx
    mov ch, dl                      // sector - 1
    inc ch
    xor edx, edx
    movzx ebx, word ptr [si + DISK_PHYSICAL_HEADS]
    div ebx
    mov cl, dl                      // head
    mov ebx, eax
    shl ebx, 8
    mov bl, ch
2:  or cl, [si + DISK_SELECT]
    mov dx, [si + DISK_PORT]
    add dx, ATA_DRIVE
    mov al, cl
    out dx, al
    pop cx
    callw wait_not_busy
    jc 9f
    mov dx, [si + DISK_PORT]
    add dx, ATA_COUNT
    mov al, cl
    out dx, al
    inc dx
    mov al, bl
    out dx, al
    inc dx
    mov al, bh
    out dx, al
    inc dx
    shr ebx, 16
    mov al, bl
    out dx, al
    add dx, ATA_STATUS - ATA_CYLINDER_HIGH
    mov al, [EBDA_DISK_COMMAND]
    out dx, al
    xor ah, ah
    retw
9:  mov ah, 0x80
    retw

// Carry if the channel stays busy. Destroys AL, DX.
wait_not_busy:
    push ecx
    mov dx, [si + DISK_CONTROL_PORT]    // alternate status: four reads give the drive its 400 ns
    in al, dx
    in al, dx
    in al, dx
    in al, dx
    mov ecx, WAIT_LIMIT
1:  in al, dx
    test al, STATUS_BUSY
    jz 2f
    dec ecx
    jnz 1b
    stc
2:  pop ecx
    retw

// Until the drive wants data (wait_data) or has finished (wait_ready). Returns AH = BIOS status. Destroys EAX, CX, DX.
wait_ready:
    callw wait_not_busy
    jc 8f
    jmp 1f
wait_data:
    callw wait_not_busy
    jc 8f
    test al, STATUS_ERROR | STATUS_FAULT
    jnz 1f
    test al, STATUS_DATA
    jz 7f
1:  mov dx, [si + DISK_PORT]
    add dx, ATA_STATUS
    in al, dx                           // also takes back the interrupt request
    test al, STATUS_FAULT
    jnz 7f
    test al, STATUS_ERROR
    jnz 2f
    xor ah, ah
    retw
2:  // Error register to BIOS status, most telling bit first.
    add dx, ATA_ERROR - ATA_STATUS
    in al, dx
    mov ah, 0x10                        // uncorrectable data, or bad CRC
    test al, 0xC0
    jnz 9f
    mov ah, 0x04                        // sector not found
    test al, 0x10
    jnz 9f
    mov ah, 0x02                        // address mark
    test al, 0x01
    jnz 9f
    mov ah, 0x01                        // command refused
    test al, 0x04
    jnz 9f
7:  mov ah, 0x20                        // controller failure
    retw
8:  mov ah, 0x80                        // time-out
9:  retw

// Software reset of the disk's channel; a disk without LBA is told its geometry again. Returns AH = status.
// Destroys EAX, BX, CX, DX.
disk_reset_channel:
    mov dx, [si + DISK_CONTROL_PORT]
    mov al, CONTROL_RESET
    out dx, al
    in al, dx                           // hold for at least 5 us
    in al, dx
    in al, dx
    in al, dx
    in al, dx
    in al, dx
    in al, dx
    in al, dx
    mov al, CONTROL_NO_INTERRUPT
    out dx, al
    callw wait_not_busy
    jc 2f
    mov dx, [si + DISK_PORT]
    add dx, ATA_DRIVE
    mov al, [si + DISK_SELECT]
    mov ah, [si + DISK_PHYSICAL_HEADS]
    dec ah
    or al, ah
    out dx, al
    callw wait_not_busy
    jc 2f
    cmp byte ptr [si + DISK_HAS_LBA], 0
    jne 1f
    mov dx, [si + DISK_PORT]
    add dx, ATA_COUNT
    mov al, [si + DISK_PHYSICAL_SECTORS_PER_TRACK]
    out dx, al
    add dx, ATA_STATUS - ATA_COUNT
    mov al, COMMAND_SET_GEOMETRY
    out dx, al
    callw wait_not_busy
    jc 2f
1:  mov dx, [si + DISK_CONTROL_PORT]
    mov al, CONTROL_NORMAL
    out dx, al
    xor ah, ah
    retw
2:  mov dx, [si + DISK_CONTROL_PORT]
    mov al, CONTROL_NORMAL
    out dx, al
    mov ah, 0x80
    retw
