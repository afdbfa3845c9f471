/// Something that takes text byte by byte. Nothing here allocates: numbers are written digit by digit.
protocol TextSink {
    func put(_ byte: UInt8)
}

extension TextSink {
    @discardableResult
    func text(_ string: StaticString) -> Self {
        for index in 0..<string.utf8CodeUnitCount { put(string.utf8Start[index]) }
        return self
    }

    @discardableResult
    func bytes(_ bytes: UnsafeRawBufferPointer) -> Self {
        for byte in bytes { put(byte) }
        return self
    }

    /// A NUL-terminated string of at most `limit` bytes.
    @discardableResult
    func cString(_ string: UnsafePointer<UInt8>, limit: Int) -> Self {
        var index = 0
        while index < limit, string[index] != 0 {
            put(string[index])
            index += 1
        }
        return self
    }

    @discardableResult
    func decimal(_ value: UInt32) -> Self {
        var divisor: UInt32 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            put(UInt8(truncatingIfNeeded: 0x30 + value / divisor % 10))
            divisor /= 10
        }
        return self
    }

    /// Hexadecimal with `digits` digits, without a prefix.
    @discardableResult
    func hexadecimal(_ value: UInt64, digits: Int) -> Self {
        var shift = UInt64(truncatingIfNeeded: digits * 4)
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
            put(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
        return self
    }

    /// `0x` and eight hexadecimal digits.
    @discardableResult
    func address(_ value: UInt32) -> Self {
        text("0x").hexadecimal(UInt64(value), digits: 8)
    }

    /// Ends the line.
    func end() { put(0x0A) }
}
