/// What a person types where the debugger wants an address: `0x7c00`, `kernelMain+16`, `$esp`, `cs:0x10`, `f000:fff0`.
///
///     expression = sum | sum ":" sum
///     sum        = term { ("+" | "-") term }
///     term       = number | "$" register | symbol
///
/// The result is a linear address. `segment:offset` adds the hidden base when the segment is a segment register's name,
/// and 16 times the value when it is a number, as in real mode. On both sides of a colon bare digits are hexadecimal,
/// as everybody writes such addresses; elsewhere numbers are decimal unless they begin with `0x`.
public struct AddressExpression {
    /// What names stand for at the moment of evaluation.
    public struct Environment {
        /// The value of a general register, EIP or EFLAGS by its lower-case name (`eax`, `sp`, `eip`), or nil.
        public var register: (String) -> UInt32?
        /// The base of a segment register by its lower-case name, or nil.
        public var segmentBase: (String) -> UInt32?
        /// The linear address of a symbol, or nil.
        public var symbol: (String) -> UInt32?

        public init(
            register: @escaping (String) -> UInt32?, segmentBase: @escaping (String) -> UInt32?,
            symbol: @escaping (String) -> UInt32?
        ) {
            self.register = register
            self.segmentBase = segmentBase
            self.symbol = symbol
        }
    }

    /// Why a text is no address, in words for the person who typed it.
    public struct InvalidExpression: Error, CustomStringConvertible, Equatable {
        public let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    /// Evaluates `text`; arithmetic wraps at 4 GiB as the processor's does.
    public static func evaluate(
        _ text: String, in environment: Environment
    ) throws(InvalidExpression) -> UInt32 {
        // A demangled Swift name may contain any punctuation, so a whole text that is a symbol wins over its parts.
        if let address = environment.symbol(text) { return address }
        let sides = text.split(separator: ":", omittingEmptySubsequences: false)
        switch sides.count {
        case 1:
            return try sum(text[...], radix: 10, in: environment)
        case 2:
            let segment = sides[0].lowercased()
            let name = segment.hasPrefix("$") ? String(segment.dropFirst()) : segment
            let base =
                if let base = environment.segmentBase(name) { base } else {
                    try self.sum(sides[0], radix: 16, in: environment) &<< 4
                }
            return base &+ (try sum(sides[1], radix: 16, in: environment))
        default:
            throw InvalidExpression("'\(text)' has more than one colon")
        }
    }

    private static func sum(
        _ text: Substring, radix: Int, in environment: Environment
    ) throws(InvalidExpression) -> UInt32 {
        var result: UInt32 = 0
        var negative = false
        var start = text.startIndex
        var index = text.startIndex
        while true {
            let atEnd = index == text.endIndex
            if atEnd || text[index] == "+" || text[index] == "-" {
                let value = try term(text[start..<index], radix: radix, in: environment)
                result = negative ? result &- value : result &+ value
                if atEnd { return result }
                negative = text[index] == "-"
                start = text.index(after: index)
            }
            index = text.index(after: index)
        }
    }

    private static func term(
        _ text: Substring, radix: Int, in environment: Environment
    ) throws(InvalidExpression) -> UInt32 {
        let text = text.drop { $0 == " " }
        let name = String(text).trimmingSuffix { $0 == " " }
        guard !name.isEmpty else { throw InvalidExpression("an address is missing") }
        if name.hasPrefix("$") {
            guard let value = environment.register(String(name.dropFirst()).lowercased()) else {
                throw InvalidExpression("there is no register '\(name)'")
            }
            return value
        }
        let lowercased = name.lowercased()
        if lowercased.hasPrefix("0x") {
            guard let value = UInt32(lowercased.dropFirst(2), radix: 16) else {
                throw InvalidExpression("'\(name)' is no 32-bit number")
            }
            return value
        }
        if radix == 16, let value = UInt32(lowercased, radix: 16) { return value }
        if name.allSatisfy({ $0.isASCII && $0.isNumber }) {
            guard let value = UInt32(name) else {
                throw InvalidExpression("'\(name)' is no 32-bit number")
            }
            return value
        }
        if let value = environment.symbol(name) ?? environment.register(lowercased) { return value }
        throw InvalidExpression("there is no symbol or register '\(name)'")
    }
}

extension String {
    /// The text without its last characters as long as they match.
    fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, matches(last) { text.removeLast() }
        return String(text)
    }
}
