import EmulatorTestSupport
import Foundation
import Machine
import Testing

/// A program of `Programs/`, which reports about the system level of the architecture, a line for each thing that it
/// tried.
struct SystemProgram: CustomTestStringConvertible, Sendable {
    let name: String

    /// All of them, by their sources.
    static let all: [SystemProgram] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".asm") }.sorted().map { SystemProgram(name: String($0.dropLast(4))) }
    }()

    private static let folder =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Programs")

    var testDescription: String { name }

    func file(_ suffix: String) -> URL { Self.folder.appendingPathComponent("\(name).\(suffix)") }

    func assemble() throws -> [UInt8] { try Assembler.assemble(file("asm")) }

    /// What our machine prints.
    func runHere() throws -> Report {
        let machine = try BareMachine.make(try assemble(), at: 0x7C00)
        let output = DebugConsole()
        machine.output = output
        while true {
            let result = machine.run(until: min(machine.steps + 1000, 100_000_000))
            if output.takeRequest() {
                machine.inject(.nonMaskableInterrupt)
            } else if case .exited = result {
                return Report(output.text)
            } else if result != .reached || machine.steps >= 100_000_000 {
                return Report(output.text + "\nour machine: \(result)\n")
            }
        }
    }
}

/// What the program prints, and whether it asks for a non-maskable interrupt, by the control character SO. In other
/// emulators it gets that from their I/O APIC, and the character does not count.
private final class DebugConsole: OutputSink {
    private var bytes: [UInt8] = []
    private var isAsked = false
    var text: String { String(decoding: bytes, as: UTF8.self) }

    func debugConsole(sent byte: UInt8) {
        bytes.append(byte)
        if byte == Report.request { isAsked = true }
    }

    /// Whether the program has asked since the last call.
    func takeRequest() -> Bool {
        defer { isAsked = false }
        return isAsked
    }
}

/// What a program printed: lines that begin with a name.
struct Report: Equatable {
    /// SO: in the output, a request for a non-maskable interrupt.
    static let request: UInt8 = 0x0E

    let lines: [String]

    /// From all that came out of port E9h: the report is between the lines `report` and `end`. Without them (the
    /// machine hung, or shut down), the last lines are what there is.
    init(_ output: String) {
        var lines = output.filter { $0.asciiValue != Self.request }
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if let begin = lines.firstIndex(of: "report") { lines.removeFirst(begin + 1) }
        if let end = lines.lastIndex(of: "end") {
            lines.removeSubrange(end...)
        } else {
            lines = lines.filter { !$0.isEmpty } + ["(no end)"]
        }
        self.lines = lines
    }

    /// The line of each name.
    var byName: [String: String] {
        Dictionary(lines.map { (String($0.prefix { $0 != ":" }), $0) }, uniquingKeysWith: { $0 + "\n" + $1 })
    }

    var text: String { "report\n" + lines.joined(separator: "\n") + "\nend\n" }
}
