// As much of ELF (System V ABI, gABI 4.1, chapters 4 and 5) as packing the ROM takes. The file comes from our own
// linker run, but is checked all the same: a wrong path should give a message.

/// A little-endian 32-bit ELF file, edited in place.
struct ELF32 {
    struct Segment {
        var loadAddress: Int
        var contents: ArraySlice<UInt8>
    }

    private struct Section {
        var headerOffset: Int
        var name: String
        var address: Int
        var offset: Int
        var size: Int
        var type: Int
    }

    /// Sections whose addresses are offsets in segment F000.
    private static let realModeSections: Set = [".text16", ".font", ".vector"]
    private static let realModeBase = 0xF_0000
    private static let symbolTableType = 2
    private static let noBitsType = 8
    private static let loadType = 1

    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) throws {
        guard bytes.count >= 52, bytes[0..<6] == [0x7F, 0x45, 0x4C, 0x46, 1, 1] else {
            throw Failure("the linked firmware is no 32-bit ELF file")
        }
        self.bytes = bytes
    }

    /// All load segments, in the order of the file.
    func loadSegments() throws -> [Segment] {
        let table = try word(28)
        return try (0..<half(44)).compactMap { index in
            let header = table + index * 32
            guard try word(header) == ELF32.loadType else { return nil }
            let offset = try word(header + 4)
            let size = try word(header + 16)
            guard offset + size <= bytes.count else { throw Failure("the linked firmware is truncated") }
            return Segment(loadAddress: try word(header + 12), contents: bytes[offset..<offset + size])
        }
    }

    /// Replaces a section's bytes; the size must match.
    mutating func replaceContents(ofSection name: String, with contents: [UInt8]) throws {
        guard let section = try sections().first(where: { $0.name == name }), section.size == contents.count,
            section.offset + section.size <= bytes.count
        else {
            throw Failure("the linked firmware has no section \(name) of \(contents.count) bytes")
        }
        bytes.replaceSubrange(section.offset..<section.offset + section.size, with: contents)
    }

    /// Moves sections, segments and symbols of 16-bit code from offsets in segment F000 to linear addresses.
    mutating func moveToLinearAddresses() throws {
        let all = try sections()
        for section in all where ELF32.realModeSections.contains(section.name) {
            try setWord(section.headerOffset + 12, section.address + ELF32.realModeBase)
        }
        for section in all where section.type == ELF32.symbolTableType {
            for symbol in stride(from: section.offset, to: section.offset + section.size, by: 16) {
                let index = try half(symbol + 14)
                if index < all.count, ELF32.realModeSections.contains(all[index].name) {
                    try setWord(symbol + 4, try word(symbol + 4) + ELF32.realModeBase)
                }
            }
        }
        let table = try word(28)
        for index in 0..<(try half(44)) {
            let header = table + index * 32
            if try word(header) == ELF32.loadType, try word(header + 12) - word(header + 8) == ELF32.realModeBase {
                try setWord(header + 8, try word(header + 12))
            }
        }
        try setWord(24, try word(24) + ELF32.realModeBase)
    }

    private func sections() throws -> [Section] {
        let table = try word(32)
        let names = try word(table + half(50) * 40 + 16)
        return try (0..<half(48)).map { index in
            let header = table + index * 40
            let section = Section(
                headerOffset: header,
                name: try string(names + word(header)),
                address: try word(header + 12),
                offset: try word(header + 16),
                size: try word(header + 20),
                type: try word(header + 4)
            )
            guard section.type == ELF32.noBitsType || section.offset + section.size <= bytes.count else {
                throw Failure("the linked firmware is truncated")
            }
            return section
        }
    }

    private func string(_ offset: Int) throws -> String {
        guard offset < bytes.count else { throw Failure("the linked firmware is truncated") }
        return String(decoding: bytes[offset...].prefix { $0 != 0 }, as: UTF8.self)
    }

    private func half(_ offset: Int) throws -> Int {
        guard offset >= 0, offset + 2 <= bytes.count else { throw Failure("the linked firmware is truncated") }
        return Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
    }

    private func word(_ offset: Int) throws -> Int {
        try half(offset) | half(offset + 2) << 16
    }

    private mutating func setWord(_ offset: Int, _ value: Int) throws {
        guard offset >= 0, offset + 4 <= bytes.count else { throw Failure("the linked firmware is truncated") }
        for index in 0..<4 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
    }
}
