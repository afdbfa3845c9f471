import Foundation
import KernelABI

/// A system call's page in docs/system-calls, as far as a program can understand it.
///
/// What the pages say of numbers, names and errors is held against the code (`SystemCallPagesTests`) and against what
/// the kernel has answered (`SystemCallTests`), so that no page can be wrong about them for long.
struct SystemCallPage {
    let call: SystemCall
    /// The call's name in the code.
    var name: String { "\(call)" }
    let text: String

    static let directory = BuiltFile.root.appendingPathComponent("docs/system-calls")

    /// All calls that there are.
    static var calls: [SystemCall] { (0...255).compactMap { SystemCall(rawValue: $0) } }
    static var errors: [KernelError] { (1...255).compactMap { KernelError(rawValue: -$0) } }

    /// "interruptBind" as "interrupt-bind.md".
    static func fileName(_ call: SystemCall) -> String {
        "\(call)".map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined() + ".md"
    }

    /// Reads a call's page.
    init(_ call: SystemCall) throws {
        self.call = call
        text = try String(contentsOf: Self.directory.appendingPathComponent(Self.fileName(call)), encoding: .utf8)
    }

    /// The text under a heading of the second level.
    func section(_ heading: String) -> Substring? {
        guard let start = text.range(of: "\n## \(heading)\n") else { return nil }
        let rest = text[start.upperBound...]
        return rest.range(of: "\n## ").map { rest[..<$0.lowerBound] } ?? rest
    }

    /// Whether it comes back to its caller when all goes well.
    var returns: Bool { section("Result")?.contains("Does not return.") == false }

    /// A row of its table of errors.
    enum Row: Equatable {
        /// An error, by its name.
        case error(String)
        /// Those of another call.
        case all(of: String)
    }

    /// The table of errors, in the page's order.
    var rows: [Row] {
        (section("Errors") ?? "").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "`", omittingEmptySubsequences: false)
            guard fields.count > 2 else { return nil }
            switch fields[0] {
            case "| ": return .error(String(fields[1]))
            case "| all of ": return .all(of: String(fields[1]))
            default: return nil
            }
        }
    }

    /// All that its table names.
    ///
    /// - Throws: What is wrong with a name in it.
    func documentedErrors() throws -> Set<KernelError> {
        var errors: Set<KernelError> = []
        for row in rows {
            switch row {
            case .error(let name):
                guard let error = Self.errors.first(where: { "\($0)" == name }) else {
                    throw BootFailure("\(self.name): there is no error \(name)")
                }
                errors.insert(error)
            case .all(let name):
                guard let other = Self.calls.first(where: { "\($0)" == name }), other != call else {
                    throw BootFailure("\(self.name): there is no call \(name)")
                }
                errors.formUnion(try SystemCallPage(other).documentedErrors())
            }
        }
        return errors
    }
}
