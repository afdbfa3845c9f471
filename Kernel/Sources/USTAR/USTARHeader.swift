/// A header block, and where its fields are (POSIX.1-2017, pax, "ustar Interchange Format").
///
/// The fields' places are computed properties, because a `static let` may be initialised at run time, which a kernel
/// without a Swift runtime cannot do.
struct USTARHeader {
    /// Exactly one block.
    let block: UnsafeRawBufferPointer

    static var name: Range<Int> { 0..<100 }
    static var mode: Range<Int> { 100..<108 }
    static var userID: Range<Int> { 108..<116 }
    static var groupID: Range<Int> { 116..<124 }
    static var size: Range<Int> { 124..<136 }
    static var modificationTime: Range<Int> { 136..<148 }
    static var checksum: Range<Int> { 148..<156 }
    static var typeFlag: Int { 156 }
    static var magicAndVersion: Range<Int> { 257..<265 }
    static var prefix: Range<Int> { 345..<500 }

    /// - Parameter block: One block of `USTARArchive.blockSize` bytes.
    init(_ block: UnsafeRawBufferPointer) { self.block = block }

    /// Whether the block marks the end of the archive.
    var isZero: Bool {
        for byte in block where byte != 0 { return false }
        return true
    }

    /// The size of what follows the header, in bytes; nil if the field is not an octal number or does not fit an `Int`.
    var contentsSize: Int? { octal(Self.size) }

    /// Whether it is a pax header, whose contents are records about the next entry.
    var isExtended: Bool { block[Self.typeFlag] == UInt8(ascii: "x") }

    /// Checks everything that reading relies on, but for the records of a pax header.
    func checkedContentsSize() throws(USTARError) -> Int {
        // "ustar", NUL, "00".
        let magic: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) =
            (0x75, 0x73, 0x74, 0x61, 0x72, 0x00, 0x30, 0x30)
        let matches = withUnsafeBytes(of: magic) { $0.elementsEqual(block[Self.magicAndVersion]) }
        guard matches else { throw .notUSTAR }
        guard octal(Self.checksum) == computedChecksum else { throw .badChecksum }
        switch block[Self.typeFlag] {
        case UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "S"):
            throw .unsupportedExtension
        default: break
        }
        guard let size = contentsSize else { throw .badNumber }
        guard !USTARPath(self).isEmpty else { throw .emptyPath }
        return size
    }

    /// The sum of all bytes, with the checksum field itself taken as spaces.
    var computedChecksum: Int {
        var sum = 0
        for index in 0..<block.count { sum += Self.checksum.contains(index) ? 0x20 : Int(block[index]) }
        return sum
    }

    /// An octal number: leading spaces, digits, then nothing but spaces and NULs.
    func octal(_ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound, block[index] == 0x20 { index += 1 }
        var value = 0
        var hasDigits = false
        while index < range.upperBound, UInt8(ascii: "0")...UInt8(ascii: "7") ~= block[index] {
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 8)
            guard !overflow else { return nil }
            value = shifted | Int(block[index] - UInt8(ascii: "0"))
            hasDigits = true
            index += 1
        }
        guard hasDigits else { return nil }
        while index < range.upperBound {
            guard block[index] == 0x20 || block[index] == 0 else { return nil }
            index += 1
        }
        return value
    }
}
