/// The keyboard controller of a PC/AT: an Intel 8042 with IBM's program (IBM PC/AT Technical Reference, "Keyboard
/// Controller"), ports 60h and 64h. Its output port also drives A20 and the reset line.
///
/// There is an auxiliary port, but no mouse on it yet: commands to it end in a time-out, as on a PC without one.
final class KBC8042 {
    enum Status {
        static let outputFull: UInt8 = 0x01, system: UInt8 = 0x04, lastWasCommand: UInt8 = 0x08
        static let notInhibited: UInt8 = 0x10, auxiliaryOutput: UInt8 = 0x20, timeout: UInt8 = 0x40
    }

    enum CommandByte {
        static let keyboardInterrupt: UInt8 = 0x01, auxiliaryInterrupt: UInt8 = 0x02, system: UInt8 = 0x04
        static let keyboardDisabled: UInt8 = 0x10, auxiliaryDisabled: UInt8 = 0x20, translate: UInt8 = 0x40
    }

    enum OutputPort {
        static let notReset: UInt8 = 0x01, addressLine20: UInt8 = 0x02
        static let keyboardInterrupt: UInt8 = 0x10, auxiliaryInterrupt: UInt8 = 0x20
    }

    struct Registers: Codable, Sendable, Equatable {
        /// Byte 0 is the command byte.
        var memory = [UInt8](repeating: 0, count: 32)
        var status: UInt8 = Status.notInhibited
        var output: UInt8 = 0
        /// OUT of the output buffer came from: the keyboard (true) or the controller.
        var outputIsFromKeyboard = false
        /// Replies of the controller that wait for the output buffer.
        var replies: [UInt8] = []
        /// Whether each of ``replies`` goes to the auxiliary side.
        var repliesAuxiliary: [Bool] = []
        /// The command whose parameter is expected at port 60h; 0 for none.
        var command: UInt8 = 0
        /// Output port P2.
        var outputPort: UInt8 = OutputPort.notReset | OutputPort.addressLine20
        /// The translator has seen F0 and owes a break code.
        var translatesBreak = false

        func validate() throws(SnapshotError) {
            guard memory.count == 32, replies.count == repliesAuxiliary.count else {
                throw SnapshotError("the keyboard controller's state is inconsistent")
            }
        }
    }

    private(set) var registers = Registers()
    private unowned let board: Board
    /// How long the controller takes for an answer, and a byte for its way from the keyboard.
    private static let replyTime: UInt64 = 10_000
    private static let keyboardByteTime: UInt64 = 400_000

    init(board: Board) {
        self.board = board
        reset()
    }

    func restore(_ registers: Registers) {
        self.registers = registers
    }

    func reset() {
        registers = Registers()
        // What IBM's program does at power-on: translation on, interrupts off until the BIOS says otherwise.
        commandByte = CommandByte.translate
        board.events.cancel(.keyboardController)
        updateInterrupts()
        scheduleTransfer()
    }

    private var commandByte: UInt8 {
        get { registers.memory[0] }
        set { registers.memory[0] = newValue }
    }

    var drivesAddressLine20: Bool { registers.outputPort & OutputPort.addressLine20 != 0 }

    // MARK: Output buffer

    /// A code of a key is on its way or waits to be read.
    var holdsKeyboardByte: Bool {
        registers.status & Status.outputFull != 0 && registers.outputIsFromKeyboard
    }

    func keyboardHasData() {
        scheduleTransfer()
    }

    private func reply(_ byte: UInt8, auxiliary: Bool = false) {
        // A guest that writes commands and never reads loses replies, not the host's memory.
        guard registers.replies.count < 32 else { return }
        registers.replies.append(byte)
        registers.repliesAuxiliary.append(auxiliary)
        scheduleTransfer()
    }

    private var keyboardMaySend: Bool { commandByte & CommandByte.keyboardDisabled == 0 }

    private func scheduleTransfer() {
        guard registers.status & Status.outputFull == 0 else { return }
        if !registers.replies.isEmpty {
            board.schedule(.keyboardController, at: board.now &+ Self.replyTime)
        } else if board.keyboard.hasByte, keyboardMaySend,
            board.events.time(of: .keyboardController) == EventQueue.never
        {
            board.schedule(.keyboardController, at: board.now &+ Self.keyboardByteTime)
        }
    }

    /// The event: a byte reaches the output buffer.
    func transfer() {
        guard registers.status & Status.outputFull == 0 else { return }
        if !registers.replies.isEmpty, !registers.repliesAuxiliary.isEmpty {
            fillOutput(registers.replies.removeFirst(), auxiliary: registers.repliesAuxiliary.removeFirst())
        } else if keyboardMaySend, let byte = board.keyboard.takeByte() {
            receive(byte)
            board.keyboard.proceed()
        }
    }

    /// A byte comes from the keyboard.
    private func receive(_ byte: UInt8) {
        guard commandByte & CommandByte.translate != 0 else {
            fillOutput(byte, fromKeyboard: true)
            return
        }
        if byte == 0xF0 {
            registers.translatesBreak = true
            scheduleTransfer()
        } else {
            let code = ScanCodes.translation[Int(byte)]
            fillOutput(registers.translatesBreak ? code | 0x80 : code, fromKeyboard: true)
            registers.translatesBreak = false
        }
    }

    private func fillOutput(_ byte: UInt8, auxiliary: Bool = false, fromKeyboard: Bool = false) {
        registers.output = byte
        registers.outputIsFromKeyboard = fromKeyboard
        registers.status |= Status.outputFull
        if auxiliary {
            registers.status |= Status.auxiliaryOutput
        } else {
            registers.status &= ~Status.auxiliaryOutput
        }
        updateInterrupts()
    }

    private func updateInterrupts() {
        let full = registers.status & Status.outputFull != 0
        let auxiliary = registers.status & Status.auxiliaryOutput != 0
        let keyboardInterrupt = full && !auxiliary && commandByte & CommandByte.keyboardInterrupt != 0
        let auxiliaryInterrupt = full && auxiliary && commandByte & CommandByte.auxiliaryInterrupt != 0
        registers.outputPort &= ~(OutputPort.keyboardInterrupt | OutputPort.auxiliaryInterrupt)
        if keyboardInterrupt { registers.outputPort |= OutputPort.keyboardInterrupt }
        if auxiliaryInterrupt { registers.outputPort |= OutputPort.auxiliaryInterrupt }
        board.interrupts.setLine(1, keyboardInterrupt)
        board.interrupts.setLine(12, auxiliaryInterrupt)
    }

    // MARK: Ports

    func read(_ port: UInt16) -> UInt8 {
        if port == 0x64 {
            return registers.status
        }
        if registers.status & Status.outputFull != 0 {
            registers.status &= ~(Status.outputFull | Status.auxiliaryOutput | Status.timeout)
            updateInterrupts()
            scheduleTransfer()
        }
        return registers.output
    }

    func write(_ port: UInt16, _ value: UInt8) {
        if port == 0x64 {
            registers.status |= Status.lastWasCommand
            writeCommand(value)
        } else {
            registers.status &= ~Status.lastWasCommand
            writeData(value)
        }
    }

    private func writeCommand(_ value: UInt8) {
        registers.command = 0
        switch value {
        case 0x20...0x3F: reply(registers.memory[Int(value & 0x1F)])
        case 0x60...0x7F, 0xD1...0xD4: registers.command = value
        // A4: is there a password? None.
        case 0xA4: reply(0xF1)
        case 0xA7: setCommandByte(commandByte | CommandByte.auxiliaryDisabled)
        case 0xA8: setCommandByte(commandByte & ~CommandByte.auxiliaryDisabled)
        case 0xA9: reply(0x00)
        case 0xAA:
            registers.status |= Status.system
            commandByte |= CommandByte.system
            reply(0x55)
        case 0xAB: reply(0x00)
        case 0xAD: setCommandByte(commandByte | CommandByte.keyboardDisabled)
        case 0xAE: setCommandByte(commandByte & ~CommandByte.keyboardDisabled)
        // Input port P1: keyboard not locked, colour display, no manufacturing jumper.
        case 0xC0: reply(0xB0)
        case 0xD0: reply(registers.outputPort)
        // Test inputs: the clock lines are high.
        case 0xE0: reply(0x00)
        // Some chip sets' short ways to switch A20.
        case 0xDD: setOutputPort(registers.outputPort & ~OutputPort.addressLine20)
        case 0xDF: setOutputPort(registers.outputPort | OutputPort.addressLine20)
        case 0xF0...0xFF:
            // Pulses the output port's low bits whose bits are clear; bit 0 is the processor's reset line.
            if value & OutputPort.notReset == 0 { board.requestReset() }
        default: break
        }
    }

    private func writeData(_ value: UInt8) {
        let command = registers.command
        registers.command = 0
        switch command {
        case 0x60: setCommandByte(value)
        case 0x61...0x7F: registers.memory[Int(command & 0x1F)] = value
        case 0xD1: setOutputPort(value)
        case 0xD2: reply(value)
        case 0xD3: reply(value, auxiliary: true)
        case 0xD4:
            // Nobody answers on the auxiliary port.
            registers.status |= Status.timeout
            reply(0xFE, auxiliary: true)
        default:
            // A byte for the keyboard switches its interface on again.
            setCommandByte(commandByte & ~CommandByte.keyboardDisabled)
            board.keyboard.receive(value)
        }
    }

    private func setCommandByte(_ value: UInt8) {
        commandByte = value
        if value & CommandByte.system != 0 {
            registers.status |= Status.system
        } else {
            registers.status &= ~Status.system
        }
        updateInterrupts()
        scheduleTransfer()
    }

    private func setOutputPort(_ value: UInt8) {
        registers.outputPort = value
        updateInterrupts()
        board.updateAddressLine20()
        if value & OutputPort.notReset == 0 { board.requestReset() }
    }
}
