import Foundation

/// A serial line for a process that wants a terminal by name.
final class PseudoTerminal {
    /// Our end.
    let descriptor: Int32
    /// The name of the other end.
    let name: String
    /// Held open, so that our end never hangs up.
    private let otherEnd: Int32

    init() throws {
        // Swift's Glibc module has no posix_openpt; these are the requests of pty(7) that it would make.
        let unlock: UInt = 0x4004_5431  // TIOCSPTLCK
        let askNumber: UInt = 0x8004_5430  // TIOCGPTN
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var isLocked: Int32 = 0
        var number: UInt32 = 0
        guard descriptor >= 0, ioctl(descriptor, unlock, &isLocked) == 0, ioctl(descriptor, askNumber, &number) == 0
        else {
            throw BenchFailure("no pseudo terminal can be had")
        }
        name = "/dev/pts/\(number)"
        otherEnd = open(name, O_RDWR | O_NOCTTY)
        var settings = termios()
        tcgetattr(otherEnd, &settings)
        cfmakeraw(&settings)
        tcsetattr(otherEnd, TCSANOW, &settings)
    }

    deinit {
        close(otherEnd)
        close(descriptor)
    }
}
