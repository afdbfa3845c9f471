// The console: screen, keyboard and serial line as the one thing that a person sits at. It has no device; it is a
// client of three drivers and the server of all programs.
//
// Constraint: input comes from two drivers when it pleases; output is asked for by several programs; none of them may
// be able to stop the others by not listening; and if everybody called everybody, two would sooner or later wait for
// each other. Choice: calls go down only, from programs to the console and from the console to drivers. Two further
// threads read, one from each driver of input, and bring what they get to the endpoint at which the first thread serves
// everybody. Whoever wants to read while there is nothing to read has its reply saved, and is answered when a byte
// comes. A driver that dies is called again when it has been started again; its endpoint outlives it. The kernel's log
// shows on the screen too: the kernel leaves that to the console as soon as it asks for the lines.
//
// Example: A pressed on the keyboard: interrupt to the keyboard driver, byte 61 ("a") to the thread that reads from it,
// from there to the first thread, reply to the shell's saved call; the shell asks to write "a", which goes to screen
// and serial line.

import User

@main
struct Console {
    static func main() {
        for index in 0..<2 {
            guard let service = try? Service.find(index == 0 ? "keyboard" : "serial") else { continue }
            Readers.sources[index] = service.endpoint
        }
        var server = ConsoleServer(
            screen: try? Service.find("screen").endpoint, serial: Readers.sources[1])
        _ = try? Thread.start { Readers.read(0) }
        _ = try? Thread.start { Readers.read(1) }
        server.run()
    }
}

/// The labels of what only the console itself sends to itself.
enum ConsoleRequest {
    /// Bytes that came from a driver.
    static var input: UInt32 { 100 }
}

/// The threads that read.
enum Readers {
    /// Where they read from: keyboard, serial line.
    nonisolated(unsafe) static var sources: InlineArray<2, Endpoint?> = [nil, nil]

    /// Brings what a driver has to the console's first thread, for ever.
    static func read(_ index: Int) -> Never {
        var buffer = InlineArray<64, UInt8>(repeating: 0)
        while true {
            // Valid: `InlineArray` stores its elements contiguously, and no more than 64 bytes come back.
            withUnsafeMutableBytes(of: &buffer) { bytes in
                guard let source = sources[index], let count = try? Stream(source).read(into: bytes) else {
                    // It is being started again, or will never be.
                    return Thread.sleep(milliseconds: 200)
                }
                _ = try? Service.driver.endpoint.call(
                    Message(ConsoleRequest.input),
                    bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]))
            }
        }
    }
}
