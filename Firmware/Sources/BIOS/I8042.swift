// The keyboard controller (IBM PC AT Technical Reference, "Keyboard Controller") and the keyboard behind it.

import Hardware

enum I8042 {
    private static let data: UInt16 = 0x60
    private static let status: UInt16 = 0x64
    private static let outputFull: UInt8 = 0x01
    private static let inputFull: UInt8 = 0x02
    /// Polls until something counts as absent.
    private static let limit: UInt32 = 20_000
    /// The same for a keyboard's self-test, which takes its time.
    private static let selfTestLimit: UInt32 = 200_000

    /// Tests controller and keyboard and leaves them translating to scan code set 1 with interrupts on.
    /// Returns whether a keyboard answers.
    static func initialize() -> Bool {
        guard port_read8(status) != 0xFF else { return false }
        command(0xAD)  // keyboard off
        command(0xA7)  // mouse off
        drain()
        command(0xAA)  // controller self-test
        guard receive() == 0x55 else { return false }
        command(0x60)  // write the command byte: translation, no mouse clock, no interrupts yet
        send(0x60)
        command(0xAE)  // keyboard on
        drain()
        let answers = resetKeyboard()
        command(0x60)
        send(0x61)  // interrupt on IRQ 1
        return answers
    }

    /// Command D1h: bit 1 of the output port is the A20 gate, bit 0 the processor's reset line.
    static func writeOutputPort(_ value: UInt8) {
        command(0xD1)
        send(value)
        waitForInput()
    }

    /// Command FFh: acknowledge, then "self-test passed". Then F4h: start scanning.
    private static func resetKeyboard() -> Bool {
        send(0xFF)
        guard receive() == 0xFA, receive(polls: selfTestLimit) == 0xAA else { return false }
        send(0xF4)
        return receive() == 0xFA
    }

    private static func command(_ byte: UInt8) {
        waitForInput()
        port_write8(status, byte)
    }

    private static func send(_ byte: UInt8) {
        waitForInput()
        port_write8(data, byte)
    }

    private static func waitForInput() {
        for _ in 0..<limit where port_read8(status) & inputFull == 0 {
            return
        }
    }

    /// The next byte, or nil if none comes.
    private static func receive(polls: UInt32 = limit) -> UInt8? {
        for _ in 0..<polls where port_read8(status) & outputFull != 0 {
            return port_read8(data)
        }
        return nil
    }

    private static func drain() {
        for _ in 0..<16 where port_read8(status) & outputFull != 0 {
            _ = port_read8(data)
        }
    }
}
