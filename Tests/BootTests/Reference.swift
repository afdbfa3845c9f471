/// The lines that are the same everywhere, from one boot on the simplest machine.
actor Reference {
    static let shared = Reference()
    private var lines: Task<[String], any Error>?

    func commonLines() async throws -> [String] {
        if let lines { return try await lines.value }
        let task = Task {
            try await withMachine(QEMU(), MachineConfiguration(), image: try BuiltFile.kernelImage.url()) { machine in
                KernelLog(try await machine.wait(for: "\n" + KernelLog.prompt)).commonLines
            }
        }
        lines = task
        return try await task.value
    }
}
