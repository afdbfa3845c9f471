import Foundation
import Testing

@testable import Console

/// Screenshots can be read back, pixel by pixel.
struct PNGEncoderTests {
    @Test func fewColorsSurvive() throws {
        let pixels = (0..<720 * 400).map { index in [0xAA5500, 0x0000AA, 0xFFFFFF][(index / 9) % 3] as UInt32 }
        let png = try #require(PNGEncoder.encode(width: 720, height: 400, pixels: pixels))
        #expect(try Picture(png: png) == Picture(width: 720, height: 400, pixels: pixels))
        #expect(png.count < 100_000)
    }

    @Test func manyColorsSurvive() throws {
        var random = SystemRandomNumberGenerator()
        let pixels = (0..<300 * 100).map { _ in UInt32.random(in: 0...0xFFFFFF, using: &random) }
        let png = try #require(PNGEncoder.encode(width: 300, height: 100, pixels: pixels))
        #expect(try Picture(png: png) == Picture(width: 300, height: 100, pixels: pixels))
    }

    @Test func impossibleSizesAreRefused() {
        #expect(PNGEncoder.encode(width: 0, height: 1, pixels: []) == nil)
        #expect(PNGEncoder.encode(width: 2, height: 2, pixels: [1, 2, 3]) == nil)
    }
}

/// A picture, read from a PNG file as the encoder writes them: no interlacing, filter type 0, one deflate block with
/// fixed Huffman codes.
private struct Picture: Equatable {
    struct Malformed: Error {
        let reason: String
    }

    var width: Int
    var height: Int
    var pixels: [UInt32]

    init(width: Int, height: Int, pixels: [UInt32]) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    init(png: [UInt8]) throws {
        func word(_ offset: Int) -> Int { png[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        var chunks: [String: [UInt8]] = [:]
        var offset = 8
        while offset < png.count {
            let length = word(offset)
            let type = String(decoding: png[offset + 4..<offset + 8], as: UTF8.self)
            chunks[type] = Array(png[offset + 8..<offset + 8 + length])
            var crc: UInt32 = ~0
            for byte in png[offset + 4..<offset + 8 + length] {
                crc ^= UInt32(byte)
                for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : 0xEDB8_8320 ^ (crc >> 1) }
            }
            guard Int(~crc) == word(offset + 8 + length) else { throw Malformed(reason: "CRC of \(type)") }
            offset += 12 + length
        }
        guard let header = chunks["IHDR"], let data = chunks["IDAT"], chunks["IEND"] != nil else {
            throw Malformed(reason: "chunks")
        }
        width = header[0..<4].reduce(0) { $0 << 8 | Int($1) }
        height = header[4..<8].reduce(0) { $0 << 8 | Int($1) }
        let isIndexed = header[9] == 3
        let palette = chunks["PLTE"] ?? []
        let raw = try Self.inflate(Array(data[2..<data.count - 4]))
        let bytesPerPixel = isIndexed ? 1 : 3
        let stride = width * bytesPerPixel + 1
        guard raw.count == stride * height else { throw Malformed(reason: "size of the data") }
        pixels = []
        for row in 0..<height {
            for column in 0..<width {
                let start = row * stride + 1 + column * bytesPerPixel
                let color = isIndexed ? palette[Int(raw[start]) * 3..<Int(raw[start]) * 3 + 3] : raw[start..<start + 3]
                pixels.append(color.reduce(0) { $0 << 8 | UInt32($1) })
            }
        }
    }

    private static func inflate(_ input: [UInt8]) throws -> [UInt8] {
        var position = 0
        func bit() -> Int {
            defer { position += 1 }
            return Int(input[position >> 3] >> UInt8(position & 7)) & 1
        }
        func bits(_ count: Int) -> Int { (0..<count).reduce(0) { $0 | bit() << $1 } }
        func code(_ count: Int, after start: Int = 0) -> Int {
            (0..<count).reduce(start) { value, _ in value << 1 | bit() }
        }
        guard bits(3) == 3 else { throw Malformed(reason: "block type") }
        var output: [UInt8] = []
        while true {
            // RFC 1951, 3.2.6: 7 bits for 256...279, else 8 or 9.
            var symbol = code(7)
            if symbol < 24 {
                symbol += 256
            } else {
                symbol = code(1, after: symbol)
                switch symbol {
                case 0x30...0xBF: symbol -= 0x30
                case 0xC0...0xC7: symbol += 280 - 0xC0
                default: symbol = code(1, after: symbol) - 0x190 + 144
                }
            }
            if symbol == 256 { return output }
            guard symbol > 256 else {
                output.append(UInt8(symbol))
                continue
            }
            let group = symbol - 257
            let lengthExtra = group < 8 || group == 28 ? 0 : group / 4 - 1
            let lengthBase = group == 28 ? 258 : group < 8 ? 3 + group : 3 + (4 + group % 4) << lengthExtra
            let length = lengthBase + bits(lengthExtra)
            let slot = code(5)
            let distanceExtra = slot < 4 ? 0 : slot / 2 - 1
            let distance = (slot < 4 ? 1 + slot : 1 + (2 + slot % 2) << distanceExtra) + bits(distanceExtra)
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }
}
