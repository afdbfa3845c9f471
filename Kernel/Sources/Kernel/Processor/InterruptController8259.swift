import KernelAssembly

/// The two 8259A interrupt controllers of a PC: lines 0-7 and, through line 2 of the first, 8-15. They deliver vectors
/// 32-47, behind the processor's exceptions.
enum InterruptController8259 {
    private static var firstCommand: UInt16 { 0x20 }
    private static var firstData: UInt16 { 0x21 }
    private static var secondCommand: UInt16 { 0xA0 }
    private static var secondData: UInt16 { 0xA1 }

    static var firstVector: UInt32 { 32 }

    private nonisolated(unsafe) static var mask: UInt16 = 0xFFFB

    /// Initialises both with all lines masked but the cascade.
    static func initialise() {
        write(firstCommand, 0x11)  // ICW1: edge triggered, cascade, ICW4 follows
        write(secondCommand, 0x11)
        write(firstData, UInt8(truncatingIfNeeded: firstVector))  // ICW2
        write(secondData, UInt8(truncatingIfNeeded: firstVector + 8))
        write(firstData, 4)  // ICW3: the second one is on line 2
        write(secondData, 2)
        write(firstData, 1)  // ICW4: 8086 mode
        write(secondData, 1)
        mask = 0xFFFB
        writeMask()
    }

    static func enable(_ line: UInt32) {
        mask &= ~(1 << UInt16(line & 15))
        writeMask()
    }

    static func disable(_ line: UInt32) {
        mask |= 1 << UInt16(line & 15)
        writeMask()
    }

    /// Whether an interrupt of line 7 or 15 is not one: noise made the controller answer with its lowest line, which
    /// then is not in service (8259A data sheet, "the interrupt request").
    static func isSpurious(_ line: UInt32) -> Bool {
        guard line == 7 || line == 15 else { return false }
        let command = line == 7 ? firstCommand : secondCommand
        write(command, 0x0B)  // OCW3: read the in-service register
        guard port_read8(command) & 0x80 == 0 else { return false }
        if line == 15 { write(firstCommand, 0x20) }  // the cascade line's interrupt was real
        return true
    }

    /// Whether a line that is not masked asks for an interrupt.
    static var isPending: Bool {
        (UInt16(requests(firstCommand)) | UInt16(requests(secondCommand)) << 8) & ~mask != 0
    }

    /// Whether line 0 asks for an interrupt.
    static var isTimerPending: Bool { requests(firstCommand) & 1 != 0 }

    /// The lines of a controller that ask for an interrupt.
    private static func requests(_ command: UInt16) -> UInt8 {
        write(command, 0x0A)  // OCW3: read the interrupt request register
        return port_read8(command)
    }

    static func endOfInterrupt(_ line: UInt32) {
        if line >= 8 { write(secondCommand, 0x20) }
        write(firstCommand, 0x20)
    }

    private static func writeMask() {
        write(firstData, UInt8(truncatingIfNeeded: mask))
        write(secondData, UInt8(truncatingIfNeeded: mask >> 8))
    }

    private static func write(_ port: UInt16, _ value: UInt8) {
        port_write8(port, value)
        // Old boards need a pause between two accesses: a write to the POST port takes about 1 us.
        port_write8(0x80, 0)
    }
}
