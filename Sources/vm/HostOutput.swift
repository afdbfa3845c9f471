import Console
import Foundation
import Machine

/// The machine's output on the host: serial port and debug console to files or standard output, warnings to standard
/// error.
final class HostOutput: OutputSink {
    private let serial: FileHandle?
    private let debugConsole: FileHandle?

    init(serial: FileHandle?, debugConsole: FileHandle?) {
        self.serial = serial
        self.debugConsole = debugConsole
    }

    func serialPort(_ port: Int, sent byte: UInt8) {
        guard port == 0 else { return }
        send(byte, to: serial)
    }

    func debugConsole(sent byte: UInt8) {
        send(byte, to: debugConsole)
    }

    func warning(_ message: String) {
        Self.complain("warning: \(message)")
    }

    private func send(_ byte: UInt8, to file: FileHandle?) {
        // A full disk or a closed pipe is no reason to stop the guest.
        try? file?.write(contentsOf: [byte])
    }
}

extension HostOutput {
    /// Opens what is closed of standard input, output and error as /dev/null. Otherwise the next file to be opened, a
    /// disk image perhaps, would get the free number, and with it everything that is printed.
    static func claimStandardFiles() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is the one that is missing.
            _ = open("/dev/null", O_RDWR)
        }
    }

    /// Says `message` on standard error.
    static func complain(_ message: String) {
        // Nobody listens where standard error is closed; that is no reason to stop.
        try? FileHandle.standardError.write(contentsOf: Data("vm: \(message)\n".utf8))
    }
}
