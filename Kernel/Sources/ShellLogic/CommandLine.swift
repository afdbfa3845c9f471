// The shell's language, without a terminal or a process: how a line becomes words.

/// Why a line cannot be split into words.
public enum CommandLineError: UInt8, Error, Sendable {
    /// A quote has no partner.
    case unmatchedQuote
    /// The last character is a backslash.
    case trailingBackslash
    /// There are more than ``CommandLine/maximumWordCount`` words.
    case tooManyWords
    /// The words take more than ``CommandLine/capacity`` bytes.
    case tooLong
    /// A character that will mean something one day, and is not quoted.
    case reserved
    /// Something follows `&`, or nothing comes before it.
    case misplacedAmpersand

    /// A description to print.
    public var message: StaticString {
        switch self {
        case .unmatchedQuote: "unmatched quote"
        case .trailingBackslash: "nothing follows the backslash"
        case .tooManyWords: "too many words"
        case .tooLong: "the command is too long"
        case .reserved: "| ; < > are not there yet; to mean the character itself, quote it"
        case .misplacedAmpersand: "'&' ends a command"
        }
    }
}

/// A command split into words: its name, and its arguments.
///
/// Words are separated by spaces or tabs. As in the POSIX shell, '...' takes everything literally, "..." everything but
/// backslashes before `"` and `\`, and a backslash outside quotes takes the next character literally. `&` at the end is
/// no word. `|`, `;`, `<` and `>` are refused, so that no command changes its meaning when they get theirs. There are
/// no variables and no patterns.
public struct CommandLine {
    /// The most bytes that all words together have, each counted with one more for the NUL that ends it.
    public static var capacity: Int { 256 }
    /// The most words.
    public static var maximumWordCount: Int { 32 }

    private var storage = InlineArray<256, UInt8>(repeating: 0)
    private var used = 0
    private var starts = InlineArray<32, UInt16>(repeating: 0)
    /// The number of words.
    public private(set) var wordCount = 0
    /// Whether `&` is behind the last word: the command is to run beside the shell.
    public private(set) var isBackground = false

    /// Splits a line.
    public init(_ line: UnsafeRawBufferPointer) throws(CommandLineError) {
        var quote: UInt8 = 0
        var isInWord = false
        var index = 0
        while index < line.count {
            let byte = line[index]
            index += 1
            if quote == 0, byte == 0x20 || byte == 0x09 {
                if isInWord { try append(0) }
                isInWord = false
                continue
            }
            guard !isBackground else { throw .misplacedAmpersand }
            if quote == 0, byte == UInt8(ascii: "&") {
                if isInWord { try append(0) }
                isInWord = false
                guard wordCount > 0 else { throw .misplacedAmpersand }
                isBackground = true
                continue
            }
            if !isInWord {
                guard wordCount < Self.maximumWordCount else { throw .tooManyWords }
                starts[wordCount] = UInt16(used)
                wordCount += 1
                isInWord = true
            }
            switch byte {
            case quote where quote != 0: quote = 0
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                if quote == 0 { quote = byte } else { try append(byte) }
            case UInt8(ascii: "|"), UInt8(ascii: ";"), UInt8(ascii: "<"), UInt8(ascii: ">"):
                guard quote != 0 else { throw .reserved }
                try append(byte)
            case UInt8(ascii: "\\") where quote != UInt8(ascii: "'"):
                guard index < line.count else {
                    if quote != 0 { throw .unmatchedQuote }
                    throw .trailingBackslash
                }
                let next = line[index]
                index += 1
                if quote != 0, next != UInt8(ascii: "\""), next != UInt8(ascii: "\\") { try append(byte) }
                try append(next)
            default: try append(byte)
            }
        }
        guard quote == 0 else { throw .unmatchedQuote }
        if isInWord { try append(0) }
    }

    private mutating func append(_ byte: UInt8) throws(CommandLineError) {
        guard used < Self.capacity else { throw .tooLong }
        storage[used] = byte
        used += 1
    }

    /// Gives a closure a word's bytes, which are valid until it returns; empty if there is no such word.
    public func withWord<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withBytes(from: index) { bytes in
            var end = 0
            while end < bytes.count, bytes[end] != 0 { end += 1 }
            return body(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        }
    }

    /// Gives a closure the bytes of all words from `first` on, each ended by a NUL: how a program gets its arguments.
    public func withBytes<Result>(from first: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = first >= 0 && first < wordCount ? Int(starts[first]) : used
        var copy = storage
        // `InlineArray` stores its elements contiguously, so its own bytes are the words'.
        return withUnsafeBytes(of: &copy) { body(UnsafeRawBufferPointer(rebasing: $0[start..<used])) }
    }
}
