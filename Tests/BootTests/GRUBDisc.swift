import Foundation

/// A CD with GRUB on it, made by `grub-mkrescue`, that boots the kernel image.
enum GRUBDisc {
    /// Makes the disc.
    ///
    /// - Parameters:
    ///   - image: The kernel image.
    ///   - command: GRUB's command, `linux` or `linux16`.
    ///   - directory: Where to make it.
    /// - Throws: `BootFailure` with what the tool said.
    static func make(image: URL, command: String, in directory: URL) throws -> URL {
        let tree = directory.appendingPathComponent("disc")
        let grub = tree.appendingPathComponent("boot/grub")
        try FileManager.default.createDirectory(at: grub, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: image, to: tree.appendingPathComponent("boot/kernel.img"))
        let menu = """
            set timeout=0
            terminal_output console
            menuentry Martlet { \(command) /boot/kernel.img }

            """
        try Data(menu.utf8).write(to: grub.appendingPathComponent("grub.cfg"))
        let disc = directory.appendingPathComponent("disc.iso")
        try runTool("grub-mkrescue", "-o", disc.path, tree.path)
        return disc
    }
}
