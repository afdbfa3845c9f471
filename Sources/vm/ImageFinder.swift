import Foundation

/// Finds the files that a build leaves in `images/`, whether `vm` runs in the repository or elsewhere.
enum ImageFinder {
    static func image(_ name: String?) throws(HostFailure) -> String {
        guard let name else { return try product("kernel.img") }
        guard !name.isEmpty else { throw HostFailure("the image's name is empty") }
        if exists(name) { return name }
        // Only a bare file name is looked for elsewhere: a path means the place that it names.
        guard !name.contains("/") else { throw HostFailure("there is no file '\(name)'") }
        for folder in folders where exists(folder + "/" + name) { return folder + "/" + name }
        if name == "kernel.img" { return try product(name) }
        throw HostFailure("there is no file '\(name)', neither here nor in images/")
    }

    /// The path of something that the build makes in `images/`.
    static func product(_ name: String) throws(HostFailure) -> String {
        for folder in folders where exists(folder + "/" + name) { return folder + "/" + name }
        throw HostFailure("images/\(name) has not been built yet; 'make image' builds it")
    }

    /// The ELF files with symbols that the build leaves beside an image: the firmware's, and that of the image's
    /// kernel.
    static func symbolFiles(besideImage image: String) -> [String] {
        let image = URL(fileURLWithPath: image)
        let name = hasOwnKernel(image) ? "kernel" : image.deletingPathExtension().lastPathComponent
        let kernel = image.deletingLastPathComponent().appendingPathComponent(name + ".elf").path
        let firmware = image.deletingLastPathComponent().appendingPathComponent("bios.elf").path
        return [firmware, kernel].filter(exists)
    }

    /// Whether the build has made an image of our own kernel: with the process manager, or with a test in its place.
    private static func hasOwnKernel(_ image: URL) -> Bool {
        ["kernel.img", "self-test.img"].contains(image.lastPathComponent)
    }

    /// Those of the process manager and the programs in our own kernel's image, which the build leaves in `programs/`.
    /// They share their addresses with each other, and many of their names with the kernel.
    static func programSymbolFiles(besideImage image: String) -> [String] {
        let image = URL(fileURLWithPath: image)
        guard hasOwnKernel(image) else { return [] }
        let folder = image.deletingLastPathComponent().appendingPathComponent("programs")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".elf") }.sorted().map { folder.appendingPathComponent($0).path }
    }

    /// `images/` of the working directory, then that of the repository whose build folder holds this program.
    private static var folders: [String] {
        var folders = ["images"]
        if let executable = Bundle.main.executablePath, let build = executable.range(of: "/.build/") {
            folders.append(executable[..<build.lowerBound] + "/images")
        }
        return folders
    }

    private static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }
}
