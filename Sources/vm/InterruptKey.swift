import Foundation

/// Ctrl+C as something that is done, instead of the end of the program.
struct InterruptKey {
    private let source: any DispatchSourceSignal

    init(_ action: @escaping @Sendable () -> Void) {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler(handler: action)
        // Until the source is registered the signal is lost.
        let registered = DispatchSemaphore(value: 0)
        source.setRegistrationHandler { registered.signal() }
        source.resume()
        registered.wait()
    }

    /// Gives Ctrl+C its usual meaning back.
    func cancel() {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }
}
