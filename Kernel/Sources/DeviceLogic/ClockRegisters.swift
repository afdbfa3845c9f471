import ServiceProtocols

/// The time registers of an MC146818 or what imitates one, as read from a PC's CMOS.
public struct ClockRegisters: Equatable, Sendable {
    public var second: UInt8 = 0
    public var minute: UInt8 = 0
    public var hour: UInt8 = 0
    public var day: UInt8 = 0
    public var month: UInt8 = 0
    public var year: UInt8 = 0
    /// Byte 32h, which most PCs use for the century; others for something else.
    public var century: UInt8 = 0
    /// Register B: bit 1 for 24 hours, bit 2 for binary numbers rather than BCD.
    public var statusB: UInt8 = 0

    public init() {}

    /// What they say; nil if it is no date.
    ///
    /// Source: Motorola MC146818A data sheet, "Time, calendar, and alarm locations".
    public var dateTime: DateTime? {
        let isBinary = statusB & 4 != 0
        func number(_ value: UInt8) -> UInt32? {
            if isBinary { return UInt32(value) }
            guard value & 0xF < 10, value >> 4 < 10 else { return nil }
            return UInt32(value >> 4) * 10 + UInt32(value & 0xF)
        }
        guard let second = number(second), let minute = number(minute), let day = number(day),
            let month = number(month), let yearOfCentury = number(year)
        else { return nil }
        var hour = self.hour
        if statusB & 2 == 0 { hour &= 0x7F }
        guard var hours = number(hour) else { return nil }
        if statusB & 2 == 0 {
            // 12, 1, 2, ... 11; bit 7 is set in the afternoon.
            guard 1...12 ~= hours else { return nil }
            hours = hours % 12 + (self.hour & 0x80 != 0 ? 12 : 0)
        }
        guard second < 60, minute < 60, hours < 24, 1...31 ~= day, 1...12 ~= month, yearOfCentury < 100 else {
            return nil
        }
        // A byte that is no century of ours is something else; years up to 79 are then of this one.
        let century = number(self.century).flatMap { 19...29 ~= $0 ? $0 : nil }
        let year = (century ?? (yearOfCentury < 80 ? 20 : 19)) * 100 + yearOfCentury
        return DateTime(year: year, month: month, day: day, hour: hours, minute: minute, second: second)
    }
}
