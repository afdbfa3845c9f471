// mkrom: packs the linked firmware into the ROM image.
//
// The linker leaves three things undone. The 8x16 font is a text file that people edit, and becomes 4096 bytes here.
// The ROM is the ELF's load segments at their load addresses, with a checksum in the last byte. And 16-bit code is
// linked at offsets in segment F000, while a debugger wants linear addresses: the ELF written beside the image has its
// symbols moved.
//
//     mkrom --elf .build/.../bios --font Font/martlet-8x16.txt --rom images/bios.bin --symbols images/bios.elf

import Foundation

/// What went wrong, as one line for the user.
struct Failure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

@main
struct MakeROM {
    /// The ROM's bytes and where they lie below 1 MB.
    static let romSize = 0x2_0000
    static let romBase = 0xE_0000

    static func main() {
        do {
            let paths = try options(Array(CommandLine.arguments.dropFirst()))
            let font = try Font(text: String(decoding: try contents(of: paths["--font"]), as: UTF8.self))
            var elf = try ELF32(Array(try contents(of: paths["--elf"])))
            try elf.replaceContents(ofSection: ".font", with: font.bytes)
            try save(try image(of: elf), to: paths["--rom"])
            try elf.moveToLinearAddresses()
            try save(elf.bytes, to: paths["--symbols"])
        } catch {
            FileHandle.standardError.write(Data("mkrom: \(error)\n".utf8))
            exit(1)
        }
    }

    static func options(_ arguments: [String]) throws -> [String: String] {
        let names: Set = ["--elf", "--font", "--rom", "--symbols"]
        var paths: [String: String] = [:]
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard names.contains(name), let path = rest.popFirst() else {
                throw Failure("usage: mkrom --elf FILE --font FILE --rom FILE --symbols FILE")
            }
            paths[name] = path
        }
        guard paths.count == names.count else {
            throw Failure("usage: mkrom --elf FILE --font FILE --rom FILE --symbols FILE")
        }
        return paths
    }

    static func contents(of path: String?) throws -> Data {
        guard let path, let data = FileManager.default.contents(atPath: path) else {
            throw Failure("cannot read \(path ?? "")")
        }
        return data
    }

    static func save(_ bytes: [UInt8], to path: String?) throws {
        guard let path, FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
            throw Failure("cannot write \(path ?? "")")
        }
    }

    /// The load segments at their load addresses. The last byte makes the sum of all bytes zero.
    static func image(of elf: ELF32) throws -> [UInt8] {
        var image = [UInt8](repeating: 0xFF, count: romSize)
        for segment in try elf.loadSegments() where !segment.contents.isEmpty {
            let start = segment.loadAddress - romBase
            guard start >= 0, start + segment.contents.count <= romSize else {
                throw Failure("a segment at \(String(segment.loadAddress, radix: 16)) lies outside the ROM")
            }
            image.replaceSubrange(start..<start + segment.contents.count, with: segment.contents)
        }
        image[romSize - 1] = 0
        image[romSize - 1] = 0 &- image.reduce(0, &+)
        return image
    }
}
