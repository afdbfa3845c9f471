import KernelABI
import KernelAssembly
import KernelLogic

/// The kernel's log: text screen and serial port, from the kernel's first line on, and the last lines in memory, for
/// whoever has a capability to read them later (`SystemCall.logRead`).
///
///     Log.line("memory: ").decimal(kilobytes).text(" KiB").end()
struct Log: TextSink {
    var level = LogLevel.information

    private nonisolated(unsafe) static var ring = LogRing(
        memory: UnsafeMutableRawBufferPointer(start: nil, count: 0))

    static func initialise() {
        // Valid for good: memory of the kernel's own that nothing else uses.
        ring = LogRing(
            memory: UnsafeMutableRawBufferPointer(start: address_of_log_memory(), count: Int(size_of_log_memory())))
    }

    func put(_ byte: UInt8) {
        Self.ring.append(byte, level: level.rawValue, milliseconds: Clock.milliseconds)
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
    static func line(_ string: StaticString, _ level: LogLevel = .information) -> Log { Log(level: level).text(string) }

    /// Copies lines from a position on; see `LogRing.read`.
    static func read(_ position: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> (count: Int, next: UInt32) {
        ring.read(position, into: buffer)
    }
}
