// The console driver: the person's side of the machine, as a process.
//
// Constraint: input comes from two devices, a PS/2 keyboard and a serial line, when it pleases; output is asked for by
// several programs; and none of them should be able to stop the others by not listening.
//
// Choice: one thread and one endpoint. Interrupts arrive there as messages, like requests. Whoever wants to read while
// there is nothing to read has its reply saved, and is answered when a byte comes; the driver itself never waits for
// anybody but on that endpoint. Output goes through the kernel's log, which owns the screen as long as the system is
// this young.
//
// Example: A pressed on the keyboard: message from line 1, scan code 1E, byte 61 ("a") into the queue, reply to the
// shell's saved call with that byte; the shell answers with a request to write "a".

import CUser
import TerminalInput
import User

@main
struct ConsoleDriver {
    static func main() {
        var driver = ConsoleServer()
        driver.run()
    }
}

/// Bytes that were typed and not yet read. A full queue drops what comes next.
struct InputQueue: ByteSink {
    private var bytes = InlineArray<256, UInt8>(repeating: 0)
    private var first: UInt8 = 0
    private(set) var count = 0

    mutating func write(_ byte: UInt8) {
        guard count < 256 else { return }
        bytes[Int(first &+ UInt8(truncatingIfNeeded: count))] = byte
        count += 1
    }

    /// Copies the first bytes without taking them out; returns how many.
    func copy(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let copied = min(count, buffer.count)
        for index in 0..<copied { buffer[index] = bytes[Int(first &+ UInt8(truncatingIfNeeded: index))] }
        return copied
    }

    /// Takes every Control-C out, and what was typed before the last one; returns whether there was any.
    mutating func removeInterrupts() -> Bool {
        var last: Int?
        for index in 0..<count where bytes[Int(first &+ UInt8(truncatingIfNeeded: index))] == 0x03 { last = index }
        guard let last else { return false }
        remove(last + 1)
        return true
    }

    /// Takes the first bytes out.
    mutating func remove(_ number: Int) {
        let removed = min(max(number, 0), count)
        first = first &+ UInt8(truncatingIfNeeded: removed)
        count -= removed
    }
}
