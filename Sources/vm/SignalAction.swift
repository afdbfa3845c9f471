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

    /// Whether the signal was ignored when the program was started, as `nohup` does: then it is to stay so.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Gives the signal its usual meaning back.
    func cancel() {
        source.cancel()
        signal(number, SIG_DFL)
    }
}
