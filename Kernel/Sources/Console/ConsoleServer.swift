import InputChannel
import TerminalInput
import User

/// The console's first thread: serves programs, and takes what the other threads bring.
struct ConsoleServer {
    private let screen: Stream?
    private let serial: Stream?
    private var input = InputChannel()

    init(screen: Endpoint?, serial: Endpoint?) {
        self.screen = screen.map { Stream($0) }
        self.serial = serial.map { Stream($0) }
    }

    mutating func run() {
        // From now on the log is this process's to show; also what a predecessor has left.
        try? Notification(slot: DriverSlot.notification).bind(
            to: Service.driver.endpoint, badge: DriverSlot.interruptBadge)
        showLog()
        var buffer = InlineArray<512, UInt8>(repeating: 0)
        // Valid: `InlineArray` stores its elements contiguously, and the kernel writes no more than the buffer holds.
        withUnsafeMutableBytes(of: &buffer) { bytes in
            Service.driver.serve(buffer: bytes) { serve($0) }
        }
    }

    private mutating func serve(_ request: Request) {
        switch request.label {
        case StreamRequest.write:
            write(request.bytes)
            request.reply()
        case StreamRequest.clear:
            screen?.clear()
            // Terminals want ECMA-48's sequences: cursor home, erase all.
            serial?.print("\u{1B}[H\u{1B}[2J")
            request.reply()
        case StreamRequest.read: input.serveRead(request)
        // There are new lines in the kernel's log.
        case MessageLabel.notification where request.client == DriverSlot.interruptBadge: showLog()
        // From a thread of this process: programs have badges.
        case ConsoleRequest.input where request.client == 0:
            for byte in request.bytes { input.write(byte) }
            request.reply()
            takeInput()
        default: request.fail(StreamError.badRequest.rawValue)
        }
    }

    /// A driver that cannot be reached loses what is written; the other shows it.
    private func write(_ bytes: UnsafeRawBufferPointer) {
        try? screen?.write(bytes)
        guard let serial else { return }
        // A terminal wants a carriage return at the end of a line.
        var line = Text()
        for byte in bytes {
            if line.count + 2 > Text.capacity {
                serial.print(line)
                line = Text()
            }
            if byte == 0x0A { line.append(0x0D) }
            line.append(byte)
        }
        if line.count > 0 { serial.print(line) }
    }

    /// Shows what is new in the kernel's log, on the screen; to the serial line the kernel has written it.
    private func showLog() {
        try? KernelLog(slot: ProgramSlot.log).forEachLine(unshown: true) { _, text in
            try? screen?.write(text)
            screen?.print("\n")
        }
    }

    private mutating func takeInput() {
        // Control-C is for the program that keeps the shell waiting, also if it reads; if there is none, it is a byte
        // for whoever reads: the shell. The process manager never calls this server, so that calling it cannot end in
        // two waiting for each other.
        if input.containsInterrupt,
            let reply = try? Endpoint(slot: ProgramSlot.manager).call(Message(ManagerRequest.interruptKey)),
            reply.label == 0
        {
            input.removeInterrupts()
        }
        input.deliver()
    }
}
