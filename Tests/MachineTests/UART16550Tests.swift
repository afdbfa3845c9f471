import Testing

@testable import Machine

@Suite struct UART16550Tests {
    private static let base: UInt16 = 0x3F8

    /// 115,200 baud, 8N1, FIFOs on, interrupts connected.
    private func port(interrupts: UInt8 = 0, fifo: UInt8 = 0x07) throws -> Bench {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.out(Self.base + 3, 0x83)
        bench.out(Self.base, 1)
        bench.out(Self.base + 1, 0)
        bench.out(Self.base + 3, 0x03)
        bench.out(Self.base + 2, fifo)
        bench.out(Self.base + 4, 0x0B)
        bench.out(Self.base + 1, interrupts)
        return bench
    }

    @Test func bytesTakeTheirTime() throws {
        let bench = try port()
        #expect(bench.inb(Self.base + 5) == 0x60)
        bench.out(Self.base, Array("Hi".utf8))
        #expect(bench.inb(Self.base + 5) == 0x00)
        #expect(bench.sink.serial.isEmpty)
        // Ten bits at 115,200 per second are 86.8 microseconds.
        bench.advance(87_000)
        #expect(bench.sink.serialText == "H")
        #expect(bench.inb(Self.base + 5) == 0x20)
        bench.advance(87_000)
        #expect(bench.sink.serialText == "Hi")
        #expect(bench.inb(Self.base + 5) == 0x60)
    }

    @Test func theTransmitterInterruptsWhenEmpty() throws {
        let bench = try port(interrupts: 0x02)
        // Enabling the interrupt with an empty register raises it at once.
        #expect(bench.interruptRequested)
        #expect(bench.inb(Self.base + 2) == 0xC2)
        // Reading the cause takes it back.
        #expect(bench.inb(Self.base + 2) == 0xC1)
        #expect(!bench.interruptRequested)
        for _ in 0..<16 { bench.out(Self.base, 0x41) }
        bench.advance(86_000 * 14)
        #expect(!bench.interruptRequested)
        bench.advance(86_000 * 3)
        #expect(bench.interruptRequested)
        #expect(bench.acknowledge() == 0x0C)
    }

    @Test func receivedBytesWaitForRoom() throws {
        let bench = try port(interrupts: 0x01, fifo: 0x87)
        let text = Array("The quick brown fox jumps over the lazy dog.".utf8)
        bench.machine.inject(.serial(text, port: 0))
        bench.advance(86_800 * 6)
        // The trigger level is eight.
        #expect(!bench.interruptRequested)
        bench.advance(10_000_000)
        #expect(bench.interruptRequested)
        var received: [UInt8] = []
        for _ in 0..<200 {
            while bench.inb(Self.base + 5) & 1 != 0 { received.append(bench.inb(Self.base)) }
            bench.advance(100_000)
        }
        #expect(received == text)
        #expect(bench.inb(Self.base + 5) & 0x02 == 0)
    }

    @Test func aFewBytesTimeOut() throws {
        let bench = try port(interrupts: 0x01, fifo: 0xC7)
        bench.machine.inject(.serial([0x31, 0x32], port: 0))
        bench.advance(86_900 * 2)
        #expect(bench.inb(Self.base + 2) == 0xC1)
        bench.advance(86_900 * 4)
        #expect(bench.inb(Self.base + 2) == 0xCC)
        #expect(bench.inb(Self.base) == 0x31)
        #expect(bench.inb(Self.base + 2) == 0xC1)
    }

    @Test func loopback() throws {
        let bench = try port()
        bench.out(Self.base + 4, 0x1E)
        // RTS to CTS, OUT1 to RI, OUT2 to DCD.
        #expect(bench.inb(Self.base + 6) & 0xF0 == 0xD0)
        bench.out(Self.base, 0x5A)
        bench.advance(90_000)
        #expect(bench.inb(Self.base + 5) & 1 == 1)
        #expect(bench.inb(Self.base) == 0x5A)
        #expect(bench.sink.serial.isEmpty)
    }

    @Test func withoutFIFOsTheNewByteOverruns() throws {
        let bench = try port(fifo: 0)
        bench.out(Self.base + 4, 0x10)
        for byte: UInt8 in [1, 2] {
            bench.out(Self.base, byte)
            bench.advance(90_000)
        }
        #expect(bench.inb(Self.base + 5) & 0x03 == 0x03)
        #expect(bench.inb(Self.base + 5) & 0x02 == 0)
        #expect(bench.inb(Self.base) == 2)
        #expect(bench.inb(Self.base + 2) == 0x01)
    }

    @Test func modemLinesAndScratch() throws {
        let bench = try port(interrupts: 0x08)
        #expect(bench.inb(Self.base + 6) == 0xB0)
        bench.out(Self.base + 4, 0x1B)
        #expect(bench.inb(Self.base + 6) & 0x0F == 0)
        bench.out(Self.base + 4, 0x18)
        // CTS and DSR fell.
        #expect(bench.inb(Self.base + 6) == 0x80 | 0x03)
        bench.out(Self.base + 7, 0xA5)
        #expect(bench.inb(Self.base + 7) == 0xA5)
        #expect(bench.inb(0x2F8 + 5) == 0xFF)
    }
}
