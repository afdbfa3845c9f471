/// Makes an ``Expression`` of a text.
///
/// Swift names contain parentheses, colons and spaces (`FrameBitmap.release(_:)`, `closure #1 in Kernel.run()`), which
/// an expression has as well. So a whole text that is a symbol is that symbol, and a name followed by a parenthesis is
/// tried with it.
struct ExpressionParser {
    typealias Failure = AddressExpression.InvalidExpression

    /// What names mean.
    struct Names {
        /// Whether there is a register, or a variable of a stop, of this lower-case name.
        var isRegister: (String) -> Bool
        /// Whether there is a segment register of this lower-case name.
        var isSegment: (String) -> Bool
        /// Whether a symbol file is called so; its symbols may be named `FILE!SYMBOL`.
        var isModule: (String) -> Bool = { _ in false }
        /// The linear address of a symbol.
        var symbol: (String) -> UInt32?
    }

    private let text: [Character]
    private let names: Names
    private var position = 0
    /// How deep parentheses and signs are nested; a limit keeps a hostile line from using up the stack.
    private var depth = 0

    static func parse(_ text: String, _ names: Names) throws(Failure) -> Expression {
        if let address = names.symbol(text) { return .number(address) }
        var parser = ExpressionParser(text: Array(text), names: names)
        let expression = try parser.address()
        parser.skipSpaces()
        guard parser.position == parser.text.count else {
            throw Failure("'\(String(parser.text[parser.position...]))' is not understood")
        }
        return expression
    }

    private init(text: [Character], names: Names) {
        self.text = text
        self.names = names
    }

    // MARK: Grammar

    /// `segment:offset`, or what has no colon.
    private mutating func address() throws(Failure) -> Expression {
        guard hasColon else { return try operation(above: 0, radix: 10) }
        let segment = try segment()
        skipSpaces()
        guard take(":") else { throw Failure("a colon is missing") }
        let offset = try operation(above: 0, radix: 16)
        skipSpaces()
        if position < text.count, text[position] == ":" { throw Failure("'\(String(text))' has more than one colon") }
        return .binary(.add, segment, offset)
    }

    private mutating func segment() throws(Failure) -> Expression {
        let start = position
        skipSpaces()
        if position < text.count, text[position] == "$" { position += 1 }
        let name = word().lowercased()
        skipSpaces()
        if names.isSegment(name), position < text.count, text[position] == ":" { return .segmentBase(name) }
        position = start
        return .binary(.shiftLeft, try operation(above: 0, radix: 16), .number(4))
    }

    /// Whether a colon comes before the end of this level.
    private var hasColon: Bool {
        var level = 0
        for character in text[position...] {
            switch character {
            case "(", "[": level += 1
            case ")", "]":
                level -= 1
                if level < 0 { return false }
            case ":" where level == 0: return true
            default: break
            }
        }
        return false
    }

    /// Terms and operators that bind tighter than `precedence`.
    private mutating func operation(above precedence: Int, radix: Int) throws(Failure) -> Expression {
        var left = try term(radix: radix)
        while let next = peekOperator(), next.precedence > precedence {
            position += next.rawValue.count
            left = .binary(next, left, try operation(above: next.precedence, radix: radix))
        }
        return left
    }

    private mutating func term(radix: Int) throws(Failure) -> Expression {
        skipSpaces()
        depth += 1
        defer { depth -= 1 }
        guard depth < 100 else { throw Failure("this is nested too deeply") }
        guard position < text.count else { throw Failure("an address is missing") }
        switch text[position] {
        case "-":
            position += 1
            return .unary(.minus, try term(radix: radix))
        case "~":
            position += 1
            return .unary(.complement, try term(radix: radix))
        case "!":
            position += 1
            return .unary(.not, try term(radix: radix))
        case "(":
            position += 1
            let inner = try address()
            return try closed(inner, ")")
        case "[":
            position += 1
            return .memory(try closed(try address(), "]"), size: 4)
        case "\"":
            guard let end = text[(position + 1)...].firstIndex(of: "\"") else { throw Failure("'\"' is missing") }
            defer { position = end + 1 }
            return .name(String(text[(position + 1)..<end]))
        default:
            return try name(radix: radix)
        }
    }

    private mutating func closed(_ expression: Expression, _ end: Character) throws(Failure) -> Expression {
        skipSpaces()
        guard take(end) else { throw Failure("'\(end)' is missing") }
        return expression
    }

    /// A number, register, symbol, or size of memory.
    private mutating func name(radix: Int) throws(Failure) -> Expression {
        let isVariable = text[position] == "$"
        let start = position
        if isVariable { position += 1 }
        skipModule()
        let word = word()
        let whole = String(text[start..<position])
        guard !word.isEmpty else {
            throw Failure(isVariable ? "a register's name is missing behind '$'" : "an address is missing")
        }
        let lower = word.lowercased()
        if !isVariable, let size = ["byte": 1, "word": 2, "dword": 4][lower], take("[") {
            return .memory(try closed(try address(), "]"), size: size)
        }
        if isVariable, names.isRegister(lower) { return .register(lower) }
        // Behind a colon everybody writes hexadecimal, whatever symbols there are.
        if radix == 16, !isVariable, let value = UInt32(lower, radix: 16) { return .number(value) }
        // Some type of a program always has something of such a name.
        if ["thread", "process"].contains(lower), names.isRegister(lower) { return .register(lower) }
        if let symbol = symbol(from: start) { return symbol }
        if isVariable { throw Failure("there is no register '\(whole)'") }
        if lower.hasPrefix("0x") {
            guard let value = UInt32(lower.dropFirst(2), radix: 16) else {
                throw Failure("'\(word)' is no 32-bit number")
            }
            return .number(value)
        }
        if word.allSatisfy({ $0.isASCII && $0.isNumber }) {
            guard let value = UInt32(word) else { throw Failure("'\(word)' is no 32-bit number") }
            return .number(value)
        }
        if names.isRegister(lower) { return .register(lower) }
        throw Failure("there is no symbol or register '\(word)'")
    }

    /// The symbol that the name from `start` on is, with or without what follows in parentheses.
    private mutating func symbol(from start: Int) -> Expression? {
        if position < text.count, text[position] == "(", let end = text[position...].firstIndex(of: ")"),
            let address = names.symbol(String(text[start...end]))
        {
            position = end + 1
            return .number(address)
        }
        return names.symbol(String(text[start..<position])).map { .number($0) }
    }

    // MARK: Characters

    private mutating func skipSpaces() {
        while position < text.count, text[position].isWhitespace { position += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard position < text.count, text[position] == character else { return false }
        position += 1
        return true
    }

    /// A symbol file's name, which may have dashes in it, and the exclamation mark behind it.
    private mutating func skipModule() {
        guard let end = text[position...].firstIndex(of: "!"), end > position,
            text[position..<end].allSatisfy({ $0.isLetter || $0.isNumber || "_.-".contains($0) }),
            names.isModule(String(text[position..<end]))
        else { return }
        position = end + 1
    }

    /// Letters, digits, and what names have besides.
    private mutating func word() -> String {
        let start = position
        while position < text.count,
            text[position].isLetter || text[position].isNumber || "_.$@#".contains(text[position])
        {
            position += 1
        }
        return String(text[start..<position])
    }

    private mutating func peekOperator() -> Expression.Binary? {
        skipSpaces()
        let rest = String(text[position...].prefix(2))
        return Expression.Binary.allCases.filter { rest.hasPrefix($0.rawValue) }.max {
            $0.rawValue.count < $1.rawValue.count
        }
    }
}
