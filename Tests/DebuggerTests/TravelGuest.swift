import Machine
import ToolchainTestSupport

/// A machine whose program does all the things that are hard to take back: it sleeps, is woken by the timer and the
/// keyboard, repeats string instructions, writes to the disk and to the outside, and calls itself.
enum TravelGuest {
    static let isAvailable = Toolchain.has("clang") && Toolchain.has("ld.lld")

    static let program: [UInt8] = (try? Toolchain.assemble(source, at: 0xF_0000)) ?? []

    static func make(disk: MemoryDisk = MemoryDisk([UInt8](repeating: 0, count: 64 << 10))) throws -> Machine {
        var configuration = Machine.Configuration()
        configuration.memorySize = 2 << 20
        configuration.firmware = TestMachine.rom(program)
        configuration.drives = [Machine.Drive(image: disk)]
        return try Machine(configuration)
    }

    /// The counters: rounds at 0x500, ticks at 0x504, keys at 0x508.
    private static let source = """
        .code16
        .type start, @function
        start:
            xor ax, ax
            mov ds, ax
            mov es, ax
            mov ss, ax
            mov sp, 0x7000
            .byte 0xC7, 0x06, 0x20, 0x00            # mov word ptr [0x20], tick: IRQ 0 is vector 8
            .short tick - start
            mov word ptr [0x22], 0xF000
            .byte 0xC7, 0x06, 0x24, 0x00            # mov word ptr [0x24], key
            .short key - start
            mov word ptr [0x26], 0xF000
            mov al, 0x11
            out 0x20, al
            mov al, 8
            out 0x21, al
            mov al, 4
            out 0x21, al
            mov al, 1
            out 0x21, al
            mov al, 0xFC                            # IRQ 0 and 1
            out 0x21, al
            mov al, 0x60                            # the keyboard interrupts
            out 0x64, al
            mov al, 0x41
            out 0x60, al
            mov al, 0x34                            # a tick every 200 us
            out 0x43, al
            mov al, 238
            out 0x40, al
            xor al, al
            out 0x40, al
            sti
        round:
            hlt
        woken:
            inc dword ptr [0x500]
            mov cx, 100
            mov si, 0xF000
            mov di, 0x2000
            cld
            rep movsb
        copied:
            mov ax, 5
            call descend
        returned:
            mov al, [0x500]
            out 0xE9, al
            mov ax, [0x500]
            and ax, 15
            jnz round
            call write_sector
            jmp round

        .type descend, @function
        descend:
            push ax
            dec ax
            jz bottom
            call descend
        bottom:
            pop ax
            add [0x510], ax
            ret

        .type write_sector, @function
        write_sector:
            mov dx, 0x1F6
            mov al, 0xE0
            out dx, al
            mov dx, 0x1F2
            mov al, 1
            out dx, al
            inc dx
            mov al, [0x501]
            shl al, 4
            out dx, al
            inc dx
            xor al, al
            out dx, al
            inc dx
            out dx, al
            mov dx, 0x1F7
            mov al, 0x30
            out dx, al
        wait_for_drive:
            in al, dx
            test al, 8
            jz wait_for_drive
            mov dx, 0x1F0
            mov cx, 256
            mov si, 0x500
            rep outsw
            ret

        .type tick, @function
        tick:
            push ax
            inc dword ptr [0x504]
            mov al, 0x20
            out 0x20, al
            pop ax
            iret

        .type key, @function
        key:
            push ax
            in al, 0x60
            mov [0x50C], al
            inc dword ptr [0x508]
            mov al, 0x20
            out 0x20, al
            pop ax
            iret
        """
}
