// The serial driver: COM1, as a stream of bytes in both directions. What a line's end looks like is not its business.

import InputChannel
import User

@main
struct SerialDriver {
    static func main() {
        var port = SerialPort16550()
        var input = InputChannel()
        port.start(&input)
        // Bytes that came before the interrupts were wanted; and a predecessor may have died without acknowledging.
        port.drain(into: &input)
        Interrupt.acknowledge(DriverSlot.line)

        var buffer = InlineArray<512, UInt8>(repeating: 0)
        // Valid: `InlineArray` stores its elements contiguously, and the kernel writes no more than the buffer holds.
        withUnsafeMutableBytes(of: &buffer) { bytes in
            Service.driver.serve(buffer: bytes) { request in
                switch request.label {
                case _ where request.isInterrupt:
                    port.drain(into: &input)
                    input.deliver()
                    Interrupt.acknowledge(DriverSlot.line)
                case StreamRequest.write:
                    port.send(request.bytes)
                    request.reply()
                case StreamRequest.read: input.serveRead(request)
                default: request.fail(StreamError.badRequest.rawValue)
                }
            }
        }
    }
}
