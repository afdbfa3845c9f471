/// What a word that somebody has begun can become: the longest beginning that all candidates share.
public struct Completion {
    /// The most bytes that are added.
    public static var capacity: Int { 100 }

    private let word: UnsafeRawBufferPointer
    private var addition = InlineArray<100, UInt8>(repeating: 0)
    private var length = 0
    /// How many candidates begin with the word.
    public private(set) var matches = 0

    /// - Parameter word: What there is of it, valid as long as this.
    public init(of word: UnsafeRawBufferPointer) { self.word = word }

    /// Considers a candidate.
    public mutating func consider(_ candidate: UnsafeRawBufferPointer) {
        guard candidate.starts(with: word) else { return }
        let rest = candidate[word.count...].prefix(Self.capacity)
        if matches == 0 {
            for (index, byte) in rest.enumerated() { addition[index] = byte }
            length = rest.count
        } else {
            var same = 0
            for byte in rest {
                guard same < length, addition[same] == byte else { break }
                same += 1
            }
            length = same
        }
        matches += 1
    }

    /// Gives a closure each byte that the word goes on with; a blank ends it if there is just one candidate.
    public func forEachByte(_ body: (UInt8) -> Void) {
        for index in 0..<length { body(addition[index]) }
        if matches == 1 { body(0x20) }
    }

    /// The word that is being typed: what follows the last blank; and whether it is the first one.
    public static func lastWord(of line: UnsafeRawBufferPointer) -> (word: UnsafeRawBufferPointer, isFirst: Bool) {
        let start = (line.lastIndex(of: 0x20) ?? -1) + 1
        let isFirst = !line[..<start].contains { $0 != 0x20 }
        return (UnsafeRawBufferPointer(rebasing: line[start...]), isFirst)
    }
}
