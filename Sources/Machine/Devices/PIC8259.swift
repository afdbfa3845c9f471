/// The two cascaded Intel 8259A interrupt controllers of a PC/AT (Intel data sheet 231468).
///
/// The slave's INT output is the master's IR2. The master's INT output is the processor's INTR pin. Edge or level
/// triggering is chosen per chip by ICW1 (LTIM) and per line by the edge/level control registers of EISA and PCI
/// machines (ports 0x4D0 and 0x4D1).
final class PIC8259 {
    /// One 8259A.
    struct Chip: Codable, Sendable, Equatable {
        /// IRR: lines that ask.
        var requests: UInt8 = 0
        /// ISR: interrupts acknowledged and not yet ended.
        var inService: UInt8 = 0
        /// IMR.
        var mask: UInt8 = 0
        /// The level of the IR pins.
        var lines: UInt8 = 0
        /// ELCR: 1 for lines that are level-triggered whatever ICW1 says.
        var levelLines: UInt8 = 0
        /// ICW2, bits 3-7.
        var vectorBase: UInt8 = 0
        /// ICW3: the lines with slaves, or the slave's number.
        var cascade: UInt8 = 0
        /// Which ICW is expected next at the odd port: 2, 3, 4, or 0 for none.
        var expectedICW: UInt8 = 0
        var icw4Follows = false
        var single = false
        /// ICW1.LTIM.
        var levelTriggered = false
        /// ICW4.AEOI.
        var automaticEOI = false
        var rotateOnAutomaticEOI = false
        /// ICW4.SFNM.
        var speciallyNested = false
        var specialMask = false
        /// OCW3: the even port reads ISR instead of IRR.
        var readsInService = false
        /// OCW3: the next read is a poll.
        var polling = false
        /// The line with the lowest priority, 0...7.
        var lowestPriority: UInt8 = 7

        var levelMask: UInt8 { levelTriggered ? 0xFF : levelLines }

        mutating func setLine(_ line: Int, _ level: Bool) {
            let bit = UInt8(1) << UInt8(line & 7)
            if level {
                if lines & bit == 0 || levelMask & bit != 0 { requests |= bit }
                lines |= bit
            } else {
                // The request must hold until the first INTA pulse; one that goes away is answered by the default IR7.
                lines &= ~bit
                requests &= ~bit
            }
        }

        /// The line of `set` with the highest priority, as its distance from the top, 0...7; 8 if there is none.
        private func priority(of set: UInt8) -> UInt8 {
            guard set != 0 else { return 8 }
            let top = (lowestPriority &+ 1) & 7
            let rotated = set >> top | (top == 0 ? 0 : set << (8 &- top))
            return UInt8(rotated.trailingZeroBitCount)
        }

        private func line(atPriority priority: UInt8) -> UInt8 {
            (lowestPriority &+ 1 &+ priority) & 7
        }

        /// The line to be served next, nil if none asks with sufficient priority.
        func pending(slaveLines: UInt8) -> UInt8? {
            let asking = priority(of: requests & ~mask)
            guard asking < 8 else { return nil }
            var blocking = inService
            if specialMask { blocking &= ~mask }
            // Specially fully nested: a slave in service may interrupt itself with a higher request of its own.
            if speciallyNested { blocking &= ~(slaveLines & 1 << line(atPriority: asking)) }
            if specialMask {
                // Every unmasked line may interrupt, whatever its rank, except those in service.
                let free = priority(of: requests & ~mask & ~blocking)
                return free < 8 ? line(atPriority: free) : nil
            }
            return asking < priority(of: blocking) ? line(atPriority: asking) : nil
        }

        /// The INTA cycle for `line`.
        mutating func acknowledge(_ line: UInt8) {
            let bit = UInt8(1) << line
            if levelMask & bit == 0 { requests &= ~bit }
            if automaticEOI {
                if rotateOnAutomaticEOI { lowestPriority = line }
            } else {
                inService |= bit
            }
        }

        /// OCW2.
        mutating func endOfInterrupt(_ value: UInt8) {
            let level = value & 7
            switch value >> 5 {
            case 0: rotateOnAutomaticEOI = false
            case 4: rotateOnAutomaticEOI = true
            case 1, 5:
                // In special mask mode, a non-specific EOI does not touch what is masked.
                let rank = priority(of: specialMask ? inService & ~mask : inService)
                guard rank < 8 else { return }
                let ended = line(atPriority: rank)
                inService &= ~(1 << ended)
                if value >> 5 == 5 { lowestPriority = ended }
            case 3: inService &= ~(1 << level)
            case 6: lowestPriority = level
            case 7:
                inService &= ~(1 << level)
                lowestPriority = level
            default: break
            }
        }

        /// A write to the even port (A0 = 0).
        mutating func writeCommand(_ value: UInt8) {
            if value & 0x10 != 0 {
                // ICW1 resets the edge sense circuit: a line must rise anew.
                requests = 0
                inService = 0
                mask = 0
                lowestPriority = 7
                specialMask = false
                readsInService = false
                polling = false
                levelTriggered = value & 0x08 != 0
                single = value & 0x02 != 0
                icw4Follows = value & 0x01 != 0
                automaticEOI = false
                rotateOnAutomaticEOI = false
                speciallyNested = false
                expectedICW = 2
                requests = lines & levelMask
            } else if value & 0x08 != 0 {
                if value & 0x40 != 0 { specialMask = value & 0x20 != 0 }
                if value & 0x04 != 0 { polling = true }
                if value & 0x02 != 0 { readsInService = value & 0x01 != 0 }
            } else {
                endOfInterrupt(value)
            }
        }

        /// A write to the odd port (A0 = 1).
        mutating func writeData(_ value: UInt8) {
            switch expectedICW {
            case 2:
                vectorBase = value & 0xF8
                expectedICW = single ? (icw4Follows ? 4 : 0) : 3
            case 3:
                cascade = value
                expectedICW = icw4Follows ? 4 : 0
            case 4:
                automaticEOI = value & 0x02 != 0
                speciallyNested = value & 0x10 != 0
                expectedICW = 0
            default:
                mask = value
            }
        }
    }

    struct Registers: Codable, Sendable, Equatable {
        var master = Chip()
        var slave = Chip()

        func validate() throws(SnapshotError) {
            guard master.lowestPriority < 8, slave.lowestPriority < 8 else {
                throw SnapshotError("the interrupt controller's priorities are out of range")
            }
        }
    }

    private(set) var registers = Registers()
    /// Called when the INT output changes.
    private let setOutput: (Bool) -> Void
    private var output = false

    init(setOutput: @escaping (Bool) -> Void) {
        self.setOutput = setOutput
    }

    func restore(_ registers: Registers) {
        self.registers = registers
        output = pending != nil
        setOutput(output)
    }

    func reset() {
        registers = Registers()
        update()
    }

    /// Drives interrupt request line `line`, 0...15 (2 is the cascade and left alone).
    func setLine(_ line: Int, _ level: Bool) {
        switch line {
        case 2: return
        case 0...7: registers.master.setLine(line, level)
        case 8...15: registers.slave.setLine(line & 7, level)
        default: return
        }
        update()
    }

    /// The INT output, which drives the processor's INTR pin.
    var isRequesting: Bool { pending != nil }

    private static let cascadeLine = 2
    private static let slaveLines: UInt8 = 1 << 2

    private var pending: UInt8? {
        registers.master.pending(slaveLines: Self.slaveLines)
    }

    /// Propagates the slave's output to the master and the master's to the processor.
    private func update() {
        let slaveAsks = registers.slave.pending(slaveLines: 0) != nil
        let cascaded = registers.master.lines & Self.slaveLines != 0
        if slaveAsks != cascaded {
            registers.master.setLine(Self.cascadeLine, slaveAsks)
        }
        let asks = pending != nil
        if asks != output {
            output = asks
            setOutput(asks)
        }
    }

    /// The processor's INTA cycle: the vector of the interrupt to serve. If the request went away in between, it is the
    /// spurious IR7, which is not put in service.
    func acknowledge() -> UInt8 {
        defer { update() }
        guard let line = pending else {
            return registers.master.vectorBase | 7
        }
        registers.master.acknowledge(line)
        guard line == Self.cascadeLine else {
            return registers.master.vectorBase | line
        }
        guard let slaveLine = registers.slave.pending(slaveLines: 0) else {
            return registers.slave.vectorBase | 7
        }
        registers.slave.acknowledge(slaveLine)
        // After an acknowledged edge the slave's INT falls before it may rise again: the master sees a new edge.
        registers.master.setLine(Self.cascadeLine, false)
        return registers.slave.vectorBase | slaveLine
    }

    /// `port`: 0x20, 0x21, 0xA0, 0xA1, 0x4D0 or 0x4D1.
    func read(_ port: UInt16) -> UInt8 {
        switch port {
        case 0x20, 0x21: readChip(\.master, slaveLines: Self.slaveLines, odd: port & 1 != 0)
        case 0xA0, 0xA1: readChip(\.slave, slaveLines: 0, odd: port & 1 != 0)
        case 0x4D0: registers.master.levelLines
        case 0x4D1: registers.slave.levelLines
        default: 0xFF
        }
    }

    private func readChip(_ chip: WritableKeyPath<Registers, Chip>, slaveLines: UInt8, odd: Bool) -> UInt8 {
        if registers[keyPath: chip].polling {
            // A poll is an INTA cycle by hand.
            registers[keyPath: chip].polling = false
            guard let line = registers[keyPath: chip].pending(slaveLines: slaveLines) else { return 0 }
            registers[keyPath: chip].acknowledge(line)
            update()
            return 0x80 | line
        }
        let state = registers[keyPath: chip]
        return odd ? state.mask : (state.readsInService ? state.inService : state.requests)
    }

    func write(_ port: UInt16, _ value: UInt8) {
        switch port {
        case 0x20: registers.master.writeCommand(value)
        case 0x21: registers.master.writeData(value)
        case 0xA0: registers.slave.writeCommand(value)
        case 0xA1: registers.slave.writeData(value)
        // The timer, the keyboard, the cascade, the clock and the FPU error are edge-triggered by nature.
        case 0x4D0: registers.master.levelLines = value & 0xF8
        case 0x4D1: registers.slave.levelLines = value & 0xDE
        default: break
        }
        update()
    }
}
