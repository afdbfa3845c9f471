import Foundation

/// A signal as something that is done, instead of the end of the program: Ctrl+C, or somebody's `kill`.
struct SignalAction {
    private let number: Int32
    private let source: any DispatchSourceSignal

    init(_ number: Int32, _ action: @escaping @Sendable () -> Void) {
        self.number = number
        signal(number, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: action)
        // Until the source is registered the signal is lost.
        let registered = DispatchSemaphore(value: 0)
        source.setRegistrationHandler { registered.signal() }
        source.resume()
        registered.wait()
    }

    /// Gives the signal its usual meaning back.
    func cancel() {
        source.cancel()
        signal(number, SIG_DFL)
    }
}
