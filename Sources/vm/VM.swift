import ArgumentParser

@main
struct VM: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "vm", abstract: "A PC emulator.")
}
