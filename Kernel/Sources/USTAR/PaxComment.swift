/// Comments in pax headers (POSIX.1-2017, pax, "pax Extended Header"): records `LENGTH comment=TEXT`, each with a line
/// feed at its end, whose decimal length counts all of it. They mean nothing, and are as long as one likes.
enum PaxComment {
    private static var keyword: StaticString { "comment=" }

    /// Whether a pax header's contents are comments and nothing else.
    static func isAll(of records: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while start < records.count {
            var length = 0
            var index = start
            while index < records.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= records[index] {
                length = length * 10 + Int(records[index] - UInt8(ascii: "0"))
                // Also ends before the number overflows.
                guard length <= records.count - start else { return false }
                index += 1
            }
            // After the digits a space and the keyword.
            let textStart = index + 1 + keyword.utf8CodeUnitCount
            guard textStart < start + length, records[index] == 0x20, records[start + length - 1] == 0x0A else {
                return false
            }
            for offset in 0..<keyword.utf8CodeUnitCount
            where records[index + 1 + offset] != keyword.utf8Start[offset] {
                return false
            }
            start += length
        }
        return true
    }

    #if !hasFeature(Embedded)
        /// A record of exactly `length` bytes, at least 16.
        static func record(ofLength length: Int) -> [UInt8] {
            let start = Array("\(length) \(keyword)".utf8)
            return start + [UInt8](repeating: 0x20, count: length - start.count - 1) + [0x0A]
        }
    #endif
}
