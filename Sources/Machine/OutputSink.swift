/// Where the machine's output goes. All calls come from the thread that runs the machine.
///
/// While the machine goes through its past again (``Machine/outputIsSilenced``) nothing is called. The screen is not
/// pushed but fetched: ``Machine/frame()``.
public protocol OutputSink: AnyObject {
    /// A serial port (0: COM1) has sent a byte.
    func serialPort(_ port: Int, sent byte: UInt8)
    /// A byte was written to the debug console, port 0xE9.
    func debugConsole(sent byte: UInt8)
    /// A byte was written to the POST code port 0x80.
    func powerOnSelfTest(code: UInt8)
    /// The speaker changed: its frequency in hertz, 0 when silent.
    func speaker(frequency: Double, nanoseconds: UInt64)
    /// The guest wrote to the exit port; ``Machine/run(until:)`` is about to return ``RunResult/exited(code:)``.
    func guestExited(code: Int32)
    /// The keyboard's lamps changed.
    func keyboardLamps(scrollLock: Bool, numLock: Bool, capsLock: Bool)
    /// Something the user should know about: a disk image that cannot be written, say. One line.
    func warning(_ message: String)
}

/// A sink need not care about everything.
extension OutputSink {
    public func serialPort(_ port: Int, sent byte: UInt8) {}
    public func debugConsole(sent byte: UInt8) {}
    public func powerOnSelfTest(code: UInt8) {}
    public func speaker(frequency: Double, nanoseconds: UInt64) {}
    public func guestExited(code: Int32) {}
    public func keyboardLamps(scrollLock: Bool, numLock: Bool, capsLock: Bool) {}
    public func warning(_ message: String) {}
}
