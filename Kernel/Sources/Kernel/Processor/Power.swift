import KernelABI
import KernelAssembly

/// The ends of a run.
enum Power {
    /// QEMU's `isa-debug-exit` as test machines configure it.
    private static var exitPort: UInt16 { 0x501 }

    /// Stops the processor for good. On a test machine (option `exit-port`) ends the machine with exit code
    /// `(status << 1) | 1`.
    static func halt(status: UInt8 = 0) -> Never {
        Log.takeScreen()
        SerialPort.drain()
        if CommandLine.usesExitPort { port_write8(exitPort, status) }
        while true {
            interrupts_off()
            processor_halt()
        }
    }

    /// Says why the kernel cannot go on, and halts with status 1.
    static func stop(_ reason: StaticString) -> Never {
        Log.line("stopped: ", .error).text(reason).end()
        halt(status: 1)
    }

    /// Resets the machine: by the keyboard controller, by the chip set's reset register, and at last by a triple fault.
    static func reboot() -> Never {
        SerialPort.drain()
        var patience: UInt32 = 100_000
        while port_read8(0x64) & 2 != 0, patience > 0 { patience -= 1 }
        port_write8(0x64, 0xFE)
        for _ in 0..<100_000 { port_write8(0x80, 0) }
        port_write8(0xCF9, 2)
        port_write8(0xCF9, 6)
        for _ in 0..<100_000 { port_write8(0x80, 0) }
        load_idt(0, 0)
        raise_invalid_opcode()
        while true { processor_halt() }
    }
}
