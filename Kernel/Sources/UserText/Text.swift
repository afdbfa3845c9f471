// Text for programs that have no `String`.
//
// Constraint: `String` needs tables of Unicode properties that are larger than most programs here, and a heap, which a
// process that reports running out of memory cannot rely on. Yet a program should be able to say
// `print("\(count) files")`.
//
// Choice: `Text` is a short piece of UTF-8 stored in place, made by string interpolation. Literals are `StaticString`s;
// numbers, bytes and other texts are appended by the overloads below. What does not fit is cut off, and marked.
//
// Example: `let line: Text = "\(name): \(size, width: 8) bytes at \(hex: address)"`.

/// A short text, such as a line to print: up to ``capacity`` bytes of UTF-8, stored in place.
public struct Text: ExpressibleByStringInterpolation {
    /// The most bytes of a text. A longer one is cut off, and ends in `...`.
    public static var capacity: Int { 252 }

    /// One byte more than the capacity, for the end of a line.
    private var storage = InlineArray<253, UInt8>(repeating: 0)
    /// The length in bytes.
    public private(set) var count = 0

    /// An empty text.
    public init() {}

    public init(stringLiteral value: StaticString) {
        append(value)
    }

    public init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.text
    }

    /// The byte at `index`, or NUL outside the text.
    public subscript(index: Int) -> UInt8 {
        index >= 0 && index < count ? storage[index] : 0
    }

    /// Gives a closure the text's bytes, which are valid until it returns.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var copy = storage
        // `InlineArray` stores its elements contiguously, so its own bytes are the text's.
        return withUnsafeBytes(of: &copy) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    /// The same, with a line feed behind them, for which there is always room.
    public func withLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var copy = storage
        copy[count] = 0x0A
        return withUnsafeBytes(of: &copy) { body(UnsafeRawBufferPointer(rebasing: $0[...count])) }
    }

    /// Appends a byte.
    public mutating func append(_ byte: UInt8) {
        guard count < Self.capacity else {
            for index in (Self.capacity - 3)..<Self.capacity { storage[index] = UInt8(ascii: ".") }
            return
        }
        storage[count] = byte
        count += 1
    }

    /// Appends a literal.
    public mutating func append(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { append(text.utf8Start[index]) }
    }

    /// Appends bytes.
    public mutating func append(_ bytes: some Collection<UInt8>) {
        for byte in bytes { append(byte) }
    }

    /// Appends another text. (A literal is a `StaticString` rather than a `Text`.)
    @_disfavoredOverload
    public mutating func append(_ text: Text) {
        for index in 0..<text.count { append(text.storage[index]) }
    }

    /// Appends a decimal number, with spaces before it up to `width` columns.
    public mutating func append(_ value: UInt32, width: Int = 0) {
        var digits = 1
        var power: UInt32 = 1
        while value / power >= 10 {
            power *= 10
            digits += 1
        }
        var column = digits
        while column < width {
            append(0x20)
            column += 1
        }
        while power > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / power % 10))
            power /= 10
        }
    }

    /// Appends `0x` and eight hexadecimal digits, as addresses are written.
    public mutating func append(hex value: UInt32) {
        append("0x")
        var shift: UInt32 = 32
        while shift > 0 {
            shift -= 4
            appendDigit(UInt8(truncatingIfNeeded: value >> shift & 0xF))
        }
    }

    private mutating func appendDigit(_ digit: UInt8) {
        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }

    /// Appends a byte's two hexadecimal digits.
    public mutating func append(hexByte byte: UInt8) {
        appendDigit(byte >> 4)
        appendDigit(byte & 0xF)
    }

    /// Appends spaces until the text has at least `column` bytes.
    public mutating func pad(to column: Int) {
        while count < min(column, Self.capacity) { append(0x20) }
    }

    /// Collects the pieces of `"...\(...)..."`.
    public struct StringInterpolation: StringInterpolationProtocol {
        var text = Text()

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: StaticString) { text.append(literal) }
        public mutating func appendInterpolation(_ literal: StaticString) { text.append(literal) }
        @_disfavoredOverload
        public mutating func appendInterpolation(_ other: Text) { text.append(other) }
        public mutating func appendInterpolation(_ bytes: some Collection<UInt8>) { text.append(bytes) }

        /// A decimal number, with spaces before it up to `width` columns.
        public mutating func appendInterpolation(_ value: UInt32, width: Int = 0) { text.append(value, width: width) }

        /// A decimal number of at least `digits` digits, with zeros before it.
        public mutating func appendInterpolation(_ value: UInt32, digits: Int) {
            var least: UInt32 = 10
            for _ in 1..<max(digits, 1) {
                if value < least { text.append(UInt8(ascii: "0")) }
                least = least &* 10
            }
            text.append(value)
        }

        /// `true` or `false`.
        public mutating func appendInterpolation(_ value: Bool) { text.append(value ? "true" : "false") }

        /// Two hexadecimal digits.
        public mutating func appendInterpolation(hexByte byte: UInt8) { text.append(hexByte: byte) }

        /// A decimal number.
        public mutating func appendInterpolation(_ value: Int) {
            if value < 0 { text.append(UInt8(ascii: "-")) }
            // Numbers here are `Int`s of a 32-bit machine; the host's longer ones are clamped.
            text.append(UInt32(clamping: value.magnitude))
        }

        /// `0x` and eight hexadecimal digits, as addresses are written.
        public mutating func appendInterpolation(hex value: UInt32) { text.append(hex: value) }
    }
}

#if !hasFeature(Embedded)
    extension Text: CustomStringConvertible {
        public var description: String { withBytes { String(decoding: $0, as: UTF8.self) } }
    }
#endif
