import TerminalInput
import Testing

extension InputQueue {
    /// The first bytes, at most `maximum`, which stay in the queue.
    fileprivate func peek(_ maximum: Int = InputQueue.capacity) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: maximum) { buffer, count in
            count = copy(to: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    fileprivate mutating func write(all bytes: some Sequence<UInt8>) {
        for byte in bytes { write(byte) }
    }
}

@Suite struct InputQueueTests {
    @Test func `bytes come out as they went in, and only when they are taken`() {
        var queue = InputQueue()
        queue.write(all: [1, 2, 3])
        #expect(queue.peek(2) == [1, 2])
        #expect(queue.peek() == [1, 2, 3])
        queue.remove(2)
        #expect(queue.peek() == [3])
        queue.remove(5)
        queue.remove(-1)
        #expect(queue.count == 0)
        #expect(queue.peek().isEmpty)
    }

    @Test func `a full queue drops what comes next, but for control-C`() {
        var queue = InputQueue()
        queue.write(all: [9, 9])
        queue.remove(2)
        queue.write(all: Array(0...255) + [9, 9])
        #expect(queue.peek() == Array(0...255))
        queue.removeInterrupts()
        queue.write(all: (0..<300).map { _ in 9 })
        queue.write(3)
        #expect(queue.containsInterrupt)
    }

    @Test func `the queue goes round`() {
        var queue = InputQueue()
        for round in 0..<1000 {
            let bytes = (0..<100).map { UInt8(truncatingIfNeeded: round &+ $0) }
            queue.write(all: bytes)
            #expect(queue.peek() == bytes)
            queue.remove(100)
        }
    }

    @Test func `control-C takes with it what was typed before`() {
        var queue = InputQueue()
        queue.write(all: "ab".utf8)
        #expect(!queue.containsInterrupt)
        queue.removeInterrupts()
        #expect(queue.count == 2)
        queue.write(all: [3, 0x63, 3, 0x64])
        #expect(queue.containsInterrupt)
        queue.removeInterrupts()
        #expect(!queue.containsInterrupt)
        #expect(queue.peek() == [0x64])
    }
}
