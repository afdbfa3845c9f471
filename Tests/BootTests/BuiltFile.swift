import EmulatorTestSupport
import Foundation

/// The files under test, which `make image` builds before the tests run.
enum BuiltFile: String {
    case kernelImage = "kernel.img"
    /// The same kernel with the self-test in the place of the process manager.
    case selfTestImage = "self-test.img"
    case firmware = "bios.bin"

    /// The package's directory.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The file in `images/`.
    ///
    /// - Throws: `BootFailure` if it has not been built.
    func url() throws -> URL {
        let file = Self.root.appendingPathComponent("images/\(rawValue)")
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw BootFailure("images/\(rawValue) has not been built: run 'make image'")
        }
        return file
    }

    /// A changed copy.
    func copy(in directory: ScratchDirectory, change: (inout Data) -> Void) throws -> URL {
        var bytes = try Data(contentsOf: try url())
        change(&bytes)
        let copy = directory.url.appendingPathComponent("changed.img")
        try bytes.write(to: copy)
        return copy
    }
}
