import Foundation

/// Reads text from the pixels of a screen, as a person does: by the shapes of our own font.
struct ScreenReader {
    /// Character codes by the 16 rows of their glyph.
    private var codes: [[UInt8]: UInt8] = [:]

    /// `fontFile`: `Firmware/Font/martlet-8x16.txt`.
    init(fontFile: URL) throws {
        var code: UInt8?
        var rows: [UInt8] = []
        for line in try String(contentsOf: fontFile, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("U+") {
                code = line.split(separator: " ").dropFirst().first.flatMap { UInt8($0.dropFirst(2), radix: 16) }
                rows = []
            } else if let code, line.count == 8 {
                rows.append(line.reduce(0) { $0 << 1 | ($1 == "#" ? 1 : 0) })
                // ASCII first: several codes are blank.
                if rows.count == 16, codes[rows] == nil || code == 0x20 { codes[rows] = code }
            }
        }
    }

    /// The text in a picture of 80x25 cells, 9x16 pixels each, drawn `scale` times as large with its top left corner at
    /// (`left`, `top`). Cells that hold no glyph of the font (the cursor, a picture in motion) come out as `?`.
    func lines(in picture: XPicture, left: Int, top: Int, scale: Int) -> [String] {
        guard left >= 0, top >= 0, left + 720 * scale <= picture.width, top + 400 * scale <= picture.height else {
            return []
        }
        return (0..<25).map { row in
            var line = ""
            for column in 0..<80 {
                // The colour of the background is unknown, so try each of the cell's (at most two) colours as it.
                let cell = (0..<16).map { y in
                    (0..<8).map { x in
                        picture[left + (column * 9 + x) * scale, top + (row * 16 + y) * scale]
                    }
                }
                let colors = Set(cell.joined())
                let readings = colors.compactMap { background in
                    codes[cell.map { $0.reduce(0) { $0 << 1 | ($1 == background ? 0 : 1) } }]
                }
                line.unicodeScalars.append(readings.first.map { UnicodeScalar($0 < 0x80 ? $0 : 0x3F) } ?? "?")
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
