/// The kernel's log: text screen and serial port, from the kernel's first line on.
///
///     Log.line("memory: ").decimal(kilobytes).text(" KiB").end()
struct Log: TextSink {
    func put(_ byte: UInt8) {
        TextScreen.put(byte)
        if byte == 0x0A { SerialPort.put(0x0D) }
        SerialPort.put(byte)
    }

    /// Begins a line.
    @discardableResult
    static func line(_ string: StaticString) -> Log { Log().text(string) }
}
