import RandomTestSupport
import Testing

@testable import Machine

@Suite struct VGATests {
    /// Standard mode 3: 80x25 characters of 9x16 dots, as a VGA BIOS programs it.
    private func textMode(columns40: Bool = false) throws -> Bench {
        let bench = try Bench()
        bench.out(0x3C2, columns40 ? 0x63 : 0x67)
        set(bench, 0x3C4, [0x03, columns40 ? 0x08 : 0x00, 0x03, 0x00, 0x02])
        bench.out(0x3D4, 0x11)
        bench.out(0x3D5, 0x0E)
        let crtc: [UInt8] =
            columns40
            ? [
                0x2D, 0x27, 0x28, 0x90, 0x2B, 0xA0, 0xBF, 0x1F, 0x00, 0x4F, 0x0D, 0x0E, 0x00, 0x00, 0x00, 0x00, 0x9C,
                0x8E, 0x8F, 0x14, 0x1F, 0x96, 0xB9, 0xA3, 0xFF,
            ]
            : [
                0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F, 0x00, 0x4F, 0x0D, 0x0E, 0x00, 0x00, 0x00, 0x00, 0x9C,
                0x8E, 0x8F, 0x28, 0x1F, 0x96, 0xB9, 0xA3, 0xFF,
            ]
        set(bench, 0x3D4, crtc)
        set(bench, 0x3CE, [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0E, 0x00, 0xFF])
        let attributes: [UInt8] = [
            0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x0C, 0, 0x0F, 8, 0,
        ]
        _ = bench.inb(0x3DA)
        for (index, value) in attributes.enumerated() {
            bench.out(0x3C0, UInt8(index))
            bench.out(0x3C0, value)
        }
        bench.out(0x3C0, 0x20)
        // The DAC as a 64-colour EGA palette: rgbRGB.
        bench.out(0x3C8, 0)
        for colour: UInt8 in 0..<64 {
            for (low, high) in [(UInt8(2), UInt8(5)), (1, 4), (0, 3)] {
                let bright = colour >> high & 1, normal = colour >> low & 1
                bench.out(0x3C9, normal * 42 + bright * 21)
            }
        }
        loadFont(bench)
        return bench
    }

    private func set(_ bench: Bench, _ port: UInt16, _ values: [UInt8]) {
        for (index, value) in values.enumerated() {
            bench.out(port, UInt8(index))
            bench.out(port + 1, value)
        }
    }

    /// Row r of character c is c xor r: every scan line of every character differs from its neighbours.
    private func fontRow(_ code: Int, _ row: Int) -> UInt8 { UInt8(code ^ row) }

    /// Into plane 2, by the way that a BIOS takes.
    private func loadFont(_ bench: Bench) {
        set(bench, 0x3C4, [0x01])
        for (index, value) in [(UInt8(2), UInt8(4)), (4, 7)] {
            bench.out(0x3C4, index)
            bench.out(0x3C5, value)
        }
        for (index, value) in [(UInt8(4), UInt8(2)), (5, 0), (6, 0)] {
            bench.out(0x3CE, index)
            bench.out(0x3CF, value)
        }
        for code in 0..<256 {
            for row in 0..<16 {
                bench.board.writeMMIO(UInt32(0xA0000 + code * 32 + row), size: 1, value: UInt32(fontRow(code, row)))
            }
        }
        for (index, value) in [(UInt8(2), UInt8(3)), (4, 2), (0, 3)] {
            bench.out(0x3C4, index)
            bench.out(0x3C5, value)
        }
        for (index, value) in [(UInt8(4), UInt8(0)), (5, 0x10), (6, 0x0E)] {
            bench.out(0x3CE, index)
            bench.out(0x3CF, value)
        }
    }

    private func put(_ bench: Bench, _ text: String, column: Int, row: Int, attribute: UInt8 = 0x07) {
        for (index, code) in text.utf8.enumerated() {
            bench.board.writeMMIO(
                UInt32(0xB8000 + 2 * (row * 80 + column + index)), size: 2, value: UInt32(attribute) << 8 | UInt32(code)
            )
        }
    }

    private let grey: UInt32 = 0xAAAAAA
    private let blue: UInt32 = 0x0000AA
    private let brown: UInt32 = 0xAA5500

    private func crtc(_ bench: Bench, _ index: UInt8, _ value: UInt8) {
        bench.out(0x3D4, index)
        bench.out(0x3D5, value)
    }

    @Test func charactersBecomePixels() throws {
        let bench = try textMode()
        crtc(bench, 0x0A, 0x20)
        put(bench, "A", column: 2, row: 1, attribute: 0x16)
        let frame = bench.machine.frame()
        #expect(frame.width == 720 && frame.height == 400)
        for y in 0..<16 {
            let bits = fontRow(0x41, y)
            for x in 0..<9 {
                let isSet = x < 8 && bits & 0x80 >> UInt8(x) != 0
                #expect(frame.pixels[(16 + y) * 720 + 18 + x] == (isSet ? brown : blue), "dot \(x), \(y)")
            }
        }
    }

    @Test func lineDrawingCharactersReachTheNinthDot() throws {
        let bench = try textMode()
        crtc(bench, 0x0A, 0x20)
        bench.board.writeMMIO(0xB8000, size: 2, value: 0x07C5)
        bench.board.writeMMIO(0xB8002, size: 2, value: 0x0745)
        let frame = bench.machine.frame()
        for y in 0..<16 {
            #expect(frame.pixels[y * 720 + 8] == (fontRow(0xC5, y) & 1 != 0 ? grey : 0))
            #expect(frame.pixels[y * 720 + 17] == 0)
        }
    }

    @Test func theTextScreenIsReadable() throws {
        let bench = try textMode()
        for row in 0..<25 { put(bench, String(repeating: " ", count: 80), column: 0, row: row) }
        put(bench, "Martlet", column: 0, row: 0, attribute: 0x1E)
        put(bench, "martlet>", column: 0, row: 24)
        crtc(bench, 0x0E, 0x07)
        crtc(bench, 0x0F, 0x89)
        let text = try #require(bench.machine.textScreen())
        #expect(text.columns == 80 && text.rows == 25 && text.cellHeight == 16)
        #expect(text.lines[0] == "Martlet")
        #expect(text.lines[24] == "martlet>")
        #expect(text.lines[1...23].allSatisfy { $0.isEmpty })
        #expect(text.cells[0].foreground == 0xFFFF55 && text.cells[0].background == blue)
        #expect(text.cursor == TextScreen.Cursor(column: 9, row: 24, scanLines: 13...14))
        #expect(bench.machine.frame().text == text)
    }

    @Test func theCursorBlinks() throws {
        let bench = try textMode()
        put(bench, "  ", column: 0, row: 0)
        var states: Set<[UInt32]> = []
        var changes = 0
        var last: [UInt32] = []
        for _ in 0..<200 {
            bench.advance(10_000_000)
            let frame = bench.machine.frame()
            let cell = (0..<16).map { frame.pixels[$0 * 720] == frame.pixels[$0 * 720 + 9] ? 0 : 1 } as [UInt32]
            states.insert(cell)
            if cell != last { changes += 1 }
            last = cell
        }
        #expect(states.count == 2)
        // On or off for 8 of 70 frames a second: about 17 changes in two seconds.
        #expect((15...20).contains(changes))
        crtc(bench, 0x0A, 0x20)
        #expect(bench.machine.textScreen()?.cursor == nil)
    }

    @Test func blinkingOrBrightBackground() throws {
        let bench = try textMode()
        put(bench, "x", column: 5, row: 5, attribute: 0x94)
        let cell = 5 * 80 + 5
        #expect(bench.machine.textScreen()?.cells[cell].background == blue)
        _ = bench.inb(0x3DA)
        bench.out(0x3C0, 0x30)
        bench.out(0x3C0, 0x04)
        #expect(bench.machine.textScreen()?.cells[cell].background == 0x5555FF)
    }

    @Test func theStartAddressScrolls() throws {
        let bench = try textMode()
        put(bench, "first", column: 0, row: 0)
        put(bench, "second", column: 0, row: 1)
        put(bench, "far", column: 0, row: 25)
        crtc(bench, 0x0D, 80)
        let lines = try #require(bench.machine.textScreen()).lines
        #expect(lines[0] == "second")
        #expect(lines[24] == "far")
    }

    @Test func lineCompareSplitsTheScreen() throws {
        let bench = try textMode()
        put(bench, "top", column: 0, row: 0)
        put(bench, "scrolled", column: 0, row: 10)
        crtc(bench, 0x0C, 0x03)
        crtc(bench, 0x0D, 0x20)
        // The split comes after scan line 319: below row 20 the picture starts anew at address 0.
        crtc(bench, 0x11, 0x0E)
        crtc(bench, 0x07, 0x1F)
        crtc(bench, 0x09, 0x0F)
        crtc(bench, 0x18, 0x3F)
        let lines = try #require(bench.machine.textScreen()).lines
        #expect(lines[0] == "scrolled")
        #expect(lines[20] == "top")
    }

    @Test func panningShiftsTheRow() throws {
        let bench = try textMode()
        crtc(bench, 0x0A, 0x20)
        put(bench, "AB", column: 0, row: 0)
        let before = bench.machine.frame()
        _ = bench.inb(0x3DA)
        bench.out(0x3C0, 0x33)
        bench.out(0x3C0, 0x02)
        let after = bench.machine.frame()
        for y in 0..<16 {
            #expect(after.pixels[y * 720..<y * 720 + 10].elementsEqual(before.pixels[y * 720 + 3..<y * 720 + 13]))
        }
    }

    @Test func fortyColumnsAndFiftyRows() throws {
        let forty = try textMode(columns40: true)
        #expect(forty.machine.textScreen()?.columns == 40)
        #expect(forty.machine.frame().width == 720)
        let fifty = try textMode()
        crtc(fifty, 0x09, 0x47)
        #expect(fifty.machine.textScreen()?.rows == 50)
        #expect(fifty.machine.frame().height == 400)
    }

    @Test func picturesAreMadeOnlyWhenSomethingChanged() throws {
        let bench = try textMode()
        crtc(bench, 0x0A, 0x20)
        _ = bench.machine.frame()
        #expect(!bench.machine.frameIsStale)
        put(bench, "z", column: 0, row: 0)
        #expect(bench.machine.frameIsStale)
        _ = bench.machine.frame()
        // Writing the same again is no change.
        put(bench, "z", column: 0, row: 0)
        #expect(!bench.machine.frameIsStale)
    }

    @Test func aScreenThatIsOffIsBlack() throws {
        let bench = try textMode()
        put(bench, "A", column: 0, row: 0)
        bench.out(0x3C4, 1)
        bench.out(0x3C5, 0x20)
        #expect(bench.machine.frame().pixels.allSatisfy { $0 == 0 })
        let fresh = try Bench()
        #expect(fresh.machine.frame().pixels.allSatisfy { $0 == 0 })
        #expect(fresh.machine.textScreen() == nil)
    }

    @Test func protectionGuardsTheTiming() throws {
        let bench = try textMode()
        crtc(bench, 0x11, 0x8E)
        crtc(bench, 0x01, 0x00)
        bench.out(0x3D4, 0x01)
        #expect(bench.inb(0x3D5) == 0x4F)
    }

    @Test func theDACReadsBack() throws {
        let bench = try Bench()
        bench.out(0x3C2, 0x01)
        bench.out(0x3C8, 7)
        bench.out(0x3C9, [0xFF, 2, 3, 4, 5, 6])
        bench.out(0x3C7, 7)
        #expect((0..<6).map { _ in bench.inb(0x3C9) } == [0x3F, 2, 3, 4, 5, 6])
        #expect(bench.inb(0x3C7) == 3)
    }

    @Test func retraceComesSeventyTimesASecond() throws {
        let bench = try textMode()
        var count = 0
        var last = false
        for _ in 0..<100_000 {
            bench.advance(10_000)
            let retrace = bench.inb(0x3DA) & 0x08 != 0
            if retrace, !last { count += 1 }
            last = retrace
        }
        #expect((69...71).contains(count))
    }

    // MARK: Planes

    private func graphicsMemory() throws -> Bench {
        let bench = try Bench()
        bench.out(0x3C2, 0x63)
        set(bench, 0x3C4, [0x03, 0x01, 0x0F, 0x00, 0x06])
        set(bench, 0x3CE, [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x0F, 0xFF])
        return bench
    }

    private func planes(_ bench: Bench, _ offset: UInt32) -> [UInt32] {
        (0..<4).map { plane in
            bench.out(0x3CE, 4)
            bench.out(0x3CF, UInt8(plane))
            return bench.board.readMMIO(0xA0000 + offset, size: 1)
        }
    }

    @Test func writeModes() throws {
        let bench = try graphicsMemory()
        // Mode 0 with map mask, rotation and set/reset.
        bench.out(0x3C4, 2)
        bench.out(0x3C5, 0x07)
        set(bench, 0x3CE, [0x04, 0x06, 0x00, 0x01])
        bench.board.writeMMIO(0xA0000, size: 1, value: 0x03)
        #expect(planes(bench, 0) == [0x81, 0x00, 0xFF, 0x00])
        // Mode 1 copies the latches.
        bench.out(0x3C4, 2)
        bench.out(0x3C5, 0x0F)
        _ = bench.board.readMMIO(0xA0000, size: 1)
        bench.out(0x3CE, 5)
        bench.out(0x3CF, 1)
        bench.board.writeMMIO(0xA0001, size: 1, value: 0x55)
        #expect(planes(bench, 1) == [0x81, 0x00, 0xFF, 0x00])
        // Mode 2 paints with a colour where the bit mask says so.
        set(bench, 0x3CE, [0, 0, 0, 0, 0, 2, 5, 0xF, 0xF0])
        _ = bench.board.readMMIO(0xA0002, size: 1)
        bench.board.writeMMIO(0xA0002, size: 1, value: 0x0A)
        #expect(planes(bench, 2) == [0x00, 0xF0, 0x00, 0xF0])
        // Mode 3: the data is the bit mask, set/reset the colour.
        set(bench, 0x3CE, [0x05, 0, 0, 0, 0, 3, 5, 0xF, 0x3F])
        _ = bench.board.readMMIO(0xA0003, size: 1)
        bench.board.writeMMIO(0xA0003, size: 1, value: 0xF1)
        #expect(planes(bench, 3) == [0x31, 0x00, 0x31, 0x00])
    }

    @Test(arguments: [(UInt8(0x08), UInt32(0x30)), (0x10, 0xFC), (0x18, 0xCC)])
    func logicalFunctions(function: UInt8, expected: UInt32) throws {
        let bench = try graphicsMemory()
        bench.board.writeMMIO(0xA0000, size: 1, value: 0xF0)
        _ = bench.board.readMMIO(0xA0000, size: 1)
        bench.out(0x3CE, 3)
        bench.out(0x3CF, function)
        bench.board.writeMMIO(0xA0000, size: 1, value: 0x3C)
        #expect(planes(bench, 0) == [expected, expected, expected, expected])
    }

    @Test func colourCompare() throws {
        let bench = try graphicsMemory()
        for (plane, value) in [(UInt8(1), UInt32(0b1111_0000)), (2, 0b1100_1100), (4, 0b1010_1010), (8, 0)] {
            bench.out(0x3C4, 2)
            bench.out(0x3C5, plane)
            bench.board.writeMMIO(0xA0000, size: 1, value: value)
        }
        set(bench, 0x3CE, [0, 0, 0b0101, 0, 0, 0x08, 5, 0x0F, 0xFF])
        // Planes 0 and 2 set, 1 and 3 clear.
        #expect(bench.board.readMMIO(0xA0000, size: 1) == 0b0010_0000)
        bench.out(0x3CE, 7)
        bench.out(0x3CF, 0b0001)
        #expect(bench.board.readMMIO(0xA0000, size: 1) == 0b1111_0000)
    }

    @Test func sixteenColoursInGraphics() throws {
        let bench = try graphicsMemory()
        let crtc: [UInt8] = [
            0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0x0B, 0x3E, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xEA, 0x0C,
            0xDF, 0x28, 0x00, 0xE7, 0x04, 0xE3, 0xFF,
        ]
        set(bench, 0x3D4, crtc)
        _ = bench.inb(0x3DA)
        for index: UInt8 in 0..<16 { bench.out(0x3C0, [index, index]) }
        bench.out(0x3C0, [0x10, 0x01, 0x12, 0x0F, 0x20])
        bench.out(0x3C8, 0)
        for colour: UInt8 in 0..<16 { bench.out(0x3C9, [colour, colour, colour]) }
        // Pixels 0-7 of the second line: colours 0-7, then 8-15.
        for (plane, bits) in [(UInt8(1), UInt32(0x55)), (2, 0x33), (4, 0x0F)] {
            bench.out(0x3C4, 2)
            bench.out(0x3C5, plane)
            bench.board.writeMMIO(0xA0050, size: 1, value: bits)
        }
        let frame = bench.machine.frame()
        #expect(frame.width == 640 && frame.height == 480)
        #expect(frame.text == nil)
        #expect((0..<8).map { frame.pixels[640 + $0] >> 18 } == [0, 1, 2, 3, 4, 5, 6, 7])
    }

    @Test func twoHundredFiftySixColours() throws {
        let bench = try Bench()
        bench.out(0x3C2, 0x63)
        set(bench, 0x3C4, [0x03, 0x01, 0x0F, 0x00, 0x0E])
        set(bench, 0x3D4, [
            0x5F, 0x4F, 0x50, 0x82, 0x54, 0x80, 0xBF, 0x1F, 0x00, 0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9C, 0x0E,
            0x8F, 0x28, 0x40, 0x96, 0xB9, 0xA3, 0xFF,
        ])
        set(bench, 0x3CE, [0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x05, 0x0F, 0xFF])
        _ = bench.inb(0x3DA)
        bench.out(0x3C0, [0x10, 0x41, 0x12, 0x0F, 0x20])
        bench.out(0x3C8, 0)
        for colour in 0..<256 { bench.out(0x3C9, [UInt8(colour & 0x3F), UInt8(colour >> 6), 0]) }
        for x in 0..<320 { bench.board.writeMMIO(UInt32(0xA0000 + 320 * 3 + x), size: 1, value: UInt32(x & 0xFF)) }
        let frame = bench.machine.frame()
        #expect(frame.width == 640 && frame.height == 400)
        for x in 0..<320 {
            let colour = UInt32(x & 0x3F)
            let red = colour << 2 | colour >> 4, green = UInt32(x & 0xFF) >> 6
            let expected = red << 16 | green << 10
            #expect(frame.pixels[640 * 6 + 2 * x] == expected)
            #expect(frame.pixels[640 * 7 + 2 * x + 1] == expected)
        }
        #expect(bench.board.readMMIO(0xA0000 + 320 * 3 + 77, size: 1) == 77)
    }

    @Test func anyRegistersMakeSomePicture() throws {
        var generator = SplitMix64(seed: 3)
        let bench = try textMode()
        for _ in 0..<40 {
            for _ in 0..<60 {
                let port = [UInt16(0x3C0), 0x3C2, 0x3C4, 0x3C5, 0x3CE, 0x3CF, 0x3D4, 0x3D5, 0x3B4, 0x3B5].randomElement(
                    using: &generator)
                bench.out(port ?? 0x3C0, UInt8(truncatingIfNeeded: generator.next()))
                bench.board.writeMMIO(
                    0xA0000 + UInt32(generator.next() % 0x20000), size: 4,
                    value: UInt32(truncatingIfNeeded: generator.next()))
                _ = bench.inb(0x3DA)
            }
            bench.advance(generator.next() % 1_000_000_000)
            let frame = bench.machine.frame()
            #expect(frame.pixels.count == frame.width * frame.height)
        }
    }

    @Test func codePage437() {
        let all = (0...255).map { CodePage437.character(UInt8($0)) }
        #expect(String(all[0x41...0x43]) == "ABC")
        #expect(all[0xB3] == "│" && all[0xC4] == "─" && all[0xDB] == "█" && all[1] == "☺" && all[0x9C] == "£")
        #expect(Set(all).count == 254, "all differ, but for the three blanks")
    }
}
