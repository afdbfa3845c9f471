import Foundation

/// `nasm`, for programs that run without an operating system.
public enum Assembler {
    /// Why it cannot run here; nil if it can.
    public static var absence: String? { BoundedProcess.find("nasm") == nil ? "nasm is not installed" : nil }

    /// The flat binary that `source` makes; files that it includes lie beside it.
    public static func assemble(_ source: URL) throws -> [UInt8] {
        let directory = try ScratchDirectory()
        let image = directory.url.appendingPathComponent("program.img")
        let arguments = [
            "nasm", "-I", source.deletingLastPathComponent().path + "/", "-f", "bin", "-Z",
            directory.url.appendingPathComponent("errors").path, "-o", image.path, source.path,
        ]
        let status = try BoundedProcess.run(arguments, seconds: 60, in: directory.url).status
        guard status == 0 else {
            let errors = try? String(contentsOf: directory.url.appendingPathComponent("errors"), encoding: .utf8)
            throw BoundedProcess.Failure(description: errors ?? "nasm failed with status \(status)")
        }
        return [UInt8](try Data(contentsOf: image))
    }
}
