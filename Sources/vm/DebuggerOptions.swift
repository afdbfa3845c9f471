import ArgumentParser
import Debugger

/// What the command line says about the built-in debugger.
struct DebuggerOptions {
    /// Commands in files, to be executed first.
    let scripts: [Script]
    /// Then these.
    let commands: [String]
    /// Whether results are JSON objects, one a line, instead of text.
    let json: Bool

    /// Executes the scripts, then the commands, up to the first that fails.
    ///
    /// - Parameters:
    ///   - run: executes a script.
    ///   - execute: executes a command.
    func run(_ run: (Script) -> ScriptEnding, _ execute: (String) -> ScriptEnding) -> ScriptEnding {
        for script in scripts {
            let ending = run(script)
            guard ending == .complete else { return ending }
        }
        for line in commands {
            let ending = execute(line)
            guard ending == .complete else { return ending }
        }
        return .complete
    }

    /// When a command of a script has failed. Even, so that it is never a guest's exit code.
    static let failureCode: Int32 = 2

    init(_ options: VM) throws(HostFailure) {
        scripts = try options.script.map { path throws(HostFailure) in
            Script(String(decoding: try HostFiles.read(path, limit: 16 << 20), as: UTF8.self), name: path)
        }
        commands = options.execute
        json = options.json
    }
}
