import ArgumentParser
import Foundation
import ToolSupport

/// Packs the linked firmware into the ROM image.
///
/// The linker leaves three things undone. The 8x16 font is a text file that people edit, and becomes 4096 bytes here.
/// The ROM is the ELF's load segments at their load addresses, with a checksum in the last byte. And 16-bit code is
/// linked at offsets in segment F000, while a debugger wants linear addresses: the ELF written beside the image has its
/// symbols moved. Example:
///
///     mkrom --elf .build/.../bios --font Firmware/Font/martlet-8x16.txt \
///         --rom images/bios.bin --symbols images/bios.elf
@main
struct MakeROM: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mkrom", abstract: "Packs the linked firmware and its font into a ROM image.")

    @Option(help: "The linked firmware.", completion: .file())
    var elf: String

    @Option(help: "The font's source.", completion: .file(extensions: ["txt"]))
    var font: String

    @Option(help: "Where to write the ROM image.", completion: .file(extensions: ["bin"]))
    var rom: String

    @Option(help: "Where to write the ELF file for the debugger.", completion: .file(extensions: ["elf"]))
    var symbols: String

    func run() throws {
        do {
            let glyphs = try Font(text: String(decoding: readFile(font), as: UTF8.self))
            var firmware = try FirmwareFile(path: elf)
            try firmware.replaceContents(ofSection: ".font", with: glyphs.bytes)
            try writeFile(rom, firmware.image())
            try firmware.moveToLinearAddresses()
            try writeFile(symbols, firmware.bytes)
        } catch let error as Diagnostic {
            FileHandle.standardError.write(Data("mkrom: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
