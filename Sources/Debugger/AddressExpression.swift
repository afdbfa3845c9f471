/// An address in a person's words: an ``Expression`` that is evaluated at once.
public struct AddressExpression {
    /// What names stand for at the moment of evaluation.
    public struct Environment {
        /// The value of a general register, EIP or EFLAGS by its lower-case name (`eax`, `sp`, `eip`), or nil.
        public var register: (String) -> UInt32?
        /// The base of a segment register by its lower-case name, or nil.
        public var segmentBase: (String) -> UInt32?
        /// The linear address of a symbol, or nil.
        public var symbol: (String) -> UInt32?
        /// 1, 2 or 4 bytes of linear memory, or nil.
        public var memory: (UInt32, Int) -> UInt32?

        public init(
            register: @escaping (String) -> UInt32?, segmentBase: @escaping (String) -> UInt32?,
            symbol: @escaping (String) -> UInt32?, memory: @escaping (UInt32, Int) -> UInt32? = { _, _ in nil }
        ) {
            self.register = register
            self.segmentBase = segmentBase
            self.symbol = symbol
            self.memory = memory
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
        let names = ExpressionParser.Names(
            isRegister: { environment.register($0) != nil }, isSegment: { environment.segmentBase($0) != nil },
            symbol: environment.symbol)
        return try ExpressionParser.parse(text, names).evaluate(
            in: Expression.Environment(
                register: environment.register, segmentBase: environment.segmentBase, memory: environment.memory))
    }
}
