/// Reads what ``BinaryEncoder`` wrote. The bytes may come from anywhere: every read is checked against what is left,
/// and no count is believed before as many bytes are there.
struct BinaryDecoder {
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(SnapshotError) -> Value {
        let storage = BytesToDecode(bytes)
        let value: Value
        do {
            value = try storage.decode(type)
        } catch {
            throw SnapshotError("the data is cut short or damaged")
        }
        guard storage.isAtEnd else { throw SnapshotError("there is data behind the end") }
        return value
    }
}

private struct DamagedData: Error {}

private final class BytesToDecode {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    func integer<Integer: FixedWidthInteger>() throws -> Integer {
        let size = Integer.bitWidth / 8
        guard bytes.count - position >= size else { throw DamagedData() }
        var value: Integer = 0
        for index in (0..<size).reversed() {
            value = value << 8 | Integer(truncatingIfNeeded: bytes[position + index])
        }
        position += size
        return value
    }

    /// A count of elements that take at least `size` bytes each.
    func count(elementSize size: Int) throws -> Int {
        let count = Int(try integer() as UInt32)
        guard count <= (bytes.count - position) / size else { throw DamagedData() }
        return count
    }

    func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { position += count }
        return bytes[position..<position + count]
    }

    func text() throws -> String {
        let count = try count(elementSize: 1)
        guard let text = String(validating: take(count), as: UTF8.self) else { throw DamagedData() }
        return text
    }

    /// The text that comes next, which is going to be read again.
    func peekText() -> String? {
        let start = position
        defer { position = start }
        return try? text()
    }

    func isPresent() throws -> Bool {
        switch try integer() as UInt8 {
        case 0: false
        case 1: true
        default: throw DamagedData()
        }
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == [UInt8].self {
            let array = Array(take(try count(elementSize: 1)))
            if let value = array as? Value { return value }
        } else if type == [UInt32].self {
            let array: [UInt32] = try (0..<count(elementSize: 4)).map { _ in try integer() }
            if let value = array as? Value { return value }
        }
        return try Value(from: BinaryDecoding(storage: self))
    }
}

private struct BinaryDecoding: Decoder {
    let storage: BytesToDecode
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedReader(storage: storage))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try UnkeyedReader(storage: storage)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        SingleReader(storage: storage)
    }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let storage: BytesToDecode
    var codingPath: [any CodingKey] { [] }

    /// Synthesised code asks this of enumerations only: which case?
    var allKeys: [Key] {
        storage.peekText().flatMap { Key(stringValue: $0) }.map { [$0] } ?? []
    }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) throws -> Bool { try !storage.isPresent() }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try storage.decode(type) }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? { try optional(type) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try optional(type) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try optional(type) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try optional(type) }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? { try optional(type) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(type) }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? { try optional(type) }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { try optional(type) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try optional(type) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try optional(type) }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? { try optional(type) }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? { try optional(type) }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? { try optional(type) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { try optional(type) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try optional(type) }

    private func optional<Value: Decodable>(_ type: Value.Type) throws -> Value? {
        try storage.isPresent() ? storage.decode(type) : nil
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        guard try storage.text() == key.stringValue else { throw DamagedData() }
        return KeyedDecodingContainer(KeyedReader<Nested>(storage: storage))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try UnkeyedReader(storage: storage)
    }

    func superDecoder() -> any Decoder { BinaryDecoding(storage: storage) }
    func superDecoder(forKey key: Key) -> any Decoder { BinaryDecoding(storage: storage) }
}

private struct UnkeyedReader: UnkeyedDecodingContainer {
    let storage: BytesToDecode
    private let total: Int
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    var count: Int? { total }
    var isAtEnd: Bool { currentIndex >= total }

    init(storage: BytesToDecode) throws {
        self.storage = storage
        total = try storage.count(elementSize: 1)
    }

    private mutating func countOne() throws {
        guard !isAtEnd else { throw DamagedData() }
        currentIndex += 1
    }

    mutating func decodeNil() throws -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try countOne()
        return try storage.decode(type)
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try countOne()
        return KeyedDecodingContainer(KeyedReader(storage: storage))
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try countOne()
        return try UnkeyedReader(storage: storage)
    }

    mutating func superDecoder() throws -> any Decoder {
        try countOne()
        return BinaryDecoding(storage: storage)
    }
}

private struct SingleReader: SingleValueDecodingContainer {
    let storage: BytesToDecode
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }
    func decode(_ type: Bool.Type) throws -> Bool { try storage.isPresent() }
    func decode(_ type: String.Type) throws -> String { try storage.text() }
    func decode(_ type: Double.Type) throws -> Double { Double(bitPattern: try storage.integer()) }
    func decode(_ type: Float.Type) throws -> Float { Float(bitPattern: try storage.integer()) }
    func decode(_ type: Int.Type) throws -> Int { Int(truncatingIfNeeded: try storage.integer() as Int64) }
    func decode(_ type: Int8.Type) throws -> Int8 { try storage.integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try storage.integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try storage.integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try storage.integer() }
    func decode(_ type: UInt.Type) throws -> UInt { UInt(truncatingIfNeeded: try storage.integer() as UInt64) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try storage.integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try storage.integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try storage.integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try storage.integer() }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try storage.decode(type) }
}
