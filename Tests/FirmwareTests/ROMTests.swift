import Foundation
import Testing

/// The files that the build leaves in images/.
struct ROMTests {
    private let rom: [UInt8]

    init() throws {
        try Firmware.built.get()
        rom = [UInt8](try Data(contentsOf: Firmware.rom))
    }

    @Test func fillsItsChip() {
        #expect(rom.count == 131_072)
    }

    @Test func beginsAtTheResetVector() throws {
        let vector = Array(rom.suffix(16))
        #expect(vector[0] == 0xEA)
        #expect(vector[3...4] == [0x00, 0xF0], "a far jump to segment F000")
        #expect(vector[14] == 0xFC, "the model byte of an AT")
    }

    @Test func sumsToZero() {
        #expect(rom.reduce(0, &+) == 0)
    }

    @Test func hasSymbolsAtLinearAddresses() throws {
        let symbols = try ELFSymbols(Data(contentsOf: Firmware.symbols))
        #expect(symbols.addresses["reset_vector"] == 0xFFFF0)
        let target = UInt32(rom[0x1FFF1]) | UInt32(rom[0x1FFF2]) << 8
        #expect(symbols.addresses["reset_start"] == 0xF0000 + target)
        #expect(symbols.addresses["post_start"].map { (0xE0000..<0xF0000).contains($0) } == true)
    }
}

/// Names and addresses in a 32-bit ELF file.
private struct ELFSymbols {
    var addresses: [String: UInt32] = [:]

    init(_ data: Data) throws {
        let bytes = [UInt8](data)
        func word(_ offset: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        let sections = word(32)
        let count = word(48) & 0xFFFF
        for section in (0..<count).map({ sections + $0 * 40 }) where word(section + 4) == 2 {
            let names = word(sections + word(section + 24) * 40 + 16)
            let start = word(section + 16)
            for symbol in stride(from: start, to: start + word(section + 20), by: 16) {
                let name = String(decoding: bytes[(names + word(symbol))...].prefix { $0 != 0 }, as: UTF8.self)
                addresses[name] = UInt32(truncatingIfNeeded: word(symbol + 4))
            }
        }
    }
}
