import ToolSupport

/// Makes small ELF files, correct unless told otherwise, so that each test can break one thing.
public struct ELFBuilder {
    public struct Segment {
        public var type: UInt32 = 1
        public var address: UInt32
        public var contents: [UInt8]
        public var memorySize: UInt32?
        public var flags: UInt32 = 5
        public var alignment: UInt32 = 4

        public init(
            type: UInt32 = 1, address: UInt32, contents: [UInt8], memorySize: UInt32? = nil, flags: UInt32 = 5
        ) {
            self.type = type
            self.address = address
            self.contents = contents
            self.memorySize = memorySize
            self.flags = flags
        }
    }

    public struct Symbol {
        public var name: String
        public var value: UInt32
        public var size: UInt32
        public var type: UInt8 = 2
        public var section: UInt16 = 1

        public init(name: String, value: UInt32, size: UInt32, type: UInt8 = 2) {
            self.name = name
            self.value = value
            self.size = size
            self.type = type
        }
    }

    public var type: UInt16 = 2
    public var entry: UInt32 = 0x0804_8000
    public var segments = [Segment(address: 0x0804_8000, contents: [0xCD, 0x80, 0xEB, 0xFE])]
    public var symbols: [Symbol] = []
    /// Overwrites 32-bit fields of the finished file, by offset.
    public var patches: [(offset: Int, value: UInt32)] = []

    /// A program of one segment of code.
    public init(
        type: UInt16 = 2, entry: UInt32 = 0x0804_8000, segments: [Segment]? = nil,
        patches: [(offset: Int, value: UInt32)] = []
    ) {
        self.type = type
        self.entry = entry
        if let segments { self.segments = segments }
        self.patches = patches
    }

    /// A program with two segments and three symbols.
    public static var program: ELFBuilder {
        var builder = ELFBuilder()
        builder.segments = [
            Segment(address: 0x0804_8000, contents: Array(0..<64)),
            Segment(address: 0x0804_9000, contents: [1, 2, 3, 4], memorySize: 0x2000, flags: 6),
        ]
        builder.symbols = [
            Symbol(name: "start", value: 0x0804_8000, size: 0, type: 0),
            Symbol(name: "work", value: 0x0804_8010, size: 16),
            Symbol(name: "finish", value: 0x0804_8030, size: 8),
        ]
        return builder
    }

    /// Header, program headers, segments, string table, symbol table, section headers.
    public func build() -> [UInt8] {
        var file: [UInt8] = []
        let programHeaders = 52
        var offset = programHeaders + 32 * segments.count
        var headers: [UInt8] = []
        var body: [UInt8] = []
        for segment in segments {
            headers.append(words: [
                segment.type, UInt32(offset + body.count), segment.address, segment.address,
                UInt32(segment.contents.count), segment.memorySize ?? UInt32(segment.contents.count), segment.flags,
                segment.alignment,
            ])
            body += segment.contents
            while body.count % 16 != 0 || (offset + body.count) % 4 != 0 { body.append(0) }
        }
        let textOffset = offset
        offset += body.count
        var strings: [UInt8] = [0]
        func intern(_ name: String) -> UInt32 {
            let at = UInt32(strings.count)
            strings += Array(name.utf8) + [0]
            return at
        }
        var table = [UInt8](repeating: 0, count: 16)
        for symbol in symbols {
            table.append(words: [intern(symbol.name), symbol.value, symbol.size])
            table += [0x10 | symbol.type, 0, UInt8(symbol.section & 0xFF), UInt8(symbol.section >> 8)]
        }
        let names = [".text", ".symtab", ".strtab", ".bss"].map(intern)
        while strings.count % 4 != 0 { strings.append(0) }
        let stringOffset = offset
        let tableOffset = stringOffset + strings.count
        let sectionHeaders = tableOffset + table.count
        var sections = [UInt8](repeating: 0, count: 40)
        let text = segments.first
        sections.append(words: [
            names[0], 1, 6, text?.address ?? 0, UInt32(textOffset), UInt32(text?.contents.count ?? 0), 0, 0, 4, 0,
        ])
        sections.append(words: [names[1], 2, 0, 0, UInt32(tableOffset), UInt32(table.count), 3, 1, 4, 16])
        sections.append(words: [names[2], 3, 0, 0, UInt32(stringOffset), UInt32(strings.count), 0, 0, 1, 0])
        sections.append(words: [names[3], 8, 3, 0x0805_0000, 0xFFFF_FF00, 0x10000, 0, 0, 4, 0])

        file += [0x7F, 0x45, 0x4C, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        file += [UInt8(type & 0xFF), UInt8(type >> 8), 3, 0]
        file.append(words: [1, entry, UInt32(programHeaders), UInt32(sectionHeaders), 0])
        for half: UInt16 in [52, 32, UInt16(segments.count), 40, 5, 3] {
            file += [UInt8(half & 0xFF), UInt8(half >> 8)]
        }
        file += headers + body + strings + table + sections
        for patch in patches {
            file.setWord(at: patch.offset, patch.value)
        }
        return file
    }
}
