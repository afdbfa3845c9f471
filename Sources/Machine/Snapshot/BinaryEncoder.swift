/// Turns `Codable` values into bytes for snapshots and input logs.
///
/// The format is the values in the order in which the types encode them, numbers little-endian in their own width,
/// collections and strings behind a 32-bit count, optionals behind a byte that is 0 or 1. Keys are not stored, except
/// the name of an enumeration's case: a file is read by the version of the program that its header names, or not at
/// all. What it must not do is trust its input; see ``BinaryDecoder``.
struct BinaryEncoder {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let storage = EncodedBytes()
        // Encoding into memory has no way to fail, but the protocol is written with `throws`.
        try? storage.encode(value)
        return storage.bytes
    }
}

/// What is being written. A class, because the containers of one encoding share it.
private final class EncodedBytes {
    var bytes: [UInt8] = []

    func append<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    func append(count: Int) {
        append(UInt32(clamping: count))
    }

    func append(_ text: String) {
        append(count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    func encode(_ value: some Encodable) throws {
        switch value {
        case let array as [UInt8]:
            append(count: array.count)
            bytes.append(contentsOf: array)
        case let array as [UInt32]:
            append(count: array.count)
            for element in array { append(element) }
        default:
            try value.encode(to: BinaryEncoding(storage: self))
        }
    }
}

private struct BinaryEncoding: Encoder {
    let storage: EncodedBytes
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedWriter(storage: storage))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedWriter(storage: storage)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleWriter(storage: storage)
    }
}

private struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let storage: EncodedBytes
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil(forKey key: Key) { storage.append(UInt8(0)) }
    mutating func encode(_ value: some Encodable, forKey key: Key) throws { try storage.encode(value) }

    mutating func encodeIfPresent(_ value: (some Encodable)?, forKey key: Key) throws {
        storage.append(UInt8(value == nil ? 0 : 1))
        if let value { try storage.encode(value) }
    }

    // The library's default implementations for the basic types write nothing for nil: here a byte must say so.
    mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: String?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try optional(value) }
    mutating func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try optional(value) }

    private func optional(_ value: (some Encodable)?) throws {
        storage.append(UInt8(value == nil ? 0 : 1))
        if let value { try storage.encode(value) }
    }

    /// Synthesised code does this for the case of an enumeration, whose name is what is decoded first.
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        storage.append(key.stringValue)
        return KeyedEncodingContainer(KeyedWriter<Nested>(storage: storage))
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        UnkeyedWriter(storage: storage)
    }

    mutating func superEncoder() -> any Encoder { BinaryEncoding(storage: storage) }
    mutating func superEncoder(forKey key: Key) -> any Encoder { BinaryEncoding(storage: storage) }
}

/// Collections: the count is written when it is known, at the end, where it belongs, at the start.
private struct UnkeyedWriter: UnkeyedEncodingContainer {
    let storage: EncodedBytes
    private let start: Int
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(storage: EncodedBytes) {
        self.storage = storage
        start = storage.bytes.count
        storage.append(count: 0)
    }

    private mutating func countOne() {
        count += 1
        withUnsafeBytes(of: UInt32(clamping: count).littleEndian) { value in
            for (index, byte) in value.enumerated() { storage.bytes[start + index] = byte }
        }
    }

    mutating func encodeNil() throws {
        countOne()
        storage.append(UInt8(0))
    }

    mutating func encode(_ value: some Encodable) throws {
        countOne()
        try storage.encode(value)
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy keyType: Key.Type) -> KeyedEncodingContainer<Key> {
        countOne()
        return KeyedEncodingContainer(KeyedWriter(storage: storage))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        countOne()
        return UnkeyedWriter(storage: storage)
    }

    mutating func superEncoder() -> any Encoder {
        countOne()
        return BinaryEncoding(storage: storage)
    }
}

private struct SingleWriter: SingleValueEncodingContainer {
    let storage: EncodedBytes
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() { storage.append(UInt8(0)) }
    mutating func encode(_ value: Bool) { storage.append(UInt8(value ? 1 : 0)) }
    mutating func encode(_ value: String) { storage.append(value) }
    mutating func encode(_ value: Double) { storage.append(value.bitPattern) }
    mutating func encode(_ value: Float) { storage.append(value.bitPattern) }
    mutating func encode(_ value: Int) { storage.append(Int64(value)) }
    mutating func encode(_ value: Int8) { storage.append(value) }
    mutating func encode(_ value: Int16) { storage.append(value) }
    mutating func encode(_ value: Int32) { storage.append(value) }
    mutating func encode(_ value: Int64) { storage.append(value) }
    mutating func encode(_ value: UInt) { storage.append(UInt64(value)) }
    mutating func encode(_ value: UInt8) { storage.append(value) }
    mutating func encode(_ value: UInt16) { storage.append(value) }
    mutating func encode(_ value: UInt32) { storage.append(value) }
    mutating func encode(_ value: UInt64) { storage.append(value) }
    mutating func encode(_ value: some Encodable) throws { try storage.encode(value) }
}
