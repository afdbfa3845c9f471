/// What the guest has written to a disk: blocks by number. Machine state.
struct DiskOverlay: Codable, Sendable, Equatable {
    private(set) var blocks: [UInt64: [UInt8]] = [:]

    var isEmpty: Bool { blocks.isEmpty }

    subscript(block: UInt64) -> [UInt8]? {
        get { blocks[block] }
        set { blocks[block] = newValue }
    }

    private struct Block: Codable {
        var number: UInt64
        var bytes: [UInt8]
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let list = try decoder.singleValueContainer().decode([Block].self)
        blocks = Dictionary(list.map { ($0.number, $0.bytes) }) { $1 }
    }

    /// In order of the numbers, so that equal overlays make equal bytes.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(blocks.sorted { $0.key < $1.key }.map { Block(number: $0.key, bytes: $0.value) })
    }
}
