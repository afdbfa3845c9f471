import Processor

/// The machine's bus, and somebody who hears what goes over its ports.
final class PortTap: Bus {
    /// A port, the element's size, and the value. Of a block the first element, and how many there are.
    typealias Listener = (_ isInput: Bool, _ port: UInt16, _ size: Int, _ value: UInt32, _ count: Int) -> Void

    let bus: any Bus
    private let listener: Listener

    init(_ bus: any Bus, listener: @escaping Listener) {
        self.bus = bus
        self.listener = listener
    }

    func readPort(_ port: UInt16, size: Int) -> UInt32 {
        let value = bus.readPort(port, size: size)
        listener(true, port, size, value, 1)
        return value
    }

    func writePort(_ port: UInt16, size: Int, value: UInt32) {
        listener(false, port, size, value, 1)
        bus.writePort(port, size: size, value: value)
    }

    func readPort(_ port: UInt16, size: Int, into target: UnsafeMutableRawBufferPointer) -> Int {
        let count = bus.readPort(port, size: size, into: target)
        if count > 0 { listener(true, port, size, Self.first(UnsafeRawBufferPointer(target), size), count) }
        return count
    }

    func writePort(_ port: UInt16, size: Int, from source: UnsafeRawBufferPointer) -> Int {
        let value = Self.first(source, size)
        let count = bus.writePort(port, size: size, from: source)
        if count > 0 { listener(false, port, size, value, count) }
        return count
    }

    private static func first(_ bytes: UnsafeRawBufferPointer, _ size: Int) -> UInt32 {
        bytes.prefix(size).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    func readMMIO(_ address: UInt32, size: Int) -> UInt32 { bus.readMMIO(address, size: size) }
    func writeMMIO(_ address: UInt32, size: Int, value: UInt32) { bus.writeMMIO(address, size: size, value: value) }
    func acknowledgeInterrupt() -> UInt8 { bus.acknowledgeInterrupt() }
    func numericErrorChanged(_ isAsserted: Bool) { bus.numericErrorChanged(isAsserted) }
}
