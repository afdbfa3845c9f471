import JSON

extension DebuggerCommand {
    static let assert = DebuggerCommand(
        "assert", usage: "assert CONDITION", summary: "fail unless this is true, for scripts",
        details: """
            CONDITION is an expression as of 'condition', true unless it is 0: 'assert eax == 3 && word[0x472] == 0'. \
            If it is false, or cannot be evaluated, the command fails: a script ends there, and vm with exit code 2.
            """,
        group: .other
    ) { (commands, arguments) throws(CommandError) in
        guard !arguments.words.isEmpty else { throw CommandError("assert what? 'assert CONDITION'") }
        do throws(AddressExpression.InvalidExpression) {
            let expression = try commands.debugger.expression(arguments.text)
            let environment = commands.debugger.environment()
            guard try expression.evaluate(in: environment) == 0 else { return Output("") }
            var text = "the assertion does not hold: \(arguments.text)"
            // Of a comparison, what was compared.
            if case .binary(let operation, let left, let right) = expression, operation.isComparison {
                let values = (try left.evaluate(in: environment), try right.evaluate(in: environment))
                text += " (\(values.0.hexadecimal) \(operation.rawValue) \(values.1.hexadecimal))"
            }
            throw AddressExpression.InvalidExpression(text)
        } catch {
            throw CommandError(error.description)
        }
    }
}
