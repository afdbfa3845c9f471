/// From the planes to a picture, scan line by scan line as the CRT controller and the attribute controller go.
extension VGA {
    /// What a picture depends on.
    struct FrameKey: Equatable {
        var generation: UInt64
        var cursorIsOn: Bool
        var blinkIsOn: Bool
    }

    /// The cursor blinks with a period of 16 frames, characters with one of 32.
    var frameKey: FrameKey {
        let frame = now / frameTime
        return FrameKey(generation: generation, cursorIsOn: frame & 8 == 0, blinkIsOn: frame & 16 == 0)
    }

    /// Something changed since the last picture.
    var isStale: Bool { cache?.key != frameKey }

    func frame() -> Frame {
        let key = frameKey
        if let cache, cache.key == key { return cache.frame }
        let frame = render(key)
        cache = (key, frame)
        return frame
    }

    // MARK: What the registers say

    private var isGraphics: Bool { registers.attribute[0x10] & 1 != 0 }
    /// Palette disconnected, or SR1 bit 5: the screen is dark.
    private var isBlank: Bool {
        registers.attributeIndex & 0x20 == 0 || registers.sequencer[1] & 0x20 != 0 || registers.crtc[0x17] & 0x80 == 0
    }
    private var columns: Int { Int(registers.crtc[1]) + 1 }
    private var rowScanLines: Int { Int(registers.crtc[9] & 0x1F) + 1 }
    private var startAddress: Int { Int(registers.crtc[0xC]) << 8 | Int(registers.crtc[0xD]) }
    private var cursorAddress: Int { Int(registers.crtc[0xE]) << 8 | Int(registers.crtc[0xF]) }
    private var lineCompare: Int {
        Int(registers.crtc[0x18]) | (registers.crtc[7] & 0x10 != 0 ? 256 : 0)
            | (registers.crtc[9] & 0x40 != 0 ? 512 : 0)
    }
    private var isDoubleScanned: Bool { registers.crtc[9] & 0x80 != 0 }
    /// 40-column modes: every dot is two pixels wide, so that pictures keep their proportions.
    private var dotWidth: Int { registers.sequencer[1] & 0x08 != 0 ? 2 : 1 }
    private var cursorScanLines: ClosedRange<Int>? {
        let start = Int(registers.crtc[0xA] & 0x1F), end = Int(registers.crtc[0xB] & 0x1F)
        guard registers.crtc[0xA] & 0x20 == 0, start <= end, start < rowScanLines else { return nil }
        return start...min(end, rowScanLines - 1)
    }

    /// The 16 colours of the palette on their way through colour select and DAC, as 0x00RRGGBB.
    private var palette: [UInt32] {
        (0..<16).map { dacColour(paletteIndex(UInt8($0))) }
    }

    private func paletteIndex(_ colour: UInt8) -> UInt8 {
        var index = registers.attribute[Int(colour & 0xF)] & 0x3F
        let select = registers.attribute[0x14]
        if registers.attribute[0x10] & 0x80 != 0 { index = index & 0x0F | select << 4 & 0x30 }
        return index | select << 4 & 0xC0
    }

    private func dacColour(_ index: UInt8) -> UInt32 {
        let entry = Int(index & registers.dacMask) * 3
        return registers.dac[entry..<entry + 3].reduce(0) { colour, component in
            colour << 8 | UInt32(component << 2 | component >> 4)
        }
    }

    // MARK: Text

    /// The characters on the screen; nil in graphics modes and while the screen is off.
    func textScreen() -> TextScreen? {
        guard !isGraphics, !isBlank, columns <= 256 else { return nil }
        let height = verticalDisplayEnd
        let palette = palette
        let scanLines = rowScanLines * (isDoubleScanned ? 2 : 1)
        let rows = max(1, height / scanLines)
        let step = Int(registers.crtc[0x13]) * 2
        let blinks = registers.attribute[0x10] & 0x08 != 0
        var cells: [TextScreen.Cell] = []
        cells.reserveCapacity(rows * columns)
        var cursor: TextScreen.Cursor?
        for row in 0..<rows {
            let (rowStart, _) = address(ofLine: row * scanLines, step: step)
            for column in 0..<columns {
                let address = (rowStart + column) & 0xFFFF
                let word = registers.planes[(address << 1) & 0xFFFF]
                let attribute = UInt8(truncatingIfNeeded: word >> 8)
                cells.append(
                    TextScreen.Cell(
                        code: UInt8(truncatingIfNeeded: word),
                        foreground: palette[Int(attribute & 0xF)],
                        background: palette[Int(attribute >> 4 & (blinks ? 7 : 15))]))
                if address == cursorAddress & 0xFFFF, let lines = cursorScanLines {
                    cursor = TextScreen.Cursor(column: column, row: row, scanLines: lines)
                }
            }
        }
        return TextScreen(columns: columns, rows: rows, cellHeight: rowScanLines, cells: cells, cursor: cursor)
    }

    /// The address counter at the start of the character row of scan line `line`, and the scan line within the row.
    private func address(ofLine line: Int, step: Int) -> (start: Int, rowScan: Int) {
        let split = lineCompare
        let factor = isDoubleScanned ? 2 : 1
        let preset = Int(registers.crtc[8] & 0x1F)
        if line > split {
            let scan = (line - split - 1) / factor
            return ((scan / rowScanLines) * step, scan % rowScanLines)
        }
        let scan = line / factor + preset
        let bytePanning = Int(registers.crtc[8] >> 5 & 3)
        return (startAddress + bytePanning + (scan / rowScanLines) * step, scan % rowScanLines)
    }

    private func render(_ key: FrameKey) -> Frame {
        let height = min(verticalDisplayEnd, 2048)
        let width = min(columns, 256) * (isGraphics ? 8 : dotsPerCharacter) * dotWidth
        guard !isBlank else {
            return Frame(width: width, height: height, pixels: Array(repeating: 0, count: width * height), text: nil)
        }
        if isGraphics {
            return renderGraphics(width: width, height: height)
        }
        let pixels = [UInt32](unsafeUninitializedCapacity: width * height) { buffer, count in
            buffer.initialize(repeating: 0)
            drawText(into: buffer, width: width, height: height, key: key)
            count = width * height
        }
        return Frame(width: width, height: height, pixels: pixels, text: textScreen())
    }

    /// Offsets of the two fonts in plane 2, for attribute bit 3 clear and set (SR3).
    private var fontOffsets: (clear: Int, set: Int) {
        let select = registers.sequencer[3]
        let clear = Int(select & 3) << 1 | Int(select >> 4 & 1)
        let set = Int(select >> 2 & 3) << 1 | Int(select >> 5 & 1)
        // Maps 0-3 lie at 0, 16K, 32K, 48K, maps 4-7 at 8K, 24K, 40K, 56K.
        return ((clear >> 1) * 16_384 + (clear & 1) * 8192, (set >> 1) * 16_384 + (set & 1) * 8192)
    }

    private func drawText(into pixels: UnsafeMutableBufferPointer<UInt32>, width: Int, height: Int, key: FrameKey) {
        let palette = palette
        let mode = registers.attribute[0x10]
        let blinks = mode & 0x08 != 0
        let extendsLines = mode & 0x04 != 0
        let isMonochrome = mode & 0x02 != 0
        let underline = Int(registers.crtc[0x14] & 0x1F)
        let step = Int(registers.crtc[0x13]) * 2
        let cellWidth = dotsPerCharacter
        let fonts = fontOffsets
        let cursorLines = key.cursorIsOn ? cursorScanLines : nil
        let columns = width / (cellWidth * dotWidth)
        for y in 0..<height {
            let (rowStart, rowScan) = address(ofLine: y, step: step)
            // Below the split, panning stops if AR10 bit 5 says so.
            let isPanned = y <= lineCompare || mode & 0x20 == 0
            let shift = isPanned ? panning(cellWidth: cellWidth) : 0
            // One character more than the columns: panning moves part of it in.
            for column in 0...columns {
                let address = (rowStart + column) & 0xFFFF
                let word = registers.planes[(address << 1) & 0xFFFF]
                let code = Int(word & 0xFF)
                let attribute = UInt8(truncatingIfNeeded: word >> 8)
                let font = attribute & 0x08 != 0 ? fonts.set : fonts.clear
                var dots = Int(registers.planes[font + code * 32 + rowScan] >> 16 & 0xFF) << 1
                if cellWidth == 9, extendsLines, code & 0xE0 == 0xC0, dots & 2 != 0 { dots |= 1 }
                if isMonochrome, attribute & 0x07 == 1, rowScan == underline { dots = 0x1FF }
                if blinks, attribute & 0x80 != 0, !key.blinkIsOn { dots = 0 }
                if let cursorLines, address == cursorAddress & 0xFFFF, cursorLines.contains(rowScan) { dots = 0x1FF }
                let foreground = palette[Int(attribute & 0xF)]
                let background = palette[Int(attribute >> 4 & (blinks ? 7 : 15))]
                for dot in 0..<cellWidth {
                    let colour = dots & 0x100 >> dot != 0 ? foreground : background
                    let x = (column * cellWidth + dot - shift) * dotWidth
                    guard x >= 0, x + dotWidth <= width else { continue }
                    for copy in 0..<dotWidth {
                        pixels[y * width + x + copy] = colour
                    }
                }
            }
        }
    }

    /// AR13: pixels by which the picture is shifted left. With 9-dot characters 8 means none and 0 means one.
    private func panning(cellWidth: Int) -> Int {
        let value = Int(registers.attribute[0x13] & 0xF)
        guard cellWidth == 9 else { return min(value, 7) }
        return value >= 8 ? 0 : value + 1
    }

    // MARK: Graphics

    private func renderGraphics(width: Int, height: Int) -> Frame {
        let step = Int(registers.crtc[0x13]) * 2
        let mode = registers.graphics[5] >> 5 & 3
        let is256Colour = registers.attribute[0x10] & 0x40 != 0
        let palette = palette
        let plane4Mask = Int(registers.attribute[0x12] & 0xF)
        let panned = Int(registers.attribute[0x13] & 7)
        var colours256: [UInt32] = []
        if is256Colour { colours256 = (0...255).map { dacColour($0) } }
        var pixels = [UInt32](repeating: 0, count: width * height)
        let characters = width / (8 * dotWidth)
        for y in 0..<height {
            let (rowStart, rowScan) = address(ofLine: y, step: step)
            let isPanned = y <= lineCompare || registers.attribute[0x10] & 0x20 == 0
            let shift = isPanned ? (is256Colour ? panned & 6 : panned) : 0
            for character in 0...characters {
                let word = registers.planes[planeAddress(counter: rowStart + character, rowScan: rowScan)]
                for dot in 0..<8 {
                    let x = (character * 8 + dot - shift) * dotWidth
                    guard x >= 0, x + dotWidth <= width else { continue }
                    let colour: UInt32
                    if is256Colour {
                        colour = colours256[Int(word >> UInt32(dot / 2 * 8) & 0xFF)]
                    } else if mode == 1 {
                        // Two bits per pixel, planes 0 and 1 (and 2 and 3 for the high bits) interleaved as on the CGA.
                        let source = dot < 4 ? word : word >> 8
                        let position = UInt32(6 - dot % 4 * 2)
                        let low = source >> position & 3, high = source >> (16 + position) & 3
                        colour = palette[Int(low | high << 2) & plane4Mask]
                    } else {
                        let bits = word >> UInt32(7 - dot)
                        let index = bits & 1 | bits >> 7 & 2 | bits >> 14 & 4 | bits >> 21 & 8
                        colour = palette[Int(index) & plane4Mask]
                    }
                    for copy in 0..<dotWidth {
                        pixels[y * width + x + copy] = colour
                    }
                }
            }
        }
        return Frame(width: width, height: height, pixels: pixels, text: nil)
    }

    /// The CRT controller's address counter as a memory address: byte, word or doubleword mode (CR14 bit 6, CR17 bits 5
    /// and 6), with the row scan counter in bits 13 and 14 for the CGA's and Hercules' interleaved lines (CR17 bits 0
    /// and 1).
    private func planeAddress(counter: Int, rowScan: Int) -> Int {
        let control = registers.crtc[0x17]
        var address: Int
        if registers.crtc[0x14] & 0x40 != 0 {
            address = counter << 2 | counter >> 14 & 3
        } else if control & 0x40 == 0 {
            address = counter << 1 | counter >> (control & 0x20 != 0 ? 15 : 13) & 1
        } else {
            address = counter
        }
        if control & 0x01 == 0 { address = address & ~0x2000 | (rowScan & 1) << 13 }
        if control & 0x02 == 0 { address = address & ~0x4000 | (rowScan >> 1 & 1) << 14 }
        return address & 0xFFFF
    }
}
