import Machine
import Synchronization

/// Collects what comes out of a machine's COM1.
final class SerialLog: OutputSink {
    private let received = Mutex<[UInt8]>([])

    var text: String { received.withLock { String(decoding: $0, as: UTF8.self) } }

    func serialPort(_ port: Int, sent byte: UInt8) {
        if port == 0 { received.withLock { $0.append(byte) } }
    }
}
