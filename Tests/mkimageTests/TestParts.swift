import ELFTestSupport
import Foundation
import ToolSupport

@testable import mkimage

/// Small parts to make images of, and a directory to keep them in.
final class TestParts {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("mkimage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// Writes a file and answers its path.
    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let file = directory.appendingPathComponent(name)
        try Data(Array(bytes)).write(to: file)
        return file.path
    }

    /// Boot sector and two sectors of setup code, with what mkimage looks for.
    static func boot() -> [UInt8] {
        var bytes = [UInt8](repeating: 0x90, count: 3 * 512)
        bytes[0x1F1] = 2
        bytes.replaceSubrange(0x1FE..<0x200, with: [0x55, 0xAA])
        bytes.replaceSubrange(0x200..<0x206, with: [0xEB, 0x62] + Array("HdrS".utf8))
        bytes.replaceSubrange(0x268..<0x26C, with: Array("MRTL".utf8))
        return bytes
    }

    /// An executable of one segment that begins with `code` and goes on with `zeros` bytes that are not in the file,
    /// and behind it in the file something that is not loaded.
    static func executable(address: UInt32, code: [UInt8], zeros: UInt32 = 0, junk: Int = 100) -> [UInt8] {
        let segment = ELFBuilder.Segment(
            address: address, contents: code, memorySize: UInt32(code.count) + zeros)
        return ELFBuilder(entry: address, segments: [segment]).build() + [UInt8](repeating: 0xEE, count: junk)
    }

    /// 200 bytes with room for the descriptor, and a page of .bss.
    static func kernel() -> [UInt8] {
        let room = [UInt8](repeating: 0, count: 64)
        let code = [UInt8](repeating: 0x90, count: 16) + room + [UInt8](repeating: 0xF4, count: 120)
        return executable(address: 0x10_0000, code: code, zeros: 4096)
    }

    static func program() -> [UInt8] {
        executable(address: 0x0804_8000, code: [0xCD, 0x80, 0xEB, 0xFE])
    }

    /// Writes all parts and a manifest that names them; `edit` may change the manifest's text.
    func manifest(edit: (inout String) -> Void = { _ in }) throws -> String {
        try write("boot.bin", Self.boot())
        try write("kernel", Self.kernel())
        try write("manager", Self.program())
        try write("shell", Self.program())
        try write("motd", "hello\n".utf8)
        var text = """
            {
                "output": "kernel.img", "boot": "boot.bin", "kernel": "kernel", "processManager": "manager",
                "programs": { "bin/shell": "shell" }, "files": { "etc/motd": "motd" }
            }
            """
        edit(&text)
        return try write("kernel.json", text.utf8)
    }

    /// An image of the parts.
    func image() throws -> [UInt8] {
        try ImageBuilder(Manifest(contentsOf: try manifest())).build()
    }
}

/// What a throwing call reports; nil if it does not throw a `Diagnostic`.
func diagnostic(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? Diagnostic)?.description
    }
}
