/// What the service `clock` is asked for.
public enum ClockRequest {
    /// The time of day: replies with the packed date and time (`DateTime.words`). Label 1: the clock is not to be read.
    public static var read: UInt32 { 1 }
}

/// A date and a time of day, in whichever zone the machine's clock is set to.
public struct DateTime: Equatable, Sendable {
    public var year: UInt32
    /// 1...12.
    public var month: UInt32
    /// 1...31.
    public var day: UInt32
    /// 0...23.
    public var hour: UInt32
    public var minute: UInt32
    public var second: UInt32

    public init(year: UInt32, month: UInt32, day: UInt32, hour: UInt32, minute: UInt32, second: UInt32) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// As two words of a message.
    public init(words: (UInt32, UInt32)) {
        self.init(
            year: words.0 >> 16, month: words.0 >> 8 & 0xFF, day: words.0 & 0xFF, hour: words.1 >> 16 & 0xFF,
            minute: words.1 >> 8 & 0xFF, second: words.1 & 0xFF)
    }

    /// As two words of a message: year, month, day from bit 16, 8 and 0; hour, minute, second likewise.
    public var words: (UInt32, UInt32) {
        (year << 16 | (month & 0xFF) << 8 | day & 0xFF, (hour & 0xFF) << 16 | (minute & 0xFF) << 8 | second & 0xFF)
    }

    /// 0 for Sunday ... 6 for Saturday (Zeller's congruence, for the Gregorian calendar).
    public var weekday: UInt32 {
        let shifted = month < 3 ? month + 12 : month
        let year = month < 3 && year > 0 ? year - 1 : year
        let days = day + 13 * (shifted + 1) / 5 + year + year / 4 + year / 400 + 6 * (year / 100)
        // Zeller begins with Saturday.
        return (days + 6) % 7
    }
}
