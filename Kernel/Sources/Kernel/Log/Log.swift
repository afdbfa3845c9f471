/// The kernel's log: text screen and serial port, from the kernel's first line on.
///
///     Log.line("memory: ").decimal(kilobytes).text(" KiB").end()
struct Log: TextSink {
    func put(_ byte: UInt8) {
        TextScreen.put(byte)
        switch byte {
        case 0x0A:
            SerialPort.put(0x0D)
            SerialPort.put(byte)
        case 0x0C:
            // A form feed clears the screen; terminals want ECMA-48's sequences for it: cursor home, erase all.
            let sequence: StaticString = "\u{1B}[H\u{1B}[2J"
            for index in 0..<sequence.utf8CodeUnitCount { SerialPort.put(sequence.utf8Start[index]) }
        default:
            SerialPort.put(byte)
        }
    }

    /// Begins a line.
    @discardableResult
    static func line(_ string: StaticString) -> Log { Log().text(string) }
}
