/// The Intel 8254 programmable interval timer (Intel data sheet 231164): three counters at 1.193182 MHz.
///
/// A counter is not ticked: ``Counter/advance(to:)`` computes where it has got to. Only counter 0 needs an event, for
/// the edges of its output, which is IRQ 0.
final class PIT8254 {
    static let clock = Frequency(1_193_182)

    /// One counter of the chip.
    struct Counter: Codable, Sendable, Equatable {
        /// 0...5.
        var mode: UInt8 = 0
        var isBCD = false
        /// 1: low byte, 2: high byte, 3: low then high.
        var access: UInt8 = 3
        var gate = true
        /// The count register as a number of ticks, 1...65536 (10000).
        var reload: UInt32 = 65536
        /// The low byte of a two-byte write that has not been finished.
        var pendingLow: UInt8?
        /// The second byte of a two-byte read comes next.
        var readsHigh = false
        /// The output latch: up to two bytes still to be read.
        var latch: UInt16?
        var statusLatch: UInt8?
        /// The count register has not been loaded into the counting element yet (status bit 6).
        var nullCount = true
        /// A count was written since the control word.
        var hasCount = false
        /// The counting element is loaded by the next tick.
        var loadsNext = false
        /// The counting element holds a count.
        var isLoaded = false
        /// Modes 0, 1, 4, 5: the counting element, 0..<modulus. Modes 2 and 3: unused.
        var count: UInt32 = 0
        /// Modes 2 and 3: the length of the running cycle and the place in it.
        var period: UInt32 = 65536
        var position: UInt32 = 0
        /// Modes 0, 1, 4, 5: 0 before the counting element got to zero, 1 in the tick in which it did, 2 after it.
        var terminal: UInt8 = 0
        /// The tick number at which all this is true.
        var tick: UInt64 = 0

        var modulus: UInt32 { isBCD ? 10_000 : 65_536 }

        private var isPeriodic: Bool { mode == 2 || mode == 3 }
        /// Modes 1 and 5 start at a rising gate and do not care about its level.
        private var isGateTriggered: Bool { mode == 1 || mode == 5 }
        private var isCounting: Bool {
            // Between the two bytes of a new count, mode 0 stands still.
            isLoaded && (gate || isGateTriggered) && !(mode == 0 && pendingLow != nil)
        }

        var output: Bool {
            switch mode {
            case 0: terminal > 0
            case 1: !(isLoaded && terminal == 0)
            case 2: !(isLoaded && gate && position == period &- 1)
            case 3: !(isLoaded && gate && position >= (period &+ 1) / 2)
            default: !(isLoaded && terminal == 1)
            }
        }

        private mutating func load() {
            loadsNext = false
            nullCount = false
            isLoaded = true
            period = reload
            position = 0
            count = reload % modulus
            terminal = 0
        }

        /// Lets time go on to tick number `target`.
        mutating func advance(to target: UInt64) {
            guard target > tick else { return }
            var ticks = target - tick
            tick = target
            if loadsNext {
                load()
                ticks -= 1
            }
            guard ticks > 0, isCounting else { return }
            if isPeriodic {
                advanceCycle(ticks)
            } else {
                let toZero = UInt64(count == 0 ? modulus : count)
                if terminal == 0 {
                    if ticks >= toZero { terminal = ticks == toZero ? 1 : 2 }
                } else {
                    terminal = 2
                }
                count = UInt32((UInt64(count) &+ UInt64(modulus) &- ticks % UInt64(modulus)) % UInt64(modulus))
            }
        }

        private mutating func advanceCycle(_ ticks: UInt64) {
            var ticks = ticks
            if nullCount, mode == 3 {
                // A new count takes over at the end of the running half-cycle.
                let half = (period &+ 1) / 2
                if position < half {
                    let toHalf = UInt64(half &- position)
                    guard ticks >= toHalf else {
                        position &+= UInt32(ticks)
                        return
                    }
                    ticks -= toHalf
                    nullCount = false
                    period = reload
                    position = (period &+ 1) / 2
                }
            }
            let toEnd = UInt64(period &- position)
            guard ticks >= toEnd else {
                position &+= UInt32(ticks)
                return
            }
            ticks -= toEnd
            nullCount = false
            period = reload
            position = UInt32(ticks % UInt64(period))
        }

        /// Ticks until the output rises or (in the modes where it stays down for long) falls; nil if it does not.
        var ticksToEdge: UInt64? {
            if loadsNext {
                var loaded = self
                loaded.advance(to: tick &+ 1)
                if loaded.output != output { return 1 }
                return loaded.ticksToEdge.map { $0 &+ 1 }
            }
            guard isCounting else { return nil }
            switch mode {
            case 0, 1:
                return terminal == 0 ? UInt64(count == 0 ? modulus : count) : nil
            case 2:
                return UInt64(period &- position)
            case 3:
                let half = (period &+ 1) / 2
                return UInt64(position < half && period > 1 ? half &- position : period &- position)
            default:
                switch terminal {
                case 0: return UInt64(count == 0 ? modulus : count)
                case 1: return 1
                default: return nil
                }
            }
        }

        /// What the counting element reads as.
        var reading: UInt16 {
            let value: UInt32
            switch mode {
            case 2: value = isLoaded ? period &- position : 0
            case 3:
                let half = (period &+ 1) / 2
                let place = position < half ? position : position &- half
                value = isLoaded ? (period & ~1) &- 2 &* min(place, period / 2) : 0
            default: value = count
            }
            let number = value % modulus
            guard isBCD else { return UInt16(truncatingIfNeeded: number) }
            let digits = [number % 10, number / 10 % 10, number / 100 % 10, number / 1000 % 10]
            return digits.reversed().reduce(0) { $0 << 4 | UInt16($1) }
        }

        var status: UInt8 {
            (output ? 0x80 : 0) | (nullCount ? 0x40 : 0) | access << 4 | mode << 1 | (isBCD ? 1 : 0)
        }

        mutating func writeControl(_ value: UInt8) {
            let requested = value >> 1 & 7
            access = value >> 4 & 3
            mode = requested > 5 ? requested & 3 : requested
            isBCD = value & 1 != 0
            reload = modulus
            pendingLow = nil
            readsHigh = false
            latch = nil
            statusLatch = nil
            nullCount = true
            hasCount = false
            loadsNext = false
            isLoaded = false
            count = 0
            period = modulus
            position = 0
            terminal = 0
        }

        mutating func write(_ value: UInt8) {
            switch access {
            case 1: setCount(UInt16(value))
            case 2: setCount(UInt16(value) << 8)
            default:
                if let low = pendingLow {
                    pendingLow = nil
                    setCount(UInt16(low) | UInt16(value) << 8)
                } else {
                    pendingLow = value
                    if mode == 0 {
                        // Mode 0: the first byte stops the counting and the output goes low.
                        loadsNext = false
                        terminal = 0
                    }
                }
            }
        }

        private mutating func setCount(_ raw: UInt16) {
            var number = UInt32(raw)
            if isBCD {
                number = 0
                for shift: UInt16 in [12, 8, 4, 0] {
                    number = number &* 10 &+ UInt32(raw >> shift & 0xF)
                }
                number %= 10_000
            }
            reload = number == 0 ? modulus : number
            nullCount = true
            hasCount = true
            switch mode {
            case 0, 4: loadsNext = true
            case 2, 3: if !isLoaded { loadsNext = true }
            default: break
            }
            if mode == 0 { terminal = 0 }
        }

        mutating func read() -> UInt8 {
            if let status = statusLatch {
                statusLatch = nil
                return status
            }
            let value = latch ?? reading
            switch access {
            case 1:
                latch = nil
                return UInt8(truncatingIfNeeded: value)
            case 2:
                latch = nil
                return UInt8(truncatingIfNeeded: value >> 8)
            default:
                defer { readsHigh.toggle() }
                guard readsHigh else { return UInt8(truncatingIfNeeded: value) }
                latch = nil
                return UInt8(truncatingIfNeeded: value >> 8)
            }
        }

        mutating func setGate(_ level: Bool) {
            guard level != gate else { return }
            gate = level
            guard level else { return }
            switch mode {
            case 1, 5: loadsNext = hasCount
            case 2, 3: if isLoaded { loadsNext = true }
            default: break
            }
        }

        func validate() throws(SnapshotError) {
            guard mode <= 5, access <= 3, (1...modulus).contains(reload), (1...65536).contains(period),
                position < period, count < modulus, terminal <= 2
            else { throw SnapshotError("a timer counter's state is out of range") }
        }
    }

    struct Registers: Codable, Sendable, Equatable {
        var counters = [Counter(), Counter(), Counter()]

        func validate() throws(SnapshotError) {
            guard counters.count == 3 else { throw SnapshotError("the timer does not have three counters") }
            for counter in counters {
                try counter.validate()
            }
        }
    }

    private(set) var registers = Registers()
    private unowned let board: Board

    init(board: Board) {
        self.board = board
        reset()
    }

    func restore(_ registers: Registers) {
        self.registers = registers
    }

    func reset() {
        registers = Registers()
        // The speaker's gate is bit 0 of port 61h, which a reset clears.
        registers.counters[2].gate = false
        for index in registers.counters.indices {
            registers.counters[index].tick = PIT8254.clock.ticks(in: board.now)
        }
        board.events.cancel(.timer)
    }

    private func advance(_ index: Int) {
        registers.counters[index].advance(to: PIT8254.clock.ticks(in: board.now))
    }

    /// The level of counter `index`'s output, 0...2.
    func output(_ index: Int) -> Bool {
        advance(index)
        return registers.counters[index].output
    }

    /// Counter 2's gate: port 61h bit 0.
    var speakerGate: Bool {
        get { registers.counters[2].gate }
        set {
            advance(2)
            registers.counters[2].setGate(newValue)
        }
    }

    /// The frequency in hertz at which counter 2 makes the speaker swing; 0 if it does not.
    var speakerFrequency: Double {
        let counter = registers.counters[2]
        guard counter.gate, counter.mode == 3 || counter.mode == 2, counter.isLoaded || counter.loadsNext else {
            return 0
        }
        return 1_193_182 / Double(counter.reload)
    }

    /// `port`: 0x40...0x43.
    func read(_ port: UInt16) -> UInt8 {
        let index = Int(port & 3)
        guard index < 3 else { return 0xFF }
        advance(index)
        return registers.counters[index].read()
    }

    func write(_ port: UInt16, _ value: UInt8) {
        let index = Int(port & 3)
        if index < 3 {
            advance(index)
            registers.counters[index].write(value)
            outputMayHaveChanged(index)
        } else if value >> 6 == 3 {
            readBack(value)
        } else {
            let selected = Int(value >> 6)
            advance(selected)
            if value & 0x30 == 0 {
                if registers.counters[selected].latch == nil {
                    registers.counters[selected].latch = registers.counters[selected].reading
                    registers.counters[selected].readsHigh = false
                }
            } else {
                registers.counters[selected].writeControl(value)
                outputMayHaveChanged(selected)
            }
        }
    }

    /// The read-back command latches the counts (bit 5 clear) and the status (bit 4 clear) of any of the counters.
    private func readBack(_ value: UInt8) {
        for index in 0..<3 where value & 2 << UInt8(index) != 0 {
            advance(index)
            let counter = registers.counters[index]
            if value & 0x20 == 0, counter.latch == nil {
                registers.counters[index].latch = counter.reading
                registers.counters[index].readsHigh = false
            }
            if value & 0x10 == 0, counter.statusLatch == nil {
                registers.counters[index].statusLatch = counter.status
            }
        }
    }

    private func outputMayHaveChanged(_ index: Int) {
        if index == 0 {
            board.interrupts.setLine(0, registers.counters[0].output)
            scheduleEdge()
        } else if index == 2 {
            board.speakerMayHaveChanged()
        }
    }

    private func scheduleEdge() {
        guard let ticks = registers.counters[0].ticksToEdge else {
            board.events.cancel(.timer)
            return
        }
        let tick = registers.counters[0].tick &+ ticks
        board.schedule(.timer, at: PIT8254.clock.nanoseconds(afterTicks: tick))
    }

    /// The event: counter 0's output changes.
    func edge() {
        advance(0)
        if registers.counters[0].mode == 2 {
            // The low pulse of one tick just ended; nobody could have seen it begin.
            board.interrupts.setLine(0, false)
        }
        board.interrupts.setLine(0, registers.counters[0].output)
        scheduleEdge()
    }
}
