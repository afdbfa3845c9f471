import Foundation
import Machine
import Synchronization
import Terminal

/// Keys of a terminal, heard on a thread of their own: for the screen, or, while the guest runs, to stop it.
final class Keyboard: Sendable {
    private struct State {
        var typed: [UInt8] = []
        /// Since when the guest runs, if it does.
        var guestRuns: ContinuousClock.Instant?
        var hasEnded = false
        var isStopping = false
    }

    private let state = Mutex(State())
    private let news = DispatchSemaphore(value: 0)
    private let hasStopped = DispatchSemaphore(value: 0)
    private let guest: InputQueue

    /// How long the guest runs before a key is one that stops it.
    private static let patience = Duration.milliseconds(200)

    /// - Parameter guest: where a stop is asked for.
    init(guest: InputQueue) {
        self.guest = guest
    }

    /// Begins to listen.
    func listen(to input: Terminal.Input) {
        let thread = Thread { [self] in
            // Short enough for nobody to type into a thread that is about to stop.
            while !state.withLock({ $0.isStopping }) {
                let bytes = input.read(waitingMilliseconds: 20)
                hear(bytes)
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

    private func hear(_ bytes: [UInt8]?) {
        guard bytes.map({ !$0.isEmpty }) ?? true else { return }
        let stopsGuest = state.withLock { state in
            if let bytes {
                // Somebody who types fast is ahead of a step. But Ctrl+C means now.
                let isAhead = state.guestRuns.map { .now - $0 < Self.patience } ?? true
                if isAhead, !bytes.contains(0x03) {
                    state.typed += bytes
                    return false
                }
                // The key that stops the guest means nothing else.
                if state.guestRuns == nil { state.typed += bytes }
            } else {
                state.hasEnded = true
            }
            return state.guestRuns != nil
        }
        if stopsGuest { guest.requestStop() }
        news.signal()
    }

    /// Ctrl+C came as a signal: stops the guest, or ends the input.
    func interrupt() {
        let runs = state.withLock { state in
            if state.guestRuns == nil { state.hasEnded = true }
            return state.guestRuns != nil
        }
        if runs { guest.requestStop() }
        news.signal()
    }

    /// Whether keys are to stop the guest from now on.
    func guestRuns(_ runs: Bool) {
        let hasEnded = state.withLock { state in
            state.guestRuns = runs ? .now : nil
            return state.hasEnded
        }
        if runs, hasEnded { guest.requestStop() }
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
