import KernelABI
import KernelAssembly
import KernelLogic

/// The kernel's log: text screen and serial port, from the kernel's first line on, and the last lines in memory, for
/// whoever has a capability to read them later (`SystemCall.logRead`).
///
/// Two who write to a screen get in each other's way. So the kernel leaves the screen to the first who asks for the
/// lines that nobody has shown yet, and from then on writes to memory and the serial port only, until it has failed or
/// the machine stops: then there is nobody else left.
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

    /// Whether the screen is the kernel's; and where in the ring the lines begin that are not on it.
    private nonisolated(unsafe) static var hasScreen = true
    private nonisolated(unsafe) static var unshown: UInt32 = 0

    func put(_ byte: UInt8) {
        Self.ring.append(byte, level: level.rawValue, milliseconds: Clock.milliseconds)
        if Self.hasScreen {
            TextScreen.put(byte)
            Self.unshown = Self.ring.end
        }
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

    /// Copies lines that are not on the screen, and leaves the screen to whoever wants them.
    static func readUnshown(into buffer: UnsafeMutableRawBufferPointer) -> (count: Int, next: UInt32) {
        hasScreen = false
        let result = ring.read(unshown, into: buffer)
        unshown = result.next
        return result
    }

    /// Takes the screen back, and shows what is missing: nobody else will.
    static func takeScreen() {
        guard !hasScreen else { return }
        hasScreen = true
        ring.forEachByte(from: unshown) { TextScreen.put($0) }
        unshown = ring.end
    }

    /// Copies lines from a position on; see `LogRing.read`.
    static func read(_ position: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> (count: Int, next: UInt32) {
        ring.read(position, into: buffer)
    }
}
