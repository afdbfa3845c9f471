import DeviceLogic
import ServiceProtocols
import Testing

@Suite struct TextScreenTests {
    /// What a screen shows after some text, without spaces at the ends of lines and lines at the end; and the cursor.
    private func show(_ text: String, from position: Int = 0) -> (lines: [String], position: Int) {
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: TextScreen.cellCount + 2) { cells in
            cells.initialize(repeating: 0x0720)
            // Nothing before and behind the screen may change.
            cells[0] = 0xDEAD
            cells[TextScreen.cellCount + 1] = 0xBEEF
            var screen = TextScreen(cells: cells.baseAddress! + 1, position: position)
            for byte in text.utf8 { screen.put(byte) }
            #expect(cells[0] == 0xDEAD && cells[TextScreen.cellCount + 1] == 0xBEEF)
            var lines = (0..<TextScreen.rows).map { row -> String in
                let line = (0..<TextScreen.columns).map { cells[1 + row * 80 + $0] }
                #expect(line.allSatisfy { $0 >> 8 == 7 })
                var bytes = line.map { UInt8(truncatingIfNeeded: $0) }
                while bytes.last == 0x20 { bytes.removeLast() }
                return String(decoding: bytes, as: UTF8.self)
            }
            while lines.last == "" { lines.removeLast() }
            return (lines, screen.position)
        }
    }

    @Test func `text goes where the cursor is`() {
        #expect(show("ab\ncd") == (["ab", "cd"], 82))
        #expect(show("x", from: 81).lines == ["", " x"])
        #expect(show("abc\rX") == (["Xbc"], 1))
        #expect(show("abc\u{8}\u{8}X") == (["aXc"], 2))
        #expect(show("\u{8}a").lines == ["a"])
        #expect(show("a\tb") == (["a       b"], 9))
        #expect(show("a\u{7}b\u{1B}c").lines == ["abc"])
        #expect(show("a\n\u{C}b") == (["b"], 1))
    }

    @Test func `long lines wrap, and a full screen scrolls`() {
        let wrapped = show(String(repeating: "x", count: 81))
        #expect(wrapped.lines == [String(repeating: "x", count: 80), "x"])
        let text = (0..<30).map { "line \($0)" }.joined(separator: "\n")
        #expect(show(text).lines == (5..<30).map { "line \($0)" })
        #expect(show(String(repeating: "y", count: 80), from: 24 * 80).position == 24 * 80)
        #expect(show("\tz", from: 24 * 80 + 79).lines == [String](repeating: "", count: 24) + ["z"])
    }

    @Test func `a cursor that is nowhere begins at the last row`() {
        for position in [-1, 2000, 65535] { #expect(show("a", from: position).position == 24 * 80 + 1) }
    }
}

@Suite struct ClockRegistersTests {
    private func registers(
        _ time: (UInt8, UInt8, UInt8), _ date: (UInt8, UInt8, UInt8), century: UInt8 = 0x20, statusB: UInt8 = 2
    ) -> ClockRegisters {
        var registers = ClockRegisters()
        (registers.hour, registers.minute, registers.second) = time
        (registers.year, registers.month, registers.day) = date
        registers.century = century
        registers.statusB = statusB
        return registers
    }

    @Test func `binary-coded decimals, 24 hours`() {
        let date = registers((0x23, 0x59, 0x58), (0x26, 0x11, 0x28)).dateTime
        #expect(date == DateTime(year: 2026, month: 11, day: 28, hour: 23, minute: 59, second: 58))
    }

    @Test func `binary numbers, 12 hours`() {
        func hour(_ value: UInt8) -> UInt32? {
            registers((value, 0, 0), (26, 11, 28), century: 20, statusB: 4).dateTime?.hour
        }
        #expect(hour(12) == 0)
        #expect(hour(1) == 1)
        #expect(hour(11) == 11)
        #expect(hour(0x80 | 12) == 12)
        #expect(hour(0x80 | 11) == 23)
        #expect(hour(0) == nil)
        #expect(hour(13) == nil)
    }

    @Test func `a byte that is no century is passed over`() {
        #expect(registers((0, 0, 0), (0x26, 1, 1), century: 0xFF).dateTime?.year == 2026)
        #expect(registers((0, 0, 0), (0x85, 1, 1), century: 0).dateTime?.year == 1985)
        #expect(registers((0, 0, 0), (0x85, 1, 1), century: 0x20).dateTime?.year == 2085)
    }

    @Test func `what is no date is none`() {
        #expect(registers((0x24, 0, 0), (0x26, 1, 1)).dateTime == nil)
        #expect(registers((0, 0x60, 0), (0x26, 1, 1)).dateTime == nil)
        #expect(registers((0, 0, 0x5A), (0x26, 1, 1)).dateTime == nil)
        #expect(registers((0, 0, 0), (0x26, 0x13, 1)).dateTime == nil)
        #expect(registers((0, 0, 0), (0x26, 1, 0)).dateTime == nil)
        // A machine without the chip reads ones.
        #expect(registers((0xFF, 0xFF, 0xFF), (0xFF, 0xFF, 0xFF), century: 0xFF, statusB: 0xFF).dateTime == nil)
    }
}

@Suite struct DriveIdentityTests {
    private func identity(_ change: (inout [UInt16]) -> Void) -> DriveIdentity? {
        var words = [UInt16](repeating: 0, count: 256)
        words[0] = 0x0040
        words[49] = 1 << 9
        (words[60], words[61]) = (0x5678, 0x1234)
        change(&words)
        return words.withUnsafeBufferPointer { DriveIdentity($0) }
    }

    private func model(_ identity: DriveIdentity) -> String {
        String(decoding: (0..<identity.modelLength).map { identity.model($0) }, as: UTF8.self)
    }

    @Test func `an old drive has 28-bit addresses`() throws {
        let old = try #require(identity { _ in })
        #expect(old.sectors == 0x1234_5678)
        #expect(!old.has48BitAddresses && !old.hasFlush)
    }

    @Test func `a large drive has 48-bit addresses`() throws {
        let large = try #require(
            identity {
                $0[83] = 0x4000 | 1 << 10 | 1 << 12
                ($0[100], $0[101], $0[102]) = (1, 2, 3)
            })
        #expect(large.sectors == 3 << 32 | 2 << 16 | 1)
        #expect(large.has48BitAddresses && large.hasFlush)
        #expect(large.contains(large.sectors - 1, count: 1))
        #expect(!large.contains(large.sectors - 1, count: 2))
        #expect(!large.contains(.max, count: 2))
        #expect(!DriveIdentity.needs48Bits((1 << 28) - 8, count: 8))
        #expect(DriveIdentity.needs48Bits((1 << 28) - 8, count: 9))
    }

    @Test func `the model's name is swapped, trimmed and printable`() throws {
        let drive = try #require(
            identity {
                let text = Array("QEMU HARDDISK".utf8) + [7] + Array("x".utf8)
                    + [UInt8](repeating: 0x20, count: 25)
                for index in 0..<20 { $0[27 + index] = UInt16(text[2 * index]) << 8 | UInt16(text[2 * index + 1]) }
            })
        #expect(model(drive) == "QEMU HARDDISK?x")
        #expect(model(try #require(identity { _ in })) == "")
    }

    @Test func `what is no disk is none`() {
        #expect(identity { $0[0] = 0x8580 } == nil)
        #expect(identity { for index in 0..<256 { $0[index] = 0xFFFF } } == nil)
        #expect(identity { $0[49] = 0 }?.sectors == 0)
        let short = [UInt16](repeating: 0, count: 255)
        #expect(short.withUnsafeBufferPointer { DriveIdentity($0) } == nil)
    }
}
