/// An IBM PS/2 keyboard with 104 keys, on the far side of the 8042 (IBM PS/2 Technical Reference, "Keyboards").
///
/// Constraint: the buffer of a real one holds 16 bytes, four strokes in scan code set 2, and what finds no room is
/// lost. That is enough for fingers, whose strokes are many milliseconds apart; but the host brings in one moment
/// whatever was pressed while it had no time for the machine. Choice: the keyboard is the real one, and it is the
/// fingers that wait: what is pressed and typed stands in a queue, in its order, until the buffer has room for the next.
final class PS2Keyboard {
    enum Reply {
        static let acknowledge: UInt8 = 0xFA, resend: UInt8 = 0xFE, echo: UInt8 = 0xEE
        static let selfTestPassed: UInt8 = 0xAA
    }

    /// How a key of scan code set 3 behaves.
    enum KeyType: UInt8, Codable, Sendable {
        case typematicMakeBreak, makeOnly, makeBreak, typematic
    }

    /// What fingers do to the keyboard.
    enum Motion: Codable, Sendable, Equatable {
        case key(Key, isPressed: Bool)
        /// The rest of a text.
        case text(String)
        /// Keys were lost.
        case overrun
    }

    struct Registers: Codable, Sendable, Equatable {
        /// Bytes to be sent to the controller: at most 16 of keys; replies come on top.
        var queue: [UInt8] = []
        var scanCodeSet: UInt8 = 2
        var isScanning = true
        /// Bit 0: Scroll Lock, 1: Num Lock, 2: Caps Lock.
        var lamps: UInt8 = 0
        /// Bits 0-4: rate, 5-6: delay, as command F3 sets them.
        var typematic: UInt8 = 0x2B
        /// The command whose parameter comes next; 0 for none.
        var command: UInt8 = 0
        var lastSent: UInt8 = 0
        /// The key that repeats.
        var repeating: Key?
        /// The self test of command FF is running.
        var isTesting = false
        /// What all keys of set 3 do, by commands F7-FA.
        var set3Type = KeyType.typematicMakeBreak
        /// What is still to be done, because the buffer has no room for it or it is behind something else.
        var waiting: [Motion] = []
        /// The keys that fingers are on, whether or not the keyboard has been told.
        var held: [Key] = []

        func validate() throws(SnapshotError) {
            guard (1...3).contains(scanCodeSet), queue.count <= 64 else {
                throw SnapshotError("the keyboard's state is out of range")
            }
        }
    }

    private(set) var registers = Registers()
    private unowned let board: Board
    private static let bufferSize = 16
    /// The most that waits before the press of a key is lost, if the guest takes nothing: two thousand strokes.
    private static let patience = 4096
    private static let selfTestTime: UInt64 = 5_000_000

    init(board: Board) {
        self.board = board
    }

    func restore(_ registers: Registers) {
        self.registers = registers
    }

    // MARK: To the controller

    var hasByte: Bool { !registers.queue.isEmpty }

    func takeByte() -> UInt8? {
        guard !registers.queue.isEmpty else { return nil }
        let byte = registers.queue.removeFirst()
        if byte != Reply.resend { registers.lastSent = byte }
        return byte
    }

    private func reply(_ bytes: UInt8...) {
        // Commands empty the buffer of keys in real keyboards only where noted; a reply then goes before what is left.
        guard registers.queue.count + bytes.count <= 64 else { return }
        registers.queue.append(contentsOf: bytes)
        board.keyboardController.keyboardHasData()
    }

    // MARK: Keys

    /// A finger presses or releases `key`. A press is lost, and its release with it, only if too many wait; the release
    /// of a key whose press was taken is never lost, so that no key is stuck.
    func setKey(_ key: Key, isPressed: Bool) {
        if isPressed {
            guard registers.waiting.count < Self.patience else {
                if registers.waiting.last != .overrun { registers.waiting.append(.overrun) }
                return
            }
            if !registers.held.contains(key) { registers.held.append(key) }
        } else {
            guard let index = registers.held.firstIndex(of: key) else { return }
            registers.held.remove(at: index)
        }
        registers.waiting.append(.key(key, isPressed: isPressed))
        proceed()
    }

    /// Switched on and not testing itself.
    private var isListening: Bool { registers.isScanning && !registers.isTesting }

    /// Does what waits, as far as the buffer has room; whoever takes a byte out of it calls again. A keyboard that does
    /// not listen lets keys pass without a code; text waits for it.
    func proceed() {
        while let next = registers.waiting.first {
            if case .text = next { return scheduleTyping() }
            let bytes = isListening ? codes(of: next) : []
            guard bytes.isEmpty || registers.queue.count + bytes.count <= Self.bufferSize else { return }
            registers.waiting.removeFirst()
            send(bytes)
            if isListening, case .key(let key, let isPressed) = next { changeRepetition(key, isPressed: isPressed) }
        }
    }

    private func changeRepetition(_ key: Key, isPressed: Bool) {
        if isPressed, repeats(key) {
            registers.repeating = key
            board.schedule(.keyboard, at: board.now &+ typematicDelay)
        } else if registers.repeating == key || isPressed {
            stopRepeating()
        }
    }

    private func repeats(_ key: Key) -> Bool {
        guard key != .pause else { return false }
        guard registers.scanCodeSet == 3 else { return true }
        return registers.set3Type == .typematic || registers.set3Type == .typematicMakeBreak
    }

    private func codes(of motion: Motion) -> [UInt8] {
        switch motion {
        case .key(let key, let isPressed): codes(of: key, isPressed: isPressed)
        case .overrun: [registers.scanCodeSet == 1 ? 0xFF : 0x00]
        case .text: []
        }
    }

    private func codes(of key: Key, isPressed: Bool) -> [UInt8] {
        if registers.scanCodeSet == 3, !isPressed,
            registers.set3Type == .makeOnly || registers.set3Type == .typematic
        {
            return []
        }
        return ScanCodes.bytes(for: key, isPressed: isPressed, set: registers.scanCodeSet)
    }

    /// There is room for `bytes`.
    private func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        registers.queue.append(contentsOf: bytes)
        board.keyboardController.keyboardHasData()
    }

    // MARK: Typematic repetition

    private var typematicDelay: UInt64 {
        (UInt64(registers.typematic >> 5 & 3) + 1) * 250_000_000
    }

    /// (8 + A) * 2^B * 4.17 ms, A in bits 0-2, B in bits 3-4.
    private var typematicPeriod: UInt64 {
        (8 + UInt64(registers.typematic & 7)) << UInt64(registers.typematic >> 3 & 3) * 4_170_000
    }

    private func stopRepeating() {
        registers.repeating = nil
        if !registers.isTesting { board.events.cancel(.keyboard) }
    }

    /// The event: the self test is over, or a key repeats.
    func timer() {
        if registers.isTesting {
            registers.isTesting = false
            registers.isScanning = true
            reply(Reply.selfTestPassed)
        } else if let key = registers.repeating, registers.isScanning {
            // A keyboard whose buffer is full repeats no further.
            if registers.queue.count < Self.bufferSize / 2 { send(codes(of: key, isPressed: true)) }
            board.schedule(.keyboard, at: board.now &+ typematicPeriod)
        }
    }

    // MARK: Commands

    private func setDefaults() {
        registers.scanCodeSet = 2
        registers.typematic = 0x2B
        registers.set3Type = .typematicMakeBreak
        registers.queue.removeAll()
        stopRepeating()
    }

    /// The controller sends a byte: a command or the parameter of one.
    func receive(_ byte: UInt8) {
        guard !registers.isTesting else { return }
        let command = registers.command
        registers.command = 0
        if command != 0, byte < 0xED {
            receiveParameter(byte, of: command)
            return
        }
        switch byte {
        case 0xED, 0xF0, 0xF3, 0xFB, 0xFC, 0xFD:
            registers.command = byte
            reply(Reply.acknowledge)
        case 0xEE: reply(Reply.echo)
        case 0xF2: reply(Reply.acknowledge, 0xAB, 0x83)
        case 0xF4:
            registers.queue.removeAll()
            registers.isScanning = true
            reply(Reply.acknowledge)
        case 0xF5:
            setDefaults()
            registers.isScanning = false
            reply(Reply.acknowledge)
        case 0xF6:
            setDefaults()
            registers.isScanning = true
            reply(Reply.acknowledge)
        case 0xF7, 0xF8, 0xF9, 0xFA:
            registers.set3Type = [.typematic, .makeBreak, .makeOnly, .typematicMakeBreak][Int(byte - 0xF7)]
            reply(Reply.acknowledge)
        case 0xFE: reply(registers.lastSent)
        case 0xFF:
            setDefaults()
            setLamps(0)
            registers.isTesting = true
            reply(Reply.acknowledge)
            board.schedule(.keyboard, at: board.now &+ Self.selfTestTime)
        default: reply(Reply.resend)
        }
    }

    private func receiveParameter(_ byte: UInt8, of command: UInt8) {
        switch command {
        case 0xED:
            setLamps(byte & 7)
            reply(Reply.acknowledge)
        case 0xF0 where byte == 0:
            reply(Reply.acknowledge, registers.scanCodeSet)
        case 0xF0 where byte <= 3:
            registers.scanCodeSet = byte
            registers.queue.removeAll()
            reply(Reply.acknowledge)
        case 0xF3 where byte < 0x80:
            registers.typematic = byte
            reply(Reply.acknowledge)
        case 0xFB, 0xFC, 0xFD:
            // The key types of single keys are acknowledged; the keys keep the common type.
            reply(Reply.acknowledge)
        default:
            reply(Reply.resend)
        }
    }

    private func setLamps(_ lamps: UInt8) {
        guard lamps != registers.lamps else { return }
        registers.lamps = lamps
        board.output.send {
            $0.keyboardLamps(scrollLock: lamps & 1 != 0, numLock: lamps & 2 != 0, capsLock: lamps & 4 != 0)
        }
    }

    // MARK: Typing text

    private static let typingPeriod: UInt64 = 2_000_000

    /// Types `text`, each character when the guest has taken the codes of the one before.
    func type(_ text: String) {
        if case .text(let earlier)? = registers.waiting.last {
            registers.waiting[registers.waiting.count - 1] = .text(earlier + text)
        } else {
            registers.waiting.append(.text(text))
        }
        proceed()
    }

    private func scheduleTyping() {
        if board.events.time(of: .typing) == EventQueue.never {
            board.schedule(.typing, at: board.now &+ Self.typingPeriod)
        }
    }

    /// The event: time for the next character.
    func typeNext() {
        guard case .text(var text)? = registers.waiting.first else { return }
        if registers.queue.isEmpty, isListening, !board.keyboardController.holdsKeyboardByte {
            let stroke = text.first.flatMap { Key.typing($0) }
            text = String(text.dropFirst())
            if let (key, shift) = stroke {
                if shift { send(codes(of: .leftShift, isPressed: true)) }
                send(codes(of: key, isPressed: true))
                send(codes(of: key, isPressed: false))
                if shift { send(codes(of: .leftShift, isPressed: false)) }
            }
            if text.isEmpty {
                registers.waiting.removeFirst()
            } else {
                registers.waiting[0] = .text(text)
            }
        }
        proceed()
    }
}
