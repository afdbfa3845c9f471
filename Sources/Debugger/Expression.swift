/// What a person types where the debugger wants a number: an address, or a condition that is true unless it is 0.
///
///     kernelMain+16                       f000:fff0                       cs:10
///     eax == 0 && [esp+4] > 0x1000        byte[ds:si] == 0x41             $errorcode & 2
///     thread == 3                         process == "shell"
///
/// Numbers have 32 bits, arithmetic wraps, comparisons are unsigned. From loose to tight, as in C: `||`, `&&`, `|`,
/// `^`, `&`, `== !=`, `< <= > >=`, `<< >>`, `+ -`, `* / %`, and before a term `- ~ !`. A term is a number, a register
/// (with or without `$`), a variable of the stop (`$errorcode`), a symbol, memory (`[a]` or `dword[a]`, `word[a]`,
/// `byte[a]`), or anything in parentheses.
///
/// `segment:offset`, at the top level or in brackets, is a linear address: a segment register's name stands for its
/// base, a number for 16 times itself, as in real mode. On both sides of a colon bare digits are hexadecimal, as
/// everybody writes such addresses; elsewhere numbers are decimal unless they begin with `0x`.
///
/// Symbols are looked up once, by the parser (``ExpressionParser``); registers and memory whenever it is evaluated.
public indirect enum Expression: Sendable, Equatable {
    case number(UInt32)
    /// By its lower-case name, without `$`.
    case register(String)
    /// The base of a segment register.
    case segmentBase(String)
    /// The name of a process, in quotes: not a number, but something that a number can be compared with.
    case name(String)
    /// 1, 2 or 4 bytes at a linear address.
    case memory(Expression, size: Int)
    case unary(Unary, Expression)
    case binary(Binary, Expression, Expression)

    public enum Unary: Sendable {
        case minus, complement, not
    }

    public enum Binary: String, Sendable, CaseIterable {
        case or = "||"
        case and = "&&"
        case bitOr = "|"
        case bitXor = "^"
        case bitAnd = "&"
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case shiftLeft = "<<"
        case shiftRight = ">>"
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case remainder = "%"

        var isComparison: Bool { precedence == 6 || precedence == 7 }
        var isComparisonForEquality: Bool { self == .equal || self == .notEqual }

        /// The higher, the tighter.
        var precedence: Int {
            switch self {
            case .or: 1
            case .and: 2
            case .bitOr: 3
            case .bitXor: 4
            case .bitAnd: 5
            case .equal, .notEqual: 6
            case .less, .lessOrEqual, .greater, .greaterOrEqual: 7
            case .shiftLeft, .shiftRight: 8
            case .add, .subtract: 9
            case .multiply, .divide, .remainder: 10
            }
        }
    }

    /// What a machine has to say while an expression is evaluated.
    public struct Environment {
        /// The value of a register, or of a variable of the stop, by its lower-case name; nil if there is none now.
        public var register: (String) -> UInt32?
        /// The base of a segment register by its lower-case name.
        public var segmentBase: (String) -> UInt32?
        /// 1, 2 or 4 bytes of linear memory; nil if they are not mapped.
        public var memory: (UInt32, Int) -> UInt32?
        /// The numbers of the processes of a name.
        public var processes: (String) -> Set<UInt32>

        public init(
            register: @escaping (String) -> UInt32?, segmentBase: @escaping (String) -> UInt32?,
            memory: @escaping (UInt32, Int) -> UInt32?, processes: @escaping (String) -> Set<UInt32> = { _ in [] }
        ) {
            self.register = register
            self.segmentBase = segmentBase
            self.memory = memory
            self.processes = processes
        }
    }

    /// The value now.
    ///
    /// - Throws: what cannot be known: memory that is not mapped, a variable that this stop does not have, a division
    ///   by 0.
    public func evaluate(in environment: Environment) throws(AddressExpression.InvalidExpression) -> UInt32 {
        switch self {
        case .number(let value): return value
        case .register(let name):
            guard let value = environment.register(name) else {
                throw AddressExpression.InvalidExpression("'$\(name)' has no value here")
            }
            return value
        case .segmentBase(let name):
            guard let value = environment.segmentBase(name) else {
                throw AddressExpression.InvalidExpression("there is no segment register '\(name)'")
            }
            return value
        case .name(let name):
            throw AddressExpression.InvalidExpression("\"\(name)\" can only be compared, by == or !=, with 'process'")
        case .memory(let place, let size):
            let address = try place.evaluate(in: environment)
            guard let value = environment.memory(address, size) else {
                throw AddressExpression.InvalidExpression("\(address.digits) is not mapped")
            }
            return value
        case .unary(let operation, let operand):
            let value = try operand.evaluate(in: environment)
            switch operation {
            case .minus: return 0 &- value
            case .complement: return ~value
            case .not: return value == 0 ? 1 : 0
            }
        case .binary(.or, let left, let right):
            if try left.evaluate(in: environment) != 0 { return 1 }
            return try right.evaluate(in: environment) != 0 ? 1 : 0
        case .binary(.and, let left, let right):
            if try left.evaluate(in: environment) == 0 { return 0 }
            return try right.evaluate(in: environment) != 0 ? 1 : 0
        case .binary(let operation, .name(let name), let other) where operation.isComparisonForEquality,
            .binary(let operation, let other, .name(let name)) where operation.isComparisonForEquality:
            let isOne = try environment.processes(name).contains(other.evaluate(in: environment))
            return isOne == (operation == .equal) ? 1 : 0
        case .binary(let operation, let left, let right):
            return try Self.apply(operation, left.evaluate(in: environment), right.evaluate(in: environment))
        }
    }

    private static func apply(
        _ operation: Binary, _ left: UInt32, _ right: UInt32
    ) throws(AddressExpression.InvalidExpression) -> UInt32 {
        switch operation {
        case .or: return left != 0 || right != 0 ? 1 : 0
        case .and: return left != 0 && right != 0 ? 1 : 0
        case .bitOr: return left | right
        case .bitXor: return left ^ right
        case .bitAnd: return left & right
        case .equal: return left == right ? 1 : 0
        case .notEqual: return left != right ? 1 : 0
        case .less: return left < right ? 1 : 0
        case .lessOrEqual: return left <= right ? 1 : 0
        case .greater: return left > right ? 1 : 0
        case .greaterOrEqual: return left >= right ? 1 : 0
        case .shiftLeft: return left << right
        case .shiftRight: return left >> right
        case .add: return left &+ right
        case .subtract: return left &- right
        case .multiply: return left &* right
        case .divide, .remainder:
            guard right != 0 else { throw AddressExpression.InvalidExpression("a division by 0") }
            return operation == .divide ? left / right : left % right
        }
    }
}
