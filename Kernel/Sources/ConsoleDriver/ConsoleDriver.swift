// The console driver: the person's side of the machine, as a process.
//
// Constraint: input comes from two devices, a PS/2 keyboard and a serial line, when it pleases; output is asked for by
// several programs; and none of them should be able to stop the others by not listening.
//
// Choice: one thread and one endpoint. Interrupts arrive there as messages, like requests. Whoever wants to read while
// there is nothing to read has its reply saved, and is answered when a byte comes; the driver itself never waits for
// anybody but on that endpoint. Output goes through the kernel's log, which owns the screen as long as the system is
// this young.
//
// Example: A pressed on the keyboard: message from line 1, scan code 1E, byte 61 ("a") into the queue, reply to the
// shell's saved call with that byte; the shell answers with a request to write "a".

import User

@main
struct ConsoleDriver {
    static func main() {
        var driver = ConsoleServer()
        driver.run()
    }
}
