/// Numbers as the debugger writes them.
extension FixedWidthInteger where Self: UnsignedInteger {
    /// All digits of the type's width: `0000ffff` for a `UInt32`.
    package var digits: String {
        let text = String(self, radix: 16)
        return String(repeating: "0", count: Self.bitWidth / 4 - text.count) + text
    }

    /// `0xffff`.
    package var hexadecimal: String { "0x" + String(self, radix: 16) }
}

extension String {
    /// The text with spaces behind it, up to `width` characters.
    package func padded(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }

    /// The text with spaces before it, up to `width` characters.
    package func paddedLeft(to width: Int) -> String {
        count < width ? String(repeating: " ", count: width - count) + self : self
    }
}
