import TerminalInput
import User

/// The driver's one loop, and what it knows about who waits.
struct ConsoleServer {
    private let endpoint = Endpoint(slot: DriverSlot.endpoint)
    private let log = KernelLog(slot: DriverSlot.log)
    private var keyboard = Keyboard8042()
    private var serial = SerialInput16550()
    private var queue = InputQueue()
    private var readers = ReaderQueue()

    mutating func run() -> Never {
        keyboard.start()
        serial.start()
        // Bytes that came before the interrupts were wanted; and a predecessor may have died without acknowledging.
        takeInput()
        Interrupt.acknowledge(DriverSlot.keyboardLine)
        Interrupt.acknowledge(DriverSlot.serialLine)

        var buffer = InlineArray<512, UInt8>(repeating: 0)
        var isServing = true
        while isServing {
            // Valid: `InlineArray` stores its elements contiguously, and the kernel writes no more than the buffer
            // holds.
            withUnsafeMutableBytes(of: &buffer) { bytes in
                guard let message = try? endpoint.receive(bytes) else {
                    isServing = false
                    return
                }
                serve(message, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<message.length]))
            }
        }
        // Without its endpoint the driver is of no use; the process manager starts another.
        Manager.exit(status: 1)
    }

    private mutating func serve(_ message: ReceivedMessage, _ bytes: UnsafeRawBufferPointer) {
        if message.badge & DriverSlot.interruptBadge != 0 {
            guard message.label == MessageLabel.interrupt else { return }
            takeInput()
            Interrupt.acknowledge(message.word0 == 1 ? DriverSlot.keyboardLine : DriverSlot.serialLine)
            return
        }
        switch message.label {
        case ConsoleRequest.write:
            log.write(bytes)
            try? Endpoint.reply(Message(0))
        case ConsoleRequest.clear:
            log.write("\u{C}")
            try? Endpoint.reply(Message(0))
        case ConsoleRequest.read:
            guard message.wantsReply else { return }
            if readers.append(maximum: message.word0) { deliver() } else { try? Endpoint.reply(Message(1)) }
        default:
            if message.wantsReply { try? Endpoint.reply(Message(1)) }
        }
    }

    /// Takes everything that the devices have, and hands it out.
    private mutating func takeInput() {
        keyboard.drain(into: &queue)
        serial.drain(into: &queue)
        deliver()
        // Control-C that nobody reads is for the program that keeps the shell waiting, if there is one. The process
        // manager never calls this driver, so that calling it cannot end in two waiting for each other.
        guard readers.isEmpty, queue.containsInterrupt,
            let reply = try? Endpoint(slot: ProgramSlot.manager).call(Message(ManagerRequest.interruptKey))
        else { return }
        if reply.label == 0 { queue.removeInterrupts() }
    }

    /// Answers those who wait, as far as there is input.
    private mutating func deliver() {
        var bytes = InlineArray<256, UInt8>(repeating: 0)
        while queue.count > 0, let reader = readers.first {
            // Valid: `InlineArray` stores its elements contiguously, and `count` is no more than there are.
            withUnsafeMutableBytes(of: &bytes) { buffer in
                let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(reader.maximum, buffer.count)])
                let count = queue.copy(to: wanted)
                // A reader that is gone, or whose buffer is smaller than it said, loses its turn, not the input.
                let answer = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
                if (try? Endpoint.reply(to: reader.slot, Message(0), bytes: answer)) != nil { queue.remove(count) }
            }
            readers.removeFirst()
        }
    }
}

/// Who waits for input, first come, first served: replies saved in slots of this process's table.
struct ReaderQueue {
    private static var capacity: Int { 8 }

    private var maxima = InlineArray<8, UInt32>(repeating: 0)
    private var head = 0
    private var count = 0

    var isEmpty: Bool { count == 0 }

    private func slot(_ index: Int) -> UInt32 { DriverSlot.firstReader + UInt32(index) }

    /// Saves the call received last. Returns whether there was room.
    mutating func append(maximum: UInt32) -> Bool {
        guard count < Self.capacity, maximum > 0 else { return false }
        let index = (head + count) % Self.capacity
        // The slot may still hold the call of a reader that is gone.
        try? Capabilities.delete(slot(index))
        guard (try? Endpoint.saveReply(in: slot(index))) != nil else { return false }
        maxima[index] = maximum
        count += 1
        return true
    }

    /// Who is next: the slot of its saved call, and how many bytes it wants.
    var first: (slot: UInt32, maximum: Int)? {
        count > 0 ? (slot(head), Int(clamping: maxima[head])) : nil
    }

    mutating func removeFirst() {
        guard count > 0 else { return }
        head = (head + 1) % Self.capacity
        count -= 1
    }
}
