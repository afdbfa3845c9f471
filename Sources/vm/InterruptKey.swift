import Foundation
import Machine

/// Ctrl+C as a request to stop the machine, instead of the end of the program.
struct InterruptKey {
    private let source: any DispatchSourceSignal

    init(_ queue: InputQueue) {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { queue.requestStop() }
        source.resume()
    }

    /// Gives Ctrl+C its usual meaning back.
    func cancel() {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }
}
