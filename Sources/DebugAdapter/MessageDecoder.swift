import JSON

/// Takes messages of the Debug Adapter Protocol out of a stream of bytes: header lines, an empty line, and as many
/// bytes of JSON as the header `Content-Length` says.
public struct MessageDecoder {
    /// What the stream holds.
    public enum Event: Equatable, Sendable {
        case message(JSONValue)
        /// A message whose contents are no JSON object; the next is found all the same.
        case malformed
        /// No message begins here, or it is larger than ``limit``: nothing that follows can be understood.
        case lost
    }

    /// The largest message, and the longest header, in bytes.
    public static let limit = 16 << 20
    private static let headerLimit = 4096

    private var buffer: [UInt8] = []
    /// How much of ``buffer`` has been looked through for the end of the header.
    private var searched = 0
    /// The bytes of the message whose header has been read.
    private var length: Int?
    private var isLost = false

    public init() {}

    /// Takes bytes; returns what they complete.
    public mutating func decode(_ bytes: some Sequence<UInt8>) -> [Event] {
        guard !isLost else { return [] }
        buffer += bytes
        var events: [Event] = []
        while let event = next() {
            events.append(event)
            if event == .lost {
                isLost = true
                buffer = []
                break
            }
        }
        return events
    }

    private mutating func next() -> Event? {
        if length == nil {
            guard let end = headerEnd() else { return buffer.count > Self.headerLimit ? .lost : nil }
            let header = buffer[..<end]
            guard end <= Self.headerLimit, let length = Self.contentLength(header), length <= Self.limit else {
                return .lost
            }
            self.length = length
            buffer.removeFirst(end)
            searched = 0
        }
        guard let length, buffer.count >= length else { return nil }
        defer {
            buffer.removeFirst(length)
            self.length = nil
        }
        guard let value = try? JSONValue(parsing: buffer[..<length]), case .object = value else { return .malformed }
        return .message(value)
    }

    /// The index behind the empty line.
    private mutating func headerEnd() -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        var index = max(0, searched - 3)
        while index + 4 <= buffer.count {
            if buffer[index..<index + 4].elementsEqual(mark) { return index + 4 }
            index += 1
        }
        searched = buffer.count
        return nil
    }

    private static func contentLength(_ header: ArraySlice<UInt8>) -> Int? {
        for line in String(decoding: header, as: UTF8.self).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
            let digits = parts[1].filter { $0 != " " }
            guard digits.allSatisfy(\.isNumber), let length = Int(digits) else { return nil }
            return length
        }
        return nil
    }

    /// A message as it is sent.
    public static func encode(_ message: JSONValue) -> [UInt8] {
        let contents = message.encoded()
        return Array("Content-Length: \(contents.count)\r\n\r\n".utf8) + contents
    }
}
