import TerminalInput
import User

/// The reading half of a stream, for whoever serves one: bytes that came and nobody has read yet, and readers for whom
/// nothing has come yet. Never both.
public struct InputChannel: ByteSink {
    private var queue = InputQueue()
    private var readers = ReaderQueue()

    public init() {}

    /// Whether Control-C is among what came.
    public var containsInterrupt: Bool { queue.containsInterrupt }
    /// Forgets Control-C and what was typed before it.
    public mutating func removeInterrupts() { queue.removeInterrupts() }

    /// Takes a byte that came. `deliver` hands it out.
    public mutating func write(_ byte: UInt8) { queue.write(byte) }

    /// Serves a request to read; answers it now or later.
    public mutating func serveRead(_ request: Request) {
        guard request.wantsReply else { return }
        if readers.append(maximum: request.word0) { deliver() } else { request.fail(StreamError.busy.rawValue) }
    }

    /// Answers those who wait, as far as there is input.
    public mutating func deliver() {
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
    /// Behind the library's own slots.
    private static var firstSlot: UInt32 { ProgramSlot.lastOwn + 1 }

    private var maxima = InlineArray<8, UInt32>(repeating: 0)
    private var head = 0
    private var count = 0

    private func slot(_ index: Int) -> UInt32 { Self.firstSlot + UInt32(index) }

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
