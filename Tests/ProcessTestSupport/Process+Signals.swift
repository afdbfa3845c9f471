import Foundation

extension Process {
    /// Starts the program so that `terminate()` ends it.
    ///
    /// Swift's own threads block all signals, and a child inherits that: started by `run()` from a test it would not
    /// hear SIGTERM.
    public func runHearingSignals() throws {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try run()
    }
}
