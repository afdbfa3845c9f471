import Foundation

/// The image under test.
enum KernelImageFile {
    /// `images/kernel.img`.
    ///
    /// - Throws: `BootFailure` if it has not been built.
    static func url() throws -> URL {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let image = root.appendingPathComponent("images/kernel.img")
        guard FileManager.default.fileExists(atPath: image.path) else {
            throw BootFailure("images/kernel.img has not been built: run scripts/build-image.sh")
        }
        return image
    }

    /// A changed copy of the image.
    static func copy(in directory: TemporaryDirectory, change: (inout Data) -> Void) throws -> URL {
        var bytes = try Data(contentsOf: try url())
        change(&bytes)
        let copy = directory.url.appendingPathComponent("changed.img")
        try bytes.write(to: copy)
        return copy
    }
}
