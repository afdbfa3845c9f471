import ArgumentParser

@main
struct MakeImage: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mkimage", abstract: "Builds kernel.img from its parts.")
}
