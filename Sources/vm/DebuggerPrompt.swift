import Console
import Debugger
import Foundation
import JSON
import Machine

/// The debugger on standard input and output: scripts and commands from the command line, then the prompt. Runs on the
/// machine's thread.
final class DebuggerPrompt {
    private let commands: DebuggerCommands
    private let runner: MachineRunner
    private let options: DebuggerOptions
    private let input: PromptInput
    /// Why the machine stands still, if a command has moved it.
    private var lastStop: Stop?

    /// `isLeaving`: whether the person has closed the console meanwhile.
    init(
        _ commands: DebuggerCommands, _ runner: MachineRunner, _ options: DebuggerOptions,
        isLeaving: @escaping () -> Bool
    ) {
        self.commands = commands
        self.runner = runner
        self.options = options
        input = PromptInput(prompt: options.json ? "" : commands.prompt, isLeaving: isLeaving) { [unowned commands] in
            commands.completions(of: $0)
        }
        commands.didExecute = { [unowned self] in show($0, echoes: true) }
    }

    /// Executes the scripts and commands of the command line, then, if `isInteractive`, those that are typed. Returns
    /// the program's exit code.
    func run(isInteractive: Bool) -> Int32 {
        if !options.json {
            commands.didLog = { [unowned self] in say($0) }
            say(commands.greeting)
        }
        let hasFailed: Bool
        switch runScripts() {
        case .quit: return 0
        case .complete: hasFailed = false
        case .failed: hasFailed = true
        }
        if isInteractive { readCommands() }
        if hasFailed { return DebuggerOptions.failureCode }
        return isInteractive ? 0 : ending
    }

    // MARK: From the command line

    private func runScripts() -> ScriptEnding {
        options.run({ script in commands.run(script) { show($0, echoes: true) } }) { line in
            let execution = commands.run(line)
            show(execution, echoes: true)
            return execution.output.ending()
        }
    }

    /// The exit code after scripts that did not fail: as without a debugger, if the guest has come to its end.
    private var ending: Int32 {
        switch lastStop?.reason {
        case .exited(let code): code
        case .tripleFault: Session.tripleFaultCode
        default: 0
        }
    }

    // MARK: From the keyboard

    /// Until `quit`, the end of the input, or the end of the console.
    private func readCommands() {
        while true {
            guard let line = input.next() else { return }
            let execution = commands.run(line)
            show(execution, echoes: false)
            if execution.output.shouldQuit { return }
        }
    }

    // MARK: Output

    /// `echoes`: with the prompt and the command before, as if it had been typed.
    private func show(_ execution: Execution, echoes: Bool) {
        runner.showScreen()
        lastStop = execution.output.stop ?? lastStop
        if options.json {
            say(String(decoding: execution.json.encoded(), as: UTF8.self))
            return
        }
        if echoes { say(commands.prompt + execution.command) }
        if !execution.text.isEmpty { say(execution.text) }
    }

    /// Why the guest has come to its end, in words.
    func explain() -> String {
        commands.debugger.explain().text
    }

    private func say(_ text: String) {
        // A closed pipe is no reason to crash; the end of the input will come.
        try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    }
}
