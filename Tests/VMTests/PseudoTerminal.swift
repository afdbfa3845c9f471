import Foundation
import ProcessTestSupport
import TerminalTestSupport

/// The emulator at a terminal that the test plays.
final class PseudoTerminal {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let process = Process()
    private let leader: Int32
    /// Everything that the program has sent to the terminal.
    private(set) var received = ""
    /// What it shows, if it is a program that fills the screen.
    private(set) var screen: TerminalScreen

    /// Starts the program on a terminal of the given size.
    init(_ arguments: [String], columns: UInt16, rows: UInt16, environment: [String: String] = [:]) throws {
        screen = TerminalScreen(columns: Int(columns), rows: Int(rows))
        // Swift's Glibc module has no posix_openpt; these are the requests of pty(7) that it would make.
        let unlock: UInt = 0x4004_5431  // TIOCSPTLCK
        let askNumber: UInt = 0x8004_5430  // TIOCGPTN
        leader = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var isLocked: Int32 = 0
        var number: UInt32 = 0
        guard leader >= 0, ioctl(leader, unlock, &isLocked) == 0, ioctl(leader, askNumber, &number) == 0 else {
            throw Failure(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
        }
        let follower = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        guard follower >= 0 else { throw Failure(description: "no pseudo-terminal") }
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(follower, UInt(TIOCSWINSZ), &size)
        let handle = FileHandle(fileDescriptor: follower, closeOnDealloc: true)
        process.executableURL = BuiltEmulator.executable
        process.arguments = arguments
        process.currentDirectoryURL = BuiltEmulator.repository
        process.environment = ["PATH": "/usr/bin:/bin", "TERM": "xterm"].merging(environment) { $1 }
        process.standardInput = handle
        process.standardOutput = handle
        process.standardError = handle
        try process.runHearingSignals()
    }

    deinit {
        close(leader)
    }

    func resize(columns: UInt16, rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(leader, UInt(TIOCSWINSZ), &size)
        screen.resize(columns: Int(columns), rows: Int(rows))
    }

    /// Whether the terminal is in its usual state: whole lines, echoed.
    var echoesLines: Bool {
        var attributes = termios()
        return tcgetattr(leader, &attributes) == 0
            && attributes.c_lflag & tcflag_t(ICANON | ECHO) == tcflag_t(ICANON | ECHO)
    }

    /// Makes the terminal one of whole lines again, as a shell does whose job was stopped.
    func restoreLines() {
        var attributes = termios()
        tcgetattr(leader, &attributes)
        attributes.c_lflag |= tcflag_t(ICANON | ECHO | ISIG)
        tcsetattr(leader, TCSANOW, &attributes)
    }

    /// Whether the program is stopped within a minute.
    func waitsUntilStopped() -> Bool {
        for _ in 0..<600 {
            let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
            if status?.split(separator: ")").last?.hasPrefix(" T") == true { return true }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return false
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(leader, bytes, bytes.count)
    }

    /// Collects output until `isWanted` says so of everything received, with colours and cursor movements left out, or
    /// until a minute has passed. Returns whether it came.
    func wait(until isWanted: (String) -> Bool) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        for _ in 0..<600 {
            if isWanted(text) { return true }
            var descriptor = pollfd(fd: leader, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 100) > 0 else { continue }
            let count = read(leader, &buffer, buffer.count)
            guard count > 0 else { return isWanted(text) }
            received += String(decoding: buffer[..<count], as: UTF8.self)
            screen.show(buffer[..<count])
        }
        return false
    }

    /// Collects output until the screen shows a text, or until a minute has passed. Returns whether it came.
    func waits(for text: String) -> Bool { wait { [unowned self] _ in screen.text.contains(text) } }

    /// What was received, without control sequences.
    var text: String {
        var text = ""
        var rest = received[...]
        while let character = rest.popFirst() {
            guard character == "\u{1B}" else {
                text.append(character)
                continue
            }
            // CSI: parameters up to a final byte from "@" on. Each begins a new run of text.
            if rest.first == "[" { rest.removeFirst() }
            while let next = rest.popFirst(), next < "@" {}
            text.append("\n")
        }
        return text
    }
}

// POSIX functions that Swift's `Glibc` module does not show (stdlib.h hides them without _XOPEN_SOURCE).
@_silgen_name("posix_openpt")
private func posix_openpt(_ flags: Int32) -> Int32
@_silgen_name("grantpt")
private func grantpt(_ leader: Int32) -> Int32
@_silgen_name("unlockpt")
private func unlockpt(_ leader: Int32) -> Int32
@_silgen_name("ptsname")
private func ptsname(_ leader: Int32) -> UnsafeMutablePointer<CChar>?
