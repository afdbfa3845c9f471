import Console
import Foundation
import Machine
import Synchronization
import Terminal

/// Keys of a terminal, heard on a thread of their own: for the debugger's screen, or, while the guest runs, to stop it
/// or for the guest itself.
final class Keyboard: Sendable {
    private struct State {
        /// What the screen has not taken yet.
        var typed: [UInt8] = []
        /// Since when the guest runs, if it does.
        var runsSince: ContinuousClock.Instant?
        /// The guest's own keyboard, if what is typed goes there.
        var guestKeys: TerminalKeys?
        /// Nothing more will come.
        var hasEnded = false
        /// The thread is to end.
        var isStopping = false
    }

    private let state = Mutex(State())
    private let news = DispatchSemaphore(value: 0)
    private let hasStopped = DispatchSemaphore(value: 0)
    private let guest: InputQueue

    /// How long the guest runs before a key is one that stops it: somebody who types fast is ahead of a step.
    private static let patience = Duration.milliseconds(200)

    /// - Parameter guest: where its keys go, and where a stop is asked for.
    init(guest: InputQueue) {
        self.guest = guest
    }

    /// Begins to listen.
    func listen(to input: Terminal.Input) {
        let thread = Thread { [self] in
            // Short enough for nobody to type into a thread that is about to stop.
            while !state.withLock({ $0.isStopping }) {
                let bytes = input.read(waitingMilliseconds: 20)
                if bytes != [] { hear(bytes) }
                if bytes == nil { break }
            }
            hasStopped.signal()
        }
        thread.name = "keyboard"
        thread.start()
    }

    /// Ends the thread: whoever comes next may have the terminal.
    func stop() {
        state.withLock { $0.isStopping = true }
        hasStopped.wait()
    }

    /// - Parameter bytes: nil at the end of the input.
    private func hear(_ bytes: [UInt8]?) {
        let stopsGuest = state.withLock { state in
            guard let bytes else {
                state.hasEnded = true
                return state.runsSince != nil
            }
            if var keys = state.guestKeys {
                let actions = keys.translate(bytes)
                state.guestKeys = keys
                for case .input(let event) in actions { guest.append(event) }
                return actions.contains(.leave)
            }
            // Ctrl+C means now.
            let isAhead = state.runsSince.map { .now - $0 < Self.patience && !bytes.contains(0x03) } ?? true
            // The key that stops the guest means nothing else.
            if isAhead { state.typed += bytes }
            return !isAhead
        }
        if stopsGuest { guest.requestStop() }
        news.signal()
    }

    /// Ctrl+C came as a signal: stops the guest, or ends the input.
    func interrupt() {
        let runs = state.withLock { state in
            if state.runsSince == nil { state.hasEnded = true }
            return state.runsSince != nil
        }
        if runs { guest.requestStop() }
        news.signal()
    }

    /// From now on keys stop the guest, or go to it until Ctrl+] stops it.
    func guestRuns(hasKeyboard: Bool) {
        let hasEnded = state.withLock { state in
            state.runsSince = .now
            state.guestKeys = hasKeyboard ? TerminalKeys() : nil
            return state.hasEnded
        }
        if hasEnded { guest.requestStop() }
    }

    /// From now on keys are for the screen.
    func guestStands() {
        state.withLock { state in
            state.runsSince = nil
            state.guestKeys = nil
        }
    }

    /// What was typed: waits a tenth of a second for something; empty if nothing was, nil at the end.
    func next() -> [UInt8]? {
        while true {
            let isTimedOut = news.wait(timeout: .now() + .milliseconds(100)) == .timedOut
            let typed: [UInt8]? = state.withLock { state in
                guard !state.hasEnded else { return nil }
                defer { state.typed = [] }
                return state.typed
            }
            if typed != [] || isTimedOut { return typed }
        }
    }
}
