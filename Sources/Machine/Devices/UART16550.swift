/// A National Semiconductor 16550A serial port (data sheet PC16550D).
///
/// Both directions are paced in virtual time by the baud rate. Bytes from outside wait (as behind a modem with flow
/// control) until the receiver has room, so that injected text does not overrun a busy guest.
final class UART16550 {
    enum LineStatus {
        static let dataReady: UInt8 = 0x01, overrun: UInt8 = 0x02, breakInterrupt: UInt8 = 0x10
        static let holdingEmpty: UInt8 = 0x20, transmitterEmpty: UInt8 = 0x40, fifoError: UInt8 = 0x80
        static let errors: UInt8 = 0x1E
    }

    struct Registers: Codable, Sendable, Equatable {
        var interruptEnable: UInt8 = 0
        /// FCR bits 0, 6 and 7.
        var fifoControl: UInt8 = 0
        var lineControl: UInt8 = 0
        var modemControl: UInt8 = 0
        /// LSR bits 1-4; the others are computed.
        var lineErrors: UInt8 = 0
        /// MSR bits 0-3: what changed since the last read.
        var modemDeltas: UInt8 = 0
        var scratch: UInt8 = 0
        var divisor: UInt16 = 12
        var receive: [UInt8] = []
        var transmit: [UInt8] = []
        /// The byte in the transmitter's shift register.
        var shifting: UInt8?
        /// "Transmitter holding register empty" has to be told (IIR 2).
        var holdingEmptyPending = false
        /// The receiver FIFO has not been touched for four characters' time (IIR 0xC).
        var timeoutPending = false
        /// Bytes that have arrived from outside and wait for room.
        var incoming: [UInt8] = []
        /// How many of ``incoming`` have been received.
        var incomingOffset = 0

        func validate() throws(SnapshotError) {
            guard receive.count <= 16, transmit.count <= 16, (0...incoming.count).contains(incomingOffset) else {
                throw SnapshotError("a UART's FIFO is overfull")
            }
        }
    }

    private(set) var registers = Registers()
    /// How many of the bytes in the shift register and behind it the outside has heard already (``sendAhead()``). The
    /// guest cannot see it, so it is no part of the machine's state.
    private var sentAhead = 0
    private unowned let board: Board
    let number: Int
    private let line: Int
    private let transmitEvent, receiveEvent, timeoutEvent: EventSource

    /// `number`: 0 for COM1, 1 for COM2.
    init(board: Board, number: Int) {
        self.board = board
        self.number = number
        line = number == 0 ? 4 : 3
        transmitEvent = number == 0 ? .serial0Transmit : .serial1Transmit
        receiveEvent = number == 0 ? .serial0Receive : .serial1Receive
        timeoutEvent = number == 0 ? .serial0Timeout : .serial1Timeout
    }

    func restore(_ registers: Registers) {
        self.registers = registers
        sentAhead = 0
    }

    func reset() {
        let (incoming, offset) = (registers.incoming, registers.incomingOffset)
        registers = Registers()
        sentAhead = 0
        (registers.incoming, registers.incomingOffset) = (incoming, offset)
        board.events.cancel(transmitEvent)
        board.events.cancel(timeoutEvent)
        updateInterrupt()
    }

    // MARK: Derived state

    private var usesFIFO: Bool { registers.fifoControl & 1 != 0 }
    private var isLooping: Bool { registers.modemControl & 0x10 != 0 }
    private var selectsDivisor: Bool { registers.lineControl & 0x80 != 0 }
    private var receiveCapacity: Int { usesFIFO ? 16 : 1 }

    var triggerLevel: Int {
        guard usesFIFO else { return 1 }
        return [1, 4, 8, 14][Int(registers.fifoControl >> 6)]
    }

    /// Nanoseconds that a character takes: start, data, parity and stop bits at 1.8432 MHz / 16 / divisor.
    private var characterTime: UInt64 {
        let bits = 1 + 5 + UInt64(registers.lineControl & 3)
            + (registers.lineControl & 0x08 != 0 ? 1 : 0) + (registers.lineControl & 0x04 != 0 ? 2 : 1)
        return bits &* UInt64(max(registers.divisor, 1)) &* 1_000_000_000 / 115_200
    }

    var lineStatus: UInt8 {
        var status = registers.lineErrors & LineStatus.errors
        if !registers.receive.isEmpty { status |= LineStatus.dataReady }
        if registers.transmit.isEmpty {
            status |= LineStatus.holdingEmpty
            if registers.shifting == nil { status |= LineStatus.transmitterEmpty }
        }
        return status
    }

    /// MSR bits 4-7: CTS, DSR, RI, DCD. Outside, a terminal is always ready.
    func modemLines(_ control: UInt8) -> UInt8 {
        guard control & 0x10 != 0 else { return 0xB0 }
        // Looped: RTS to CTS, DTR to DSR, OUT1 to RI, OUT2 to DCD.
        return (control & 0x02) << 3 | (control & 0x01) << 5 | (control & 0x04) << 4 | (control & 0x08) << 4
    }

    /// The interrupt of the highest priority, as IIR bits 0-3.
    var interruptIdentity: UInt8 {
        let enable = registers.interruptEnable
        if enable & 0x04 != 0, registers.lineErrors & LineStatus.errors != 0 { return 0x06 }
        if enable & 0x01 != 0 {
            if registers.receive.count >= triggerLevel { return 0x04 }
            if registers.timeoutPending { return 0x0C }
        }
        if enable & 0x02 != 0, registers.holdingEmptyPending { return 0x02 }
        if enable & 0x08 != 0, registers.modemDeltas != 0 { return 0x00 }
        return 0x01
    }

    private func updateInterrupt() {
        // On a PC, OUT2 connects the interrupt to the bus; looped, it does not get out.
        let connected = registers.modemControl & 0x18 == 0x08
        board.interrupts.setLine(line, connected && interruptIdentity != 0x01)
    }

    // MARK: Ports

    /// `register`: 0...7.
    func read(_ register: UInt16) -> UInt8 {
        defer { updateInterrupt() }
        switch register & 7 {
        case 0:
            return selectsDivisor ? UInt8(truncatingIfNeeded: registers.divisor) : readData()
        case 1:
            return selectsDivisor ? UInt8(truncatingIfNeeded: registers.divisor >> 8) : registers.interruptEnable
        case 2:
            let identity = interruptIdentity
            if identity == 0x02 { registers.holdingEmptyPending = false }
            return identity | (usesFIFO ? 0xC0 : 0)
        case 3: return registers.lineControl
        case 4: return registers.modemControl
        case 5:
            let status = lineStatus
            registers.lineErrors = 0
            return status
        case 6:
            let status = modemLines(registers.modemControl) | registers.modemDeltas
            registers.modemDeltas = 0
            return status
        default: return registers.scratch
        }
    }

    private func readData() -> UInt8 {
        registers.timeoutPending = false
        guard !registers.receive.isEmpty else { return 0 }
        let byte = registers.receive.removeFirst()
        scheduleTimeout()
        scheduleReceive()
        return byte
    }

    func write(_ register: UInt16, _ value: UInt8) {
        switch register & 7 {
        case 0:
            if selectsDivisor {
                registers.divisor = registers.divisor & 0xFF00 | UInt16(value)
            } else {
                writeData(value)
            }
        case 1:
            if selectsDivisor {
                registers.divisor = registers.divisor & 0x00FF | UInt16(value) << 8
            } else {
                let enabled = value & ~registers.interruptEnable
                registers.interruptEnable = value & 0x0F
                if enabled & 0x02 != 0, registers.transmit.isEmpty { registers.holdingEmptyPending = true }
            }
        case 2: writeFIFOControl(value)
        case 3: registers.lineControl = value
        case 4:
            let before = modemLines(registers.modemControl)
            registers.modemControl = value & 0x1F
            noteModemChange(from: before, to: modemLines(registers.modemControl))
            scheduleReceive()
        case 7: registers.scratch = value
        default: break
        }
        updateInterrupt()
    }

    private func noteModemChange(from before: UInt8, to after: UInt8) {
        let changed = (before ^ after) >> 4
        // RI is told of at its trailing edge only.
        let ringEnded = before & ~after & 0x40 != 0
        registers.modemDeltas |= changed & 0x0B | (ringEnded ? 0x04 : 0)
    }

    private func writeFIFOControl(_ value: UInt8) {
        let toggles = (value ^ registers.fifoControl) & 1 != 0
        registers.fifoControl = value & 1 != 0 ? value & 0xC1 : 0
        if toggles || value & 0x02 != 0 {
            registers.receive.removeAll()
            registers.timeoutPending = false
            board.events.cancel(timeoutEvent)
            scheduleReceive()
        }
        if toggles || value & 0x04 != 0 {
            if !registers.transmit.isEmpty { registers.holdingEmptyPending = true }
            registers.transmit.removeAll()
            sentAhead = min(sentAhead, registers.shifting == nil ? 0 : 1)
        }
    }

    // MARK: Transmitter

    private func writeData(_ value: UInt8) {
        registers.holdingEmptyPending = false
        if registers.transmit.count >= (usesFIFO ? 16 : 1) {
            // Too fast: the byte overwrites the one that waited.
            registers.transmit[registers.transmit.count - 1] = value
            sentAhead = min(sentAhead, registers.transmit.count - (registers.shifting == nil ? 1 : 0))
        } else {
            registers.transmit.append(value)
        }
        if registers.shifting == nil { startShifting() }
    }

    private func startShifting() {
        guard !registers.transmit.isEmpty else { return }
        registers.shifting = registers.transmit.removeFirst()
        if registers.transmit.isEmpty { registers.holdingEmptyPending = true }
        board.schedule(transmitEvent, at: board.now &+ characterTime)
    }

    /// The event: the last bit of a character is out.
    func transmitted() {
        guard let byte = registers.shifting else { return }
        registers.shifting = nil
        if isLooping {
            receive(byte)
        } else if sentAhead == 0 {
            board.output.send { $0.serialPort(number, sent: byte) }
        }
        sentAhead = max(sentAhead - 1, 0)
        startShifting()
        updateInterrupt()
    }

    /// Lets the outside hear now what the transmitter still holds. A chip goes on sending when its processor has
    /// stopped; here virtual time stops too, and the last words of a guest would be lost. For the guest nothing
    /// changes, and if it goes on after all, the bytes are not heard again (unless a snapshot is restored in between).
    func sendAhead() {
        guard !isLooping else { return }
        let held = (registers.shifting.map { [$0] } ?? []) + registers.transmit
        for byte in held.dropFirst(sentAhead) {
            board.output.send { $0.serialPort(number, sent: byte) }
        }
        sentAhead = held.count
    }

    // MARK: Receiver

    /// Bytes arrive from outside.
    func inject(_ bytes: [UInt8]) {
        registers.incoming.append(contentsOf: bytes)
        scheduleReceive()
    }

    private var hasIncoming: Bool { registers.incomingOffset < registers.incoming.count }

    private func scheduleReceive() {
        guard hasIncoming, !isLooping, registers.receive.count < receiveCapacity,
            board.events.time(of: receiveEvent) == EventQueue.never
        else { return }
        board.schedule(receiveEvent, at: board.now &+ characterTime)
    }

    /// The event: a character from outside is complete.
    func received() {
        guard hasIncoming, !isLooping, registers.receive.count < receiveCapacity else { return }
        let byte = registers.incoming[registers.incomingOffset]
        registers.incomingOffset += 1
        if !hasIncoming {
            registers.incoming = []
            registers.incomingOffset = 0
        }
        receive(byte)
        scheduleReceive()
        updateInterrupt()
    }

    private func receive(_ byte: UInt8) {
        if registers.receive.count < receiveCapacity {
            registers.receive.append(byte)
        } else {
            // Without FIFOs the new byte replaces the old one; with them it is the new one that is lost.
            registers.lineErrors |= LineStatus.overrun
            if !usesFIFO { registers.receive = [byte] }
        }
        scheduleTimeout()
    }

    private func scheduleTimeout() {
        guard usesFIFO, !registers.receive.isEmpty else {
            board.events.cancel(timeoutEvent)
            return
        }
        board.schedule(timeoutEvent, at: board.now &+ 4 &* characterTime)
    }

    /// The event: nobody has touched the receiver FIFO for four characters' time.
    func timedOut() {
        guard !registers.receive.isEmpty else { return }
        registers.timeoutPending = true
        updateInterrupt()
    }
}
