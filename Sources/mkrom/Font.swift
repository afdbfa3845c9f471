// The font's source: see Firmware/Font/README.md for the format.

import ToolSupport

/// 256 glyphs of 8x16 pixels.
struct Font {
    static let glyphCount = 256
    static let height = 16

    /// 16 bytes per glyph, top row first, the leftmost pixel in bit 7.
    private(set) var bytes: [UInt8] = []

    /// Reads `U+XXXX 0xNN NAME` headers, each followed by 16 rows of `#` and `.`.
    init(text: String) throws {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        for code in 0..<Font.glyphCount {
            while lines.first?.isEmpty == true {
                lines.removeFirst()
            }
            let label = "0x" + (code < 16 ? "0" : "") + String(code, radix: 16, uppercase: true)
            guard let header = lines.popFirst(), header.split(separator: " ").dropFirst().first == label[...] else {
                throw Diagnostic("font: the header of glyph \(label) is missing")
            }
            for row in 0..<Font.height {
                guard let line = lines.popFirst(), line.count == 8, line.allSatisfy({ $0 == "#" || $0 == "." }) else {
                    throw Diagnostic("font: row \(row) of glyph \(label) is not eight of '#' and '.'")
                }
                bytes.append(line.reduce(0) { $0 << 1 | ($1 == "#" ? 1 : 0) })
            }
        }
        guard lines.allSatisfy(\.isEmpty) else {
            throw Diagnostic("font: text behind the last glyph")
        }
    }
}
