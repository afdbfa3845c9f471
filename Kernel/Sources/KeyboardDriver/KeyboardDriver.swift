// The keyboard driver: a PS/2 keyboard as a stream to read from. Keys that are no characters are what a terminal would
// send.

import InputChannel
import User

@main
struct KeyboardDriver {
    static func main() {
        var keyboard = Keyboard8042()
        var input = InputChannel()
        keyboard.start()
        // Keys that were pressed before the interrupts were wanted; and a predecessor may have died without
        // acknowledging.
        keyboard.drain(into: &input)
        Interrupt.acknowledge(DriverSlot.line)
        Service.driver.serve { request in
            switch request.label {
            case _ where request.isInterrupt:
                keyboard.drain(into: &input)
                input.deliver()
                Interrupt.acknowledge(DriverSlot.line)
            case StreamRequest.read: input.serveRead(request)
            default: request.fail(StreamError.badRequest.rawValue)
            }
        }
    }
}
