import Foundation

/// A booted machine with a prompt.
struct ShellSession {
    let machine: any BootableMachine

    /// Types a command, and answers the lines until the next prompt, without the command itself.
    func run(_ command: String) async throws -> [String] {
        let start = machine.serialOutput.count
        try machine.send(command + "\r")
        let output = try await machine.wait(for: "\n" + KernelLog.prompt, from: start)
        return output.components(separatedBy: "\r\n").dropFirst().dropLast()
    }

    /// The free page frames, as `mem` says.
    func freeFrames() async throws -> Int? {
        let line = try await run("mem").first { $0.contains("page frames free") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    /// The processes, as `ps` says: number and name.
    func processes() async throws -> [(number: Int, name: String)] {
        try await run("ps").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard let number = fields.first.flatMap({ Int($0) }), let name = fields.last else { return nil }
            return (number, String(name))
        }
    }
}

/// Boots a small machine, a 486 with 8 MB, and gives the shell to a closure.
func withShell(_ engine: some BootEngine = QEMU(), _ body: (ShellSession) async throws -> Void) async throws {
    var configuration = MachineConfiguration()
    configuration.memory = 8
    configuration.processor = .i486
    if engine is MartletVM { configuration.board = .isapc }
    try await withMachine(engine, configuration, image: try BuiltFile.kernelImage.url()) { machine in
        try await machine.wait(for: "\n" + KernelLog.prompt)
        try await body(ShellSession(machine: machine))
    }
}
