import Testing

@testable import Machine

@Suite struct PIC8259Tests {
    @Test func theLowestLineIsServedFirst() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        for line in [5, 3, 6] { bench.board.interrupts.setLine(line, true) }
        #expect(bench.interruptRequested)
        #expect(bench.acknowledge() == 0x0B)
        // 5 and 6 are of lower priority than what is in service.
        #expect(!bench.interruptRequested)
        bench.board.interrupts.setLine(1, true)
        #expect(bench.interruptRequested)
        #expect(bench.acknowledge() == 0x09)
        bench.out(0x20, 0x0B)
        #expect(bench.inb(0x20) == 0b0000_1010)
        bench.out(0x20, 0x20)
        #expect(bench.inb(0x20) == 0b0000_1000)
        bench.out(0x20, 0x20)
        #expect(bench.acknowledge() == 0x0D)
    }

    @Test func theSlaveInterruptsThroughLineTwo() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.board.interrupts.setLine(14, true)
        #expect(bench.interruptRequested)
        #expect(bench.acknowledge() == 0x76)
        bench.out(0x20, 0x0B)
        bench.out(0xA0, 0x0B)
        #expect(bench.inb(0x20) == 0x04)
        #expect(bench.inb(0xA0) == 0x40)
        // A second slave line waits for both ends of interrupt, also if the slave's EOI comes first.
        bench.board.interrupts.setLine(15, true)
        bench.out(0xA0, 0x20)
        #expect(!bench.interruptRequested)
        bench.out(0x20, 0x20)
        #expect(bench.interruptRequested)
        #expect(bench.acknowledge() == 0x77)
    }

    @Test func aMaskedLineWaits() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.out(0x21, 0x02)
        bench.board.interrupts.setLine(1, true)
        #expect(!bench.interruptRequested)
        bench.out(0x20, 0x0A)
        #expect(bench.inb(0x20) == 0x02)
        bench.out(0x21, 0x00)
        #expect(bench.interruptRequested)
        #expect(bench.inb(0x21) == 0x00)
    }

    @Test func aRequestThatGoesAwayIsSpurious() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.board.interrupts.setLine(4, true)
        bench.board.interrupts.setLine(4, false)
        #expect(!bench.interruptRequested)
        #expect(bench.acknowledge() == 0x0F)
        bench.out(0x20, 0x0B)
        #expect(bench.inb(0x20) == 0x00)
    }

    @Test func anEdgeIsServedOnceALevelUntilItFalls() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.board.interrupts.setLine(3, true)
        #expect(bench.acknowledge() == 0x0B)
        bench.out(0x20, 0x20)
        #expect(!bench.interruptRequested)

        bench.out(0x4D0, 0x20)
        bench.board.interrupts.setLine(5, true)
        #expect(bench.acknowledge() == 0x0D)
        bench.out(0x20, 0x20)
        #expect(bench.interruptRequested)
        bench.board.interrupts.setLine(5, false)
        #expect(!bench.interruptRequested)
    }

    @Test func automaticEndOfInterrupt() throws {
        let bench = try Bench()
        bench.initializeInterrupts(icw4: 0x03)
        bench.board.interrupts.setLine(3, true)
        bench.board.interrupts.setLine(6, true)
        #expect(bench.acknowledge() == 0x0B)
        #expect(bench.interruptRequested)
        #expect(bench.acknowledge() == 0x0E)
        bench.out(0x20, 0x0B)
        #expect(bench.inb(0x20) == 0)
    }

    @Test func rotationMakesTheServedLineTheLowest() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.board.interrupts.setLine(3, true)
        #expect(bench.acknowledge() == 0x0B)
        bench.out(0x20, 0xA0)
        bench.board.interrupts.setLine(3, false)
        bench.board.interrupts.setLine(3, true)
        bench.board.interrupts.setLine(7, true)
        // 4, 5, 6, 7, 0, 1, 2, 3 is the order now.
        #expect(bench.acknowledge() == 0x0F)
        bench.out(0x20, 0x67)
        #expect(bench.acknowledge() == 0x0B)
    }

    @Test func setPriorityCommand() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.out(0x20, 0xC4)
        for line in [0, 5] { bench.board.interrupts.setLine(line, true) }
        #expect(bench.acknowledge() == 0x0D)
    }

    @Test func specialMaskLetsLowerLinesThrough() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.board.interrupts.setLine(1, true)
        #expect(bench.acknowledge() == 0x09)
        bench.board.interrupts.setLine(6, true)
        #expect(!bench.interruptRequested)
        bench.out(0x21, 0x02)
        bench.out(0x20, 0x68)
        #expect(bench.interruptRequested)
        #expect(bench.acknowledge() == 0x0E)
        bench.out(0x20, 0x48)
        bench.out(0x20, 0x61)
        bench.out(0x20, 0x66)
        bench.out(0x20, 0x0B)
        #expect(bench.inb(0x20) == 0)
    }

    @Test func aPollAcknowledges() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.out(0x20, 0x0C)
        #expect(bench.inb(0x20) == 0)
        bench.board.interrupts.setLine(6, true)
        bench.out(0x20, 0x0C)
        #expect(bench.inb(0x20) == 0x86)
        bench.out(0x20, 0x0B)
        #expect(bench.inb(0x20) == 0x40)
    }

    @Test func initializationForgetsEdges() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.board.interrupts.setLine(3, true)
        bench.initializeInterrupts()
        #expect(!bench.interruptRequested)
        bench.board.interrupts.setLine(3, false)
        bench.board.interrupts.setLine(3, true)
        #expect(bench.acknowledge() == 0x0B)
    }
}
