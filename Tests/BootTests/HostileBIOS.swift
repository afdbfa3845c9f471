import EmulatorTestSupport
import Foundation

/// A disk that makes the BIOS of any machine worse before it boots the second disk: `Hostile/hostile.S`.
enum HostileBIOS {
    /// What it does; the values are those of `hostile.S`.
    struct Habits: OptionSet, CustomStringConvertible {
        let rawValue: UInt16

        static let noExtensions = Habits(rawValue: 0x0001)
        static let badMap = Habits(rawValue: 0x0002)
        static let noE820 = Habits(rawValue: 0x0004)
        static let noE801 = Habits(rawValue: 0x0008)
        static let no88 = Habits(rawValue: 0x0010)
        static let noA20Service = Habits(rawValue: 0x0020)
        static let clobbersRegisters = Habits(rawValue: 0x0040)
        static let flakyDisk = Habits(rawValue: 0x0080)
        static let shortTransfers = Habits(rawValue: 0x0100)
        static let wrongDrive = Habits(rawValue: 0x0200)
        static let a20Off = Habits(rawValue: 0x0400)

        private static let names: [(Habits, String)] = [
            (.noExtensions, "no extensions"), (.badMap, "bad map"), (.noE820, "no E820"), (.noE801, "no E801"),
            (.no88, "no 88h"), (.noA20Service, "no A20 service"), (.clobbersRegisters, "clobbers registers"),
            (.flakyDisk, "flaky disk"), (.shortTransfers, "short transfers"), (.wrongDrive, "wrong drive"),
            (.a20Off, "A20 off"),
        ]

        var description: String { Self.names.filter { contains($0.0) }.map(\.1).joined(separator: ", ") }
    }

    /// Makes the disk.
    ///
    /// - Throws: `BootFailure` with what the assembler or linker said.
    static func disk(_ habits: Habits, in directory: ScratchDirectory) throws -> URL {
        let object = directory.url.appendingPathComponent("hostile.o").path
        let linked = directory.url.appendingPathComponent("hostile.elf").path
        let disk = directory.url.appendingPathComponent("hostile.img")
        let tools = try toolchain()
        try runTool(
            tools + "clang", "--target=i686-unknown-none-elf", "-I", BuiltFile.root.path + "/Kernel/Boot", "-c",
            BuiltFile.root.path + "/Tests/BootTests/Hostile/hostile.S", "-o", object)
        try runTool(
            tools + "ld.lld", "-m", "elf_i386", "--image-base=0", "-Ttext=0", "-e", "hostile", object, "-o", linked)
        try runTool(tools + "llvm-objcopy", "-O", "binary", linked, disk.path)
        var bytes = try Data(contentsOf: disk)
        bytes.replaceSubrange(4..<6, with: withUnsafeBytes(of: habits.rawValue.littleEndian, Array.init))
        // Two cylinders, so that a BIOS finds a geometry.
        bytes += Data(count: 2 * 16 * 63 * 512 - bytes.count)
        try bytes.write(to: disk)
        return disk
    }

    /// The directory of the Swift toolchain's programs, with a slash at its end.
    private static func toolchain() throws -> String {
        let information = try runTool("swift", "-print-target-info")
        guard let line = information.split(separator: "\n").first(where: { $0.contains("\"runtimeResourcePath\"") }),
            let path = line.split(separator: "\"").dropFirst(3).first
        else { throw BootFailure("'swift -print-target-info' does not name the toolchain") }
        return path.replacingOccurrences(of: "/lib/swift", with: "/bin/")
    }
}
