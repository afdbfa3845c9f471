/// What a chip holds, for a person and for a program: a list of its registers and states, each with its value and with
/// words that say what the value means.
///
/// It is made from the chip's registers as a snapshot holds them. No port is read: reading is what changes many a chip.
public struct ChipReport: Sendable, Equatable {
    /// One register or state.
    public struct Field: Sendable, Equatable {
        public let name: String
        public let value: Value
        /// What the value means; may be empty.
        public let text: String
    }

    public enum Value: Sendable, Equatable {
        /// A register of so many bits.
        case number(UInt64, bits: Int)
        case flag(Bool)
        case text(String)
        case bytes([UInt8])
    }

    /// A short name: `pic`, `com1`.
    public let name: String
    /// The chip, with its part number.
    public let title: String
    /// Where it answers.
    public let ports: [ClosedRange<UInt16>]
    /// Physical addresses at which it answers.
    public let memory: [ClosedRange<UInt32>]
    public internal(set) var fields: [Field] = []

    init(_ name: String, _ title: String, ports: [ClosedRange<UInt16>], memory: [ClosedRange<UInt32>] = []) {
        self.name = name
        self.title = title
        self.ports = ports
        self.memory = memory
    }

    // MARK: Making one

    mutating func add(_ name: String, _ value: UInt8, _ text: String = "") {
        fields.append(Field(name: name, value: .number(UInt64(value), bits: 8), text: text))
    }

    mutating func add(_ name: String, word value: UInt16, _ text: String = "") {
        fields.append(Field(name: name, value: .number(UInt64(value), bits: 16), text: text))
    }

    mutating func add(_ name: String, count value: Int, _ text: String = "") {
        fields.append(Field(name: name, value: .number(UInt64(max(0, value)), bits: 32), text: text))
    }

    mutating func add(_ name: String, flag value: Bool, _ text: String = "") {
        fields.append(Field(name: name, value: .flag(value), text: text))
    }

    mutating func add(_ name: String, words value: String, _ text: String = "") {
        fields.append(Field(name: name, value: .text(value), text: text))
    }

    mutating func add(_ name: String, bytes value: [UInt8], _ text: String = "") {
        fields.append(Field(name: name, value: .bytes(value), text: text))
    }

    /// The names of the bits that are set, separated by commas; `none` if there are none.
    static func words(_ value: UInt8, _ names: [(bit: UInt8, name: String)], none: String = "") -> String {
        let set = names.filter { value & $0.bit != 0 }.map(\.name)
        return set.isEmpty ? none : set.joined(separator: ", ")
    }

    /// `0x3f8`.
    static func hexadecimal(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
}

extension Machine {
    /// All chips of the board, as they are now. Nothing is changed by looking.
    public var chips: [ChipReport] {
        [board.interrupts.report(board), board.timer.report(board), board.realTimeClock.report(board)]
            + board.serialPorts.map { $0.report(board) }
            + [board.keyboardController.report(board), board.keyboard.report, board.display.report(board)]
            + board.disks.map { $0.report(board) } + [board.systemReport]
    }

    /// The interrupt lines that ask to be heard, and are not masked: 0...15.
    public var waitingInterruptLines: [Int] {
        let registers = board.interrupts.registers
        let asking =
            UInt16(registers.master.requests & ~registers.master.mask)
            | UInt16(registers.slave.requests & ~registers.slave.mask) << 8
        return (0..<16).filter { $0 != 2 && asking >> UInt16($0) & 1 != 0 }
    }

    /// The short name of the chip that answers at a port; nil if none does.
    public func chipName(atPort port: UInt16) -> String? {
        board.device(at: port).chipName
    }
}
