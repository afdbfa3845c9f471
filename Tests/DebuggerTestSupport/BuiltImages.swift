import Debugger
import Foundation

/// What `make image` builds.
public enum BuiltImages {
    public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("images")

    public static var exist: Bool {
        ["bios.bin", "kernel.img", "kernel.elf"].allSatisfy {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
        }
    }

    /// The names of the symbol files of the kernel's programs, for ``bytes(_:)``.
    public static func programs() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("programs").path)
            .sorted().map { "programs/" + $0 }
    }

    /// Loads a symbol file under its last name.
    public static func loadSymbols(_ name: String, into symbols: inout SymbolTable, isSecond: Bool = false) throws {
        try symbols.load(try bytes(name), name: URL(fileURLWithPath: name).lastPathComponent, isSecond: isSecond)
    }

    public static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }
}
