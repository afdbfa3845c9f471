/// The Motorola MC146818A real-time clock and its CMOS RAM, ports 70h and 71h.
///
/// The ten time registers are kept as the bytes that the guest sees and are incremented as the chip does, so whatever
/// format (BCD or binary, 12 or 24 hours) or nonsense a guest puts there behaves as on hardware. The contents of the
/// RAM are ``CMOSLayout``'s business.
final class RTC146818 {
    enum Index {
        static let seconds = 0, secondsAlarm = 1, minutes = 2, minutesAlarm = 3, hours = 4, hoursAlarm = 5
        static let weekday = 6, day = 7, month = 8, year = 9
        static let registerA = 0xA, registerB = 0xB, registerC = 0xC, registerD = 0xD
        static let shutdown = 0xF
        static let century = 0x32
    }

    enum RegisterB {
        static let set: UInt8 = 0x80, periodic: UInt8 = 0x40, alarm: UInt8 = 0x20, update: UInt8 = 0x10
        static let binary: UInt8 = 0x04, hours24: UInt8 = 0x02
    }

    struct Registers: Codable, Sendable, Equatable {
        var memory = [UInt8](repeating: 0, count: 128)
        /// What was last written to port 70h, without bit 7.
        var index: UInt8 = 0
        /// Port 70h bit 7.
        var masksNMI = false
        /// Nanoseconds at which the next update of the time is due; ``EventQueue/never`` while the divider is held.
        var nextUpdate: UInt64 = 1_000_000_000
        /// Nanoseconds up to which periodic ticks are accounted for in register C.
        var periodicSeen: UInt64 = 0

        func validate() throws(SnapshotError) {
            guard memory.count == 128, index < 128 else { throw SnapshotError("the CMOS RAM has a wrong size") }
        }
    }

    private(set) var registers = Registers()
    private unowned let board: Board
    private static let second: UInt64 = 1_000_000_000
    /// Time between "update in progress" and the update (MC146818A data sheet, t_BUC).
    private static let updateNotice: UInt64 = 244_000

    init(board: Board, memory: [UInt8]) {
        self.board = board
        for (index, byte) in memory.enumerated() where index < 128 {
            registers.memory[index] = byte
        }
        registers.memory[Index.registerA] = 0x26
        registers.memory[Index.registerB] = RegisterB.hours24
        registers.memory[Index.registerC] = 0
        registers.memory[Index.registerD] = 0x80
        registers.nextUpdate = board.now &+ Self.second
        board.schedule(.clockUpdate, at: registers.nextUpdate)
    }

    func restore(_ registers: Registers) {
        self.registers = registers
    }

    /// A reset clears the interrupt enables and flags; the time and the RAM are on a battery.
    func reset() {
        self[Index.registerB] &= ~(RegisterB.periodic | RegisterB.alarm | RegisterB.update)
        self[Index.registerC] = 0
        registers.index = 0
        registers.masksNMI = false
        board.events.cancel(.clockPeriodic)
        updateInterrupt()
    }

    private subscript(index: Int) -> UInt8 {
        get { registers.memory[index & 0x7F] }
        set { registers.memory[index & 0x7F] = newValue }
    }

    // MARK: Ports

    func read(_ port: UInt16) -> UInt8 {
        // The index port is write-only.
        guard port & 1 != 0 else { return 0xFF }
        let index = Int(registers.index)
        switch index {
        case Index.registerA:
            let notice = registers.nextUpdate != EventQueue.never && self[Index.registerB] & RegisterB.set == 0
                && board.now &+ Self.updateNotice >= registers.nextUpdate
            return self[index] & 0x7F | (notice ? 0x80 : 0)
        case Index.registerC:
            accountPeriodicTicks()
            let flags = flagsWithSummary
            self[index] = 0
            updateInterrupt()
            return flags
        default:
            return self[index]
        }
    }

    func write(_ port: UInt16, _ value: UInt8) {
        guard port & 1 != 0 else {
            registers.index = value & 0x7F
            registers.masksNMI = value & 0x80 != 0
            return
        }
        let index = Int(registers.index)
        switch index {
        case Index.registerA:
            accountPeriodicTicks()
            let wasRunning = isDividerRunning
            self[index] = value & 0x7F
            if isDividerRunning != wasRunning {
                // Released from reset, the divider makes its first update half a second later.
                registers.nextUpdate = isDividerRunning ? board.now &+ Self.second / 2 : EventQueue.never
                board.schedule(.clockUpdate, at: registers.nextUpdate)
            }
            schedulePeriodic()
        case Index.registerB:
            accountPeriodicTicks()
            // Setting SET clears the update interrupt enable.
            self[index] = value & RegisterB.set != 0 ? value & ~RegisterB.update : value
            updateInterrupt()
            schedulePeriodic()
        case Index.registerC, Index.registerD:
            break
        default:
            self[index] = value
        }
    }

    private var isDividerRunning: Bool { self[Index.registerA] & 0x70 == 0x20 }

    // MARK: Interrupts

    private var flagsWithSummary: UInt8 {
        let flags = self[Index.registerC] & 0x70
        return flags & self[Index.registerB] & 0x70 != 0 ? flags | 0x80 : flags
    }

    private func updateInterrupt() {
        board.interrupts.setLine(8, flagsWithSummary & 0x80 != 0)
    }

    /// The rate of the periodic interrupt (register A bits 0-3), nil if it is off.
    private var periodicRate: Frequency? {
        let select = UInt64(self[Index.registerA] & 0xF)
        guard select != 0, isDividerRunning else { return nil }
        // Rates 1 and 2 repeat 8 and 9 with a 32 kHz crystal.
        return Frequency(32_768 >> ((select < 3 ? select + 7 : select) - 1))
    }

    /// Sets the periodic flag if a tick has passed since the last look.
    private func accountPeriodicTicks() {
        let now = board.now
        if let rate = periodicRate, rate.ticks(in: now) > rate.ticks(in: registers.periodicSeen) {
            self[Index.registerC] |= RegisterB.periodic
        }
        registers.periodicSeen = now
    }

    /// Ticks need an event only if they interrupt; otherwise the flag is computed when somebody looks.
    private func schedulePeriodic() {
        guard let rate = periodicRate, self[Index.registerB] & RegisterB.periodic != 0 else {
            board.events.cancel(.clockPeriodic)
            return
        }
        board.schedule(.clockPeriodic, at: rate.nanoseconds(afterTicks: rate.ticks(in: board.now) &+ 1))
    }

    /// The event: a periodic tick.
    func periodicTick() {
        accountPeriodicTicks()
        updateInterrupt()
        schedulePeriodic()
    }

    // MARK: Time

    /// The event: a second has passed.
    func update() {
        registers.nextUpdate = registers.nextUpdate &+ Self.second
        if registers.nextUpdate <= board.now { registers.nextUpdate = board.now &+ Self.second }
        board.schedule(.clockUpdate, at: registers.nextUpdate)
        guard self[Index.registerB] & RegisterB.set == 0 else { return }
        countSecond()
        self[Index.registerC] |= RegisterB.update
        if isAlarmTime { self[Index.registerC] |= RegisterB.alarm }
        updateInterrupt()
    }

    /// An alarm byte with both high bits set matches everything.
    private var isAlarmTime: Bool {
        [Index.seconds, Index.minutes, Index.hours].allSatisfy { index in
            self[index + 1] >= 0xC0 || self[index + 1] == self[index]
        }
    }

    private var isBinary: Bool { self[Index.registerB] & RegisterB.binary != 0 }

    private func decode(_ byte: UInt8) -> Int {
        isBinary ? Int(byte) : Int(byte >> 4) * 10 + Int(byte & 0xF)
    }

    private func encode(_ number: Int) -> UInt8 {
        isBinary ? UInt8(truncatingIfNeeded: number) : Self.decimal(number)
    }

    /// Two decimal digits, one in each half of the byte.
    private static func decimal(_ number: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: (number / 10 % 10) << 4 | number % 10)
    }

    /// Hours 0...23 from the register's 12- or 24-hour format, and back.
    private var hour: Int {
        get {
            let byte = self[Index.hours]
            guard self[Index.registerB] & RegisterB.hours24 == 0 else { return decode(byte) }
            return decode(byte & 0x7F) % 12 + (byte & 0x80 != 0 ? 12 : 0)
        }
        set {
            if self[Index.registerB] & RegisterB.hours24 != 0 {
                self[Index.hours] = encode(newValue)
            } else {
                self[Index.hours] = encode((newValue + 11) % 12 + 1) | (newValue >= 12 ? 0x80 : 0)
            }
        }
    }

    private func countSecond() {
        guard carry(Index.seconds, limit: 60), carry(Index.minutes, limit: 60) else { return }
        hour = hour >= 23 ? 0 : hour + 1
        guard hour == 0 else { return }
        let weekday = decode(self[Index.weekday])
        self[Index.weekday] = encode(weekday >= 7 ? 1 : weekday + 1)
        let day = decode(self[Index.day])
        guard day >= daysInMonth else {
            self[Index.day] = encode(day + 1)
            return
        }
        self[Index.day] = encode(1)
        let month = decode(self[Index.month])
        guard month >= 12 else {
            self[Index.month] = encode(month + 1)
            return
        }
        self[Index.month] = encode(1)
        guard carry(Index.year, limit: 100) else { return }
        // The century byte is no register of the chip: real PCs leave it to the BIOS. Here it counts along, in BCD.
        let century = Int(self[Index.century] >> 4) * 10 + Int(self[Index.century] & 0xF) + 1
        self[Index.century] = Self.decimal(century)
    }

    /// Increments a register that counts from 0; true if it went round.
    private func carry(_ index: Int, limit: Int) -> Bool {
        let number = decode(self[index]) + 1
        self[index] = encode(number >= limit ? 0 : number)
        return number >= limit
    }

    private var daysInMonth: Int {
        switch decode(self[Index.month]) {
        case 2: decode(self[Index.year]) % 4 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Sets the time registers, in the format that register B asks for, to `seconds` since 1970-01-01 00:00 UTC.
    func setDate(secondsSince1970 seconds: Int64) {
        let date = CalendarDate(secondsSince1970: seconds)
        self[Index.seconds] = encode(date.second)
        self[Index.minutes] = encode(date.minute)
        hour = date.hour
        self[Index.weekday] = encode(date.weekday)
        self[Index.day] = encode(date.day)
        self[Index.month] = encode(date.month)
        self[Index.year] = encode(date.year % 100)
        let century = date.year / 100
        self[Index.century] = Self.decimal(century)
    }
}

/// A date of the Gregorian calendar, year 1 to 9999.
struct CalendarDate: Equatable {
    var year, month, day, hour, minute, second: Int
    /// 1: Sunday.
    var weekday: Int

    /// Dates outside the years 1 to 9999 are moved to the nearer end.
    init(secondsSince1970 seconds: Int64) {
        let clamped = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let days = Int(clamped >= 0 ? clamped / 86_400 : (clamped - 86_399) / 86_400)
        let rest = Int(clamped) - days * 86_400
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        // 1970-01-01 was a Thursday.
        weekday = ((days + 4) % 7 + 7) % 7 + 1
        // Count from 0000-03-01: years then end with the leap day, and 400 of them have 146,097 days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
