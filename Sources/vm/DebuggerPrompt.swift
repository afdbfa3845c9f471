import Console
import Debugger
import Foundation
import Machine

/// The debugger's prompt on standard input and output.
struct DebuggerPrompt {
    private let runner: MachineRunner

    /// `symbolFiles`: ELF files with symbols.
    init(_ runner: MachineRunner, symbolFiles: [String]) {
        self.runner = runner
    }

    /// Reads and executes commands until `quit` or the end of the input. Returns the program's exit code.
    func run() -> Int32 {
        0
    }

    /// A triple fault in words.
    func explain(_ report: TripleFaultReport) -> String {
        "triple fault at step \(report.step)"
    }
}
