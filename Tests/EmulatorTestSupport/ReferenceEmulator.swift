import Foundation

/// Another emulator of a PC, which runs a floppy disk without anybody watching.
///
/// The disk's program writes to port E9h and ends the machine: by the word `Shutdown` to port 8900h, which Bochs
/// understands, and a byte to port 501h, where QEMU has its `isa-debug-exit`.
public enum ReferenceEmulator: String, CaseIterable, Sendable, CustomStringConvertible {
    case qemu, bochs

    public var description: String { rawValue }

    /// Why it cannot run here; nil if it can.
    public var absence: String? {
        if self == .qemu { return QEMUProcess.absence }
        if BoundedProcess.find("bochs") == nil { return "bochs is not installed" }
        return Self.bochsFiles.first { !FileManager.default.fileExists(atPath: $0) }.map { "\($0) is not installed" }
    }

    private static let bochsFiles = ["/usr/share/bochs/BIOS-bochs-latest", "/usr/share/vgabios/vgabios.bin"]

    /// What a floppy disk with `image` at its beginning wrote to port E9h. For Bochs with the words of its debugger
    /// around it.
    ///
    /// - Parameter seconds: after these it is ended, which is not an error: what it said so far tells where it hangs.
    public func run(_ image: [UInt8], seconds: Int = 60) throws -> String {
        if let absence { throw BoundedProcess.Failure(description: absence) }
        let capacity = 1_474_560
        guard image.count <= capacity else {
            throw BoundedProcess.Failure(description: "the image does not fit on a floppy")
        }
        let directory = try ScratchDirectory()
        let floppy = directory.url.appendingPathComponent("floppy.img")
        try Data(image + [UInt8](repeating: 0, count: capacity - image.count)).write(to: floppy)
        return switch self {
        case .qemu: try runQEMU(floppy, seconds)
        case .bochs: try runBochs(floppy, directory.url, seconds)
        }
    }

    private func runQEMU(_ floppy: URL, _ seconds: Int) throws -> String {
        let process = try QEMUProcess(
            [
                "-cpu", "pentium3,+sse2,+nx", "-m", "32", "-no-reboot", "-debugcon", "stdio",
                "-drive", "file=\(floppy.path),format=raw,if=floppy,snapshot=on",
                "-device", "isa-debug-exit,iobase=0x501",
            ], seconds: seconds)
        process.waitUntilExit()
        return process.output
    }

    private func runBochs(_ floppy: URL, _ directory: URL, _ seconds: Int) throws -> String {
        // The display is a VNC server for which nobody waits: it needs neither a window system nor a terminal.
        let configuration = """
            megs: 32
            romimage: file=\(Self.bochsFiles[0])
            vgaromimage: file=\(Self.bochsFiles[1])
            floppya: 1_44=\(floppy.path), status=inserted
            boot: floppy
            cpu: model=p4_prescott_celeron_336, ips=50000000, reset_on_triple_fault=0
            clock: sync=none, time0=1000000000
            log: \(directory.appendingPathComponent("bochs.log").path)
            panic: action=fatal
            error: action=report
            info: action=ignore
            debug: action=ignore
            port_e9_hack: enabled=1
            plugin_ctrl: speaker=false, parallel=false, gameport=false
            sound: driver=dummy
            display_library: rfb, options="timeout=0"

            """
        let file = directory.appendingPathComponent("bochsrc")
        try Data(configuration.utf8).write(to: file)
        // Debian's Bochs has its debugger built in, which waits to be told to continue; others ignore their input.
        let arguments = ["bochs", "-q", "-f", file.path]
        let output = try BoundedProcess.run(arguments, seconds: seconds, input: "c\nquit\n", in: directory).output
        return String(decoding: output, as: UTF8.self)
    }
}
