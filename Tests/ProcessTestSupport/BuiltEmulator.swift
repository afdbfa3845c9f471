import Foundation

/// The program `vm` as this build made it, and what it boots.
public enum BuiltEmulator {
    public static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    public static let executable = repository.appendingPathComponent(".build/debug/vm")
    public static let images = repository.appendingPathComponent("images")
    /// Whether `make image` has been run.
    public static let areImagesBuilt = ["bios.bin", "kernel.img", "kernel.elf", "shell.elf"].allSatisfy {
        FileManager.default.fileExists(atPath: images.appendingPathComponent($0).path)
    }
}
