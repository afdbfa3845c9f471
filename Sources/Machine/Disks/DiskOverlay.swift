/// What the guest has written to a disk: blocks by number. Machine state.
struct DiskOverlay: Codable, Sendable, Equatable {
    private(set) var blocks: [UInt64: [UInt8]] = [:]

    var isEmpty: Bool { blocks.isEmpty }

    subscript(block: UInt64) -> [UInt8]? {
        get { blocks[block] }
        set { blocks[block] = newValue }
    }

    /// An upper bound, in bytes, of what this overlay holds and does not share with `previous`.
    func bytes(besides previous: DiskOverlay?) -> Int {
        guard let previous, !isEmpty else { return blocks.count * (Disk.blockSize + 64) }
        var bytes = 0
        for (number, block) in blocks where !block.sharesStorage(with: previous[number]) {
            bytes += Disk.blockSize + 32
        }
        // The table itself is copied as a whole when a block has changed.
        return bytes == 0 ? 0 : bytes + blocks.capacity * 32
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

extension Array {
    /// Whether the two arrays are one in memory: then they are equal, and take their space once.
    func sharesStorage(with other: [Element]?) -> Bool {
        guard let other, count == other.count else { return false }
        return withUnsafeBufferPointer { own in
            other.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress }
        }
    }
}
