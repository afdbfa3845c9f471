/// What CMOS RAM holds at power-on, as a set-up program would have left it. The memory sizes are where QEMU puts them.
enum CMOSLayout {
    static func contents(memorySize: Int, disks: [DiskGeometry?], overrides: [UInt8: UInt8]) -> [UInt8] {
        var memory = [UInt8](repeating: 0, count: 128)

        func set(_ index: Int, word value: Int) {
            memory[index] = UInt8(truncatingIfNeeded: value)
            memory[index + 1] = UInt8(truncatingIfNeeded: value >> 8)
        }
        set(0x15, word: 640)
        let extendedKilobytes = max(0, memorySize / 1024 - 1024)
        set(0x17, word: min(extendedKilobytes, 65_535))
        set(0x30, word: min(extendedKilobytes, 65_535))
        set(0x34, word: min(max(0, memorySize - 16 << 20) / 65_536, 65_535))
        // 0x5B-0x5D: memory above 4 GiB in units of 64 KiB; this machine has none.

        // 0x10: no floppy drives. 0x12: drive types; 15 says "see the extended type", which is 47, "user-defined".
        for (drive, disk) in disks.prefix(2).enumerated() {
            guard let disk else { continue }
            memory[0x12] |= drive == 0 ? 0xF0 : 0x0F
            memory[0x19 + drive] = 47
            let table = 0x1B + 9 * drive
            set(table, word: Int(disk.cylinders))
            memory[table + 2] = UInt8(disk.heads)
            set(table + 3, word: 0xFFFF)
            memory[table + 5] = 0xC0 | (disk.heads > 8 ? 8 : 0)
            set(table + 6, word: Int(disk.cylinders))
            memory[table + 8] = UInt8(disk.sectors)
        }
        // 0x14, equipment: display with its own BIOS, no FPU yet (bit 1), no mouse (bit 2).
        // 0x38 and 0x3D: boot the first hard disk. 0x39: two bits for each drive, 1 = LBA translation.
        memory[0x3D] = 0x02
        for (drive, disk) in disks.prefix(4).enumerated() {
            if let disk, disk.cylinders > 1024 { memory[0x39] |= 1 << UInt8(2 * drive) }
        }
        memory[0x32] = 0x20
        for (index, byte) in overrides where (0x0E...0x7F).contains(index) {
            memory[Int(index)] = byte
        }
        // The AT's checksum over 0x10-0x2D, high byte first.
        let sum = memory[0x10...0x2D].reduce(0) { $0 &+ UInt16($1) }
        memory[0x2E] = UInt8(sum >> 8)
        memory[0x2F] = UInt8(sum & 0xFF)
        return memory
    }
}
