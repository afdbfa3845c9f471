import Foundation

/// How each contestant is started.
struct Contestants {
    let files: Files

    /// What is booted.
    struct Files {
        var image: String
        var kernel: String
        var firmware: String
        var native: String
    }

    /// Our emulator, as the bench program at `path` has it built in.
    func martlet(_ name: String, path: String, model: String?, _ program: Workload.Program) throws -> Contestant {
        try Contestant(name, program: program, arguments: martletCommand(path: path, model: model, program))
    }

    func martletCommand(path: String, model: String?, _ program: Workload.Program) -> [String] {
        var arguments = [path, "worker", "--firmware", files.firmware, image(program), program.prompt]
        if let model { arguments += ["--cpu", model] }
        return arguments
    }

    /// QEMU's PC with its translator (TCG).
    func qemu(_ program: Workload.Program) throws -> Contestant {
        try Contestant(
            "QEMU", program: program,
            arguments: [
                "qemu-system-i386", "-accel", "tcg", "-M", "pc", "-m", "64", "-display", "none", "-monitor", "none",
                "-serial", "stdio", "-drive", "file=\(image(program)),format=raw,if=ide,snapshot=on",
            ])
    }

    /// Bochs with its own BIOS and a window that nobody sees. A build with a debugger, as Debian's, wants to be told to
    /// go on.
    func bochs(_ program: Workload.Program) throws -> Contestant {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bench-bochs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let disk = folder.appendingPathComponent("disk.img")
        try Self.copyWholeCylinders(from: image(program), to: disk)
        let terminal = try PseudoTerminal()
        let configuration = """
            megs: 64
            romimage: file=/usr/share/bochs/BIOS-bochs-latest
            vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
            display_library: sdl2
            ata0-master: type=disk, path=\(disk.path), mode=volatile
            boot: disk
            log: /dev/null
            panic: action=fatal
            error: action=ignore
            info: action=ignore
            debug: action=ignore
            cpu: ips=50000000
            clock: sync=none
            sound: waveoutdrv=dummy
            com1: enabled=1, mode=term, dev=\(terminal.name)

            """
        try configuration.write(to: folder.appendingPathComponent("bochsrc"), atomically: false, encoding: .utf8)
        try "c\n".write(to: folder.appendingPathComponent("commands"), atomically: false, encoding: .utf8)
        return try Contestant(
            "Bochs", program: program, arguments: ["bochs", "-q", "-f", "bochsrc", "-rc", "commands"],
            environment: ["SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"], terminal: terminal, folder: folder)
    }

    /// The host's own processor.
    func native() throws -> Contestant {
        try Contestant("native", program: .bare, arguments: [files.native])
    }

    private func image(_ program: Workload.Program) -> String {
        switch program {
        case .bare: files.image
        case .kernel: files.kernel
        }
    }

    /// Bochs computes a disk's geometry only if there are whole cylinders of 16 heads and 63 sectors.
    private static func copyWholeCylinders(from path: String, to copy: URL) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let cylinder = 16 * 63 * 512
        bytes.append(Data(count: (cylinder - bytes.count % cylinder) % cylinder))
        try bytes.write(to: copy)
    }
}
