/// Writes pictures as PNG files (ISO/IEC 15948), so that screenshots need no library on the user's machine.
///
/// Screens of text have few colours and much repetition: a picture with at most 256 colours is written with a palette,
/// and the compressor looks for repeats with a hash of three bytes and codes them with the fixed Huffman codes of
/// RFC 1951. A 720x400 text screen comes to some ten kilobytes.
public enum PNGEncoder {
    /// Encodes `pixels`, row by row from the top left, each 0x00RRGGBB; `pixels.count` must be `width * height`.
    ///
    /// Returns nil when the sizes do not fit together or a side is zero.
    public static func encode(width: Int, height: Int, pixels: [UInt32]) -> [UInt8]? {
        guard width > 0, height > 0, width <= 1 << 15, height <= 1 << 15, pixels.count == width * height else {
            return nil
        }
        var indexOfColor: [UInt32: UInt8] = [:]
        var palette: [UInt32] = []
        for pixel in pixels where indexOfColor[pixel] == nil {
            guard palette.count < 256 else {
                palette = []
                break
            }
            indexOfColor[pixel] = UInt8(palette.count)
            palette.append(pixel)
        }
        let isIndexed = !palette.isEmpty

        var raw: [UInt8] = []
        raw.reserveCapacity((width * (isIndexed ? 1 : 3) + 1) * height)
        for row in 0..<height {
            raw.append(0)  // filter type "None"
            for pixel in pixels[row * width..<(row + 1) * width] {
                if isIndexed {
                    raw.append(indexOfColor[pixel] ?? 0)
                } else {
                    appendColor(pixel, to: &raw)
                }
            }
        }

        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        var header: [UInt8] = []
        appendBigEndian(UInt32(width), to: &header)
        appendBigEndian(UInt32(height), to: &header)
        header += [8, isIndexed ? 3 : 2, 0, 0, 0]
        appendChunk("IHDR", header, to: &file)
        if isIndexed {
            var entries: [UInt8] = []
            for color in palette { appendColor(color, to: &entries) }
            appendChunk("PLTE", entries, to: &file)
        }
        appendChunk("IDAT", zlib(raw), to: &file)
        appendChunk("IEND", [], to: &file)
        return file
    }

    private static func appendColor(_ pixel: UInt32, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: pixel >> 16))
        bytes.append(UInt8(truncatingIfNeeded: pixel >> 8))
        bytes.append(UInt8(truncatingIfNeeded: pixel))
    }

    private static func appendBigEndian(_ value: UInt32, to bytes: inout [UInt8]) {
        for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    private static func appendChunk(_ type: StaticString, _ data: [UInt8], to file: inout [UInt8]) {
        appendBigEndian(UInt32(data.count), to: &file)
        let start = file.count
        type.withUTF8Buffer { file += $0 }
        file += data
        appendBigEndian(crc32(file[start...]), to: &file)
    }

    private static let crcTable: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : 0xEDB8_8320 ^ (value >> 1) }
    }

    private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in crcTable[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
    }

    /// The zlib format (RFC 1950) around one deflate block.
    private static func zlib(_ data: [UInt8]) -> [UInt8] {
        var output: [UInt8] = [0x78, 0x01] + deflate(data)
        var a: UInt32 = 1
        var b: UInt32 = 0
        for byte in data {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        appendBigEndian(b << 16 | a, to: &output)
        return output
    }

    /// One block with fixed Huffman codes (RFC 1951, 3.2.6), greedy matches within the 32 KiB window.
    private static func deflate(_ data: [UInt8]) -> [UInt8] {
        var bits = BitWriter()
        bits.write(1, count: 1)  // last block
        bits.write(1, count: 2)  // fixed Huffman codes
        var lastPosition = [Int](repeating: -1, count: 1 << 12)
        var position = 0
        while position < data.count {
            var matchLength = 0
            var distance = 0
            if position + 3 <= data.count {
                let key = UInt32(data[position]) | UInt32(data[position + 1]) << 8 | UInt32(data[position + 2]) << 16
                let slot = Int((key &* 0x9E37_79B1) >> 20)
                let candidate = lastPosition[slot]
                lastPosition[slot] = position
                if candidate >= 0, position - candidate <= 32768 {
                    let limit = min(258, data.count - position)
                    while matchLength < limit, data[candidate + matchLength] == data[position + matchLength] {
                        matchLength += 1
                    }
                    distance = position - candidate
                }
            }
            if matchLength >= 3 {
                bits.writeMatch(length: matchLength, distance: distance)
                position += matchLength
            } else {
                bits.writeSymbol(Int(data[position]))
                position += 1
            }
        }
        bits.writeSymbol(256)
        return bits.finish()
    }
}

/// Bits in deflate's order: least significant first, Huffman codes most significant first.
private struct BitWriter {
    private var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var pendingCount = 0

    mutating func write(_ value: UInt32, count: Int) {
        pending |= UInt64(value) << UInt64(pendingCount)
        pendingCount += count
        while pendingCount >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            pendingCount -= 8
        }
    }

    private mutating func writeCode(_ code: Int, count: Int) {
        var reversed: UInt32 = 0
        for bit in 0..<count where code >> bit & 1 == 1 { reversed |= 1 << UInt32(count - 1 - bit) }
        write(reversed, count: count)
    }

    /// A literal, the end of the block, or a length code (RFC 1951, 3.2.6).
    mutating func writeSymbol(_ symbol: Int) {
        switch symbol {
        case ..<144: writeCode(0x30 + symbol, count: 8)
        case ..<256: writeCode(0x190 + symbol - 144, count: 9)
        case ..<280: writeCode(symbol - 256, count: 7)
        default: writeCode(0xC0 + symbol - 280, count: 8)
        }
    }

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]

    /// `length` 3...258, `distance` 1...32768 (RFC 1951, 3.2.5).
    mutating func writeMatch(length: Int, distance: Int) {
        let lengthCode = (Self.lengthBases.lastIndex { $0 <= length }) ?? 0
        writeSymbol(257 + lengthCode)
        let lengthExtra = lengthCode < 8 || lengthCode == 28 ? 0 : lengthCode / 4 - 1
        write(UInt32(length - Self.lengthBases[lengthCode]), count: lengthExtra)
        let distanceCode = (Self.distanceBases.lastIndex { $0 <= distance }) ?? 0
        writeCode(distanceCode, count: 5)
        write(UInt32(distance - Self.distanceBases[distanceCode]), count: distanceCode < 4 ? 0 : distanceCode / 2 - 1)
    }

    mutating func finish() -> [UInt8] {
        if pendingCount > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
        return bytes
    }
}
