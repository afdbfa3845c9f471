import Machine

/// A machine without a BIOS.
enum BareMachine {
    /// With `code` at `address`, started in real mode at 0:7E00h, where a boot sector at 0:7C00h would have loaded what
    /// follows it.
    static func make(_ code: [UInt8], at address: UInt32 = 0x7E00) throws -> Machine {
        var configuration = Machine.Configuration()
        configuration.memorySize = 32 << 20
        // The one that QEMU and Bochs are told to be, too.
        configuration.processorModel = "pentium4"
        // Instead of a BIOS: a jump to what the boot sector would have loaded.
        var rom = [UInt8](repeating: 0xFF, count: 64 << 10)
        rom.replaceSubrange(0xFFF0..<0xFFF5, with: [0xEA, 0x00, 0x7E, 0x00, 0x00])
        configuration.firmware = rom
        let machine = try Machine(configuration)
        machine.memory.write(code, at: address)
        return machine
    }
}
