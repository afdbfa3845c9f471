/// What a breakpoint says instead of stopping: a text with expressions in braces, which become their values.
///
///     "read of sector {[esp+4]} at {$arrivals}"
public struct LogMessage: Sendable, Equatable, CustomStringConvertible {
    public let description: String
    private let parts: [Part]

    private enum Part: Sendable, Equatable {
        case text(String)
        case expression(Expression)
    }

    /// The expressions' symbols are looked up now, the rest whenever the message is said. Two braces stand for one.
    fileprivate init(_ text: String, _ debugger: Debugger) throws(AddressExpression.InvalidExpression) {
        description = text
        var parts: [Part] = []
        var plain = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "{" || character == "}", rest.first == character {
                rest.removeFirst()
                plain.append(character)
            } else if character == "{" {
                guard let end = rest.firstIndex(of: "}") else {
                    throw AddressExpression.InvalidExpression("the brace before '\(rest)' is not closed")
                }
                if !plain.isEmpty { parts.append(.text(plain)) }
                plain = ""
                parts.append(.expression(try debugger.expression(String(rest[..<end]))))
                rest = rest[rest.index(after: end)...]
            } else {
                plain.append(character)
            }
        }
        if !plain.isEmpty { parts.append(.text(plain)) }
        self.parts = parts
    }

    /// The text with values; a question mark for what cannot be evaluated, as memory that is not mapped.
    func text(in environment: Expression.Environment) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .expression(let expression): (try? expression.evaluate(in: environment))?.hexadecimal ?? "?"
            }
        }.joined()
    }
}

extension Debugger {
    /// A message for ``StopRule/message``.
    public func logMessage(_ text: String) throws(AddressExpression.InvalidExpression) -> LogMessage {
        try LogMessage(text, self)
    }
}
