import Foundation

/// A little program in a boot sector, built instruction by instruction. The BIOS loads it to 0000:7C00 and jumps there
/// in real mode; this builder's programs leave the stack as they find it and set DS and ES to 0 first.
struct BootSector {
    private static let origin = 0x7C00
    /// The exit port of `vm`: writing n ends it with exit code 2n + 1.
    private static let exitPort: UInt16 = 0x501
    private static let com1: UInt16 = 0x3F8

    private var code: [UInt8] = [
        0x31, 0xC0,  // xor ax, ax
        0x8E, 0xD8,  // mov ds, ax
        0x8E, 0xC0,  // mov es, ax
    ]

    /// Writes `value` to `port`.
    mutating func output(_ value: UInt8, to port: UInt16) {
        code += [0xBA, UInt8(truncatingIfNeeded: port), UInt8(port >> 8)]  // mov dx, port
        code += [0xB0, value, 0xEE]  // mov al, value; out dx, al
    }

    /// Sends `text` through COM1, waiting for its transmitter as a driver has to. In the end also the last bit is on
    /// the line: what the UART still holds when the machine ends is not sent.
    mutating func send(_ text: String) {
        for byte in text.utf8 {
            waitForLineStatus(0x20)  // holding register empty
            output(byte, to: Self.com1)
        }
        waitForLineStatus(0x40)  // transmitter empty
    }

    private mutating func waitForLineStatus(_ bit: UInt8) {
        code += [0xBA, 0xFD, 0x03]  // mov dx, 3FDh
        code += [0xEC, 0xA8, bit, 0x74, 0xFB]  // wait: in al, dx; test al, bit; jz wait
    }

    /// Ends `vm` with the exit code 2 `value` + 1.
    mutating func exit(_ value: UInt8) {
        output(value, to: Self.exitPort)
    }

    /// Ends `vm` with the exit code 2n + 1, where n is the processor's family as CPUID has it, or 3 without CPUID.
    mutating func exitWithFamily() {
        let handler = code.count + 23 + Self.origin
        code += [0xC7, 0x06, 0x18, 0x00, UInt8(truncatingIfNeeded: handler), UInt8(handler >> 8)]  // vector 6: #UD
        code += [0xC7, 0x06, 0x1A, 0x00, 0x00, 0x00]
        code += [0x66, 0x31, 0xC0, 0x40, 0x0F, 0xA2]  // xor eax, eax; inc ax; cpuid
        code += [0x88, 0xE0, 0x24, 0x0F, 0x3D]  // mov al, ah; and al, 15; and over the next by a comparison with it
        code += [0xB0, 0x03]  // the handler: mov al, 3
        code += [0xBA, 0x01, 0x05, 0xEE]  // mov dx, 501h; out dx, al
    }

    /// Ends `vm` with the exit code 2 AH + 1, where AH is the status that a BIOS disk service returned: 1 is success.
    mutating func exitWithDiskStatus() {
        code += [0x88, 0xE0]  // mov al, ah
        code += [0xBA, 0x01, 0x05, 0xEE]  // mov dx, 501h; out dx, al
    }

    /// INT 13h: reads (`function` 2) or writes (3) one sector of the first track.
    mutating func transferSector(function: UInt8, sector: UInt8, drive: UInt8, buffer: UInt16) {
        code += [0xBB, UInt8(truncatingIfNeeded: buffer), UInt8(buffer >> 8)]  // mov bx, buffer
        code += [0xB8, 0x01, function]  // mov ax, function:01h
        code += [0xB9, sector, 0x00]  // mov cx, sector
        code += [0xBA, drive, 0x00]  // mov dx, drive
        code += [0xCD, 0x13]  // int 13h
    }

    /// Writes `count` bytes of memory from `address` to `port`. AH stays.
    mutating func outputMemory(at address: UInt16, count: UInt8, to port: UInt16) {
        code += [0xBE, UInt8(truncatingIfNeeded: address), UInt8(address >> 8)]  // mov si, address
        code += [0xB9, count, 0x00]  // mov cx, count
        code += [0xBA, UInt8(truncatingIfNeeded: port), UInt8(port >> 8)]  // mov dx, port
        code += [0xFC, 0xF3, 0x6E]  // cld; rep outsb
    }

    /// Loads an IDT of limit 0 and raises #BP, which therefore cannot be delivered, nor can anything that follows.
    mutating func tripleFault() {
        let table = Self.origin + code.count + 6
        code += [0x0F, 0x01, 0x1E]  // lidt [table]
        code += [UInt8(truncatingIfNeeded: table), UInt8(truncatingIfNeeded: table >> 8)]
        code += [0xCC]  // int3
        code += [UInt8](repeating: 0, count: 6)  // table: limit and base
    }

    /// Stays there.
    mutating func loop() {
        code += [0xEB, 0xFE]  // jmp $
    }

    /// A disk of 1 MiB with this boot sector. Its other sectors are zero.
    var disk: Data {
        precondition(code.count <= 510, "a boot sector has room for 510 bytes")
        var disk = Data(count: 1 << 20)
        disk.replaceSubrange(0..<code.count, with: code)
        disk.replaceSubrange(510..<512, with: [0x55, 0xAA])
        return disk
    }
}
