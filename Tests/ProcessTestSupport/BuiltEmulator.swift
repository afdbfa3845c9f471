import Foundation

/// The program `vm` as this build made it, and what it boots.
public enum BuiltEmulator {
    public static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    public static let executable = repository.appendingPathComponent(".build/debug/vm")
    public static let images = repository.appendingPathComponent("images")
    /// The kernel's programs, with their symbols.
    public static let programs = images.appendingPathComponent("programs")
    /// Whether `make image` has been run.
    public static let areImagesBuilt = ["bios.bin", "kernel.img", "kernel.elf", "programs/shell.elf"].allSatisfy {
        FileManager.default.fileExists(atPath: images.appendingPathComponent($0).path)
    }

    /// The number of the first line of a source that has `text` in it; sources change.
    ///
    /// - Parameter path: from the repository's folder on.
    public static func line(of text: String, in path: String) throws -> Int {
        let lines = try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
            .components(separatedBy: "\n")
        guard let index = lines.firstIndex(where: { $0.contains(text) }) else {
            throw MissingLine(text: text, path: path)
        }
        return index + 1
    }

    public struct MissingLine: Error {
        public let text: String
        public let path: String
    }
}
