import Machine
import Synchronization

/// Consoles: where a person meets the machine.
///
/// Constraint: one thread owns a `Machine`, and a window system wants its events handled by the main thread. So the two
/// meet only in values: input goes into the machine's `InputQueue`, and what there is to see comes out as a `Frame` and
/// a `MachineStatus` in a ``Display``. `MachineRunner` fills the display on the machine's thread; `SDLConsole`,
/// `TerminalConsole` or nobody (headless) looks at it on the main thread.
///
///     machine's thread                     main thread
///     MachineRunner.run ── Display ──────▶ SDLConsole.run
///            ▲                                   │
///            └───────────── InputQueue ◀─────────┘
public final class Display: Sendable {
    private struct Contents {
        var frame: Frame?
        var generation: UInt64 = 0
        var status = MachineStatus()
        var exitCode: Int32?
    }

    private let contents = Mutex(Contents())

    public init() {}

    /// Shows `frame` from now on.
    func publish(_ frame: Frame) {
        contents.withLock {
            $0.frame = frame
            $0.generation += 1
        }
    }

    func publish(_ status: MachineStatus) {
        contents.withLock { $0.status = status }
    }

    /// Ends the console's loop: there is nothing more to show. `code` becomes the program's exit code.
    public func finish(code: Int32) {
        contents.withLock { $0.exitCode = code }
    }

    /// The latest frame, if it is newer than generation `seen`, which is brought up to date.
    func frame(newerThan seen: inout UInt64) -> Frame? {
        contents.withLock { contents in
            guard contents.generation != seen else { return nil }
            seen = contents.generation
            return contents.frame
        }
    }

    /// The latest frame.
    public var frame: Frame? { contents.withLock { $0.frame } }
    var status: MachineStatus { contents.withLock { $0.status } }
    /// The code given to ``finish(code:)``, or nil while the machine is there.
    var exitCode: Int32? { contents.withLock { $0.exitCode } }
}

/// What a console's title or status line says.
public struct MachineStatus: Sendable, Equatable {
    public enum Activity: String, Sendable {
        case starting, running, idle, halted, stopped
    }

    public var activity = Activity.starting
    /// Steps per second of host time, in millions, over the last half second; 0 while idle.
    public var millionStepsPerSecond = 0.0

    /// A few words for a title bar.
    var summary: String {
        guard activity == .running else { return activity.rawValue }
        let tenths = Int((millionStepsPerSecond * 10).rounded())
        return "running, \(tenths / 10).\(tenths % 10) million steps/s"
    }
}
