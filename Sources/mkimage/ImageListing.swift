import ELF
import KernelImage
import ToolSupport
import USTAR

/// An image read back: every offset and every checksum verified, and what it contains.
struct ImageListing {
    private let boot: BootCode
    private let descriptor: ImageDescriptor
    private let fileSize: Int
    /// What each section holds, in words, and the lines that say more.
    private var details: [ImageSectionName: String] = [:]
    private var payload: [(path: String, size: Int)] = []

    /// Verifies an image.
    ///
    /// - Throws: A `Diagnostic`, in one line and without the file's name, that says what is broken.
    init(_ bytes: [UInt8]) throws {
        fileSize = bytes.count
        boot = try BootCode(bytes)
        let protected = bytes[boot.bytes.count...]
        do {
            let boot = boot
            (descriptor, details, payload) = try protected.withUnsafeBytes { image in
                try Self.verify(image, boot)
            }
        } catch let error as ImageError {
            throw Diagnostic("\(error)")
        }
    }

    private static func verify(
        _ image: UnsafeRawBufferPointer, _ boot: BootCode
    ) throws -> (ImageDescriptor, [ImageSectionName: String], [(path: String, size: Int)]) {
        let descriptor = try ImageDescriptor(image)
        try boot.check(protectedModeSize: descriptor.totalSize)
        guard image.count >= Int(descriptor.totalSize) else { throw ImageError.truncated }
        for name in ImageSectionName.allCases { try descriptor.check(name, in: image) }

        var details: [ImageSectionName: String] = [:]
        // Sections lie inside the image: `check` has seen to it.
        func contents(_ name: ImageSectionName) -> UnsafeRawBufferPointer {
            descriptor[name].contents(in: image) ?? UnsafeRawBufferPointer(start: nil, count: 0)
        }
        do {
            let manager = try ELFFile(contents(.manager))
            details[.manager] = "ELF, \(manager.segments.count) segments"
        } catch {
            throw Diagnostic("process manager is broken: \(error)")
        }
        guard let symbols = ImageSymbols(contents(.symbols)) else { throw Diagnostic("symbol table is malformed") }
        details[.symbols] = "\(symbols.count) functions"
        var payload: [(path: String, size: Int)] = []
        do {
            for entry in try USTARArchive(contents(.payload)) {
                payload.append((entry.path.description, entry.contents.count))
            }
        } catch {
            throw Diagnostic("payload is broken: \(error)")
        }
        details[.payload] = "ustar, \(payload.count) files"
        return (descriptor, details, payload)
    }

    /// A table of the parts with their places and sizes.
    func report(name: String) -> String {
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func number(_ value: some BinaryInteger) -> String {
            // Groups of three digits, from the right.
            var text = ""
            for (index, digit) in String(value).reversed().enumerated() {
                if index > 0, index % 3 == 0 { text.append(",") }
                text.append(digit)
            }
            return String(text.reversed())
        }
        func hexadecimal(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16, uppercase: true) }

        var lines = ["\(name): \(number(fileSize)) bytes"]
        func add(_ what: String, offset: Int, size: some BinaryInteger, _ note: String) {
            let place = pad(hexadecimal(offset), 10) + pad(number(size), 12)
            lines.append("  " + what + pad("", 24 - what.count) + place + (note.isEmpty ? "" : "  " + note))
        }
        lines.append("  part                        offset       bytes")
        add("boot sector", offset: 0, size: BootCode.sectorSize, "")
        add(
            "setup code", offset: BootCode.sectorSize, size: boot.bytes.count - BootCode.sectorSize,
            "boot protocol 2.10")
        for section in ImageSectionName.allCases {
            add(
                section.description.description, offset: boot.bytes.count + Int(descriptor[section].offset),
                size: descriptor[section].size, details[section] ?? "")
        }
        for file in payload { lines.append("    \(file.path)" + pad(number(file.size), 44 - file.path.count)) }
        return lines.joined(separator: "\n")
    }
}
