import Foundation
import ToolSupport

/// What an image is made of: a JSON file beside the image. Paths in it are relative to its own directory.
///
///     {
///         "output": "kernel.img",
///         "boot": "../Kernel/.build/boot/boot.bin",
///         "kernel": "../Kernel/.build/i686-unknown-none-elf/release/kernel",
///         "processManager": "../Kernel/.build/i686-unknown-none-elf/release/process-manager",
///         "programs": { "bin/shell": "../Kernel/.build/i686-unknown-none-elf/release/shell" },
///         "files": { "etc/motd": "payload/etc/motd" }
///     }
struct Manifest: Equatable {
    /// Where the image goes.
    var output: String
    /// Boot sector and setup code, a flat binary.
    var boot: String
    /// The microkernel, an ELF file.
    var kernel: String
    /// The process manager, an ELF file.
    var processManager: String
    /// Executables of the payload: path in the archive -> ELF file. Only what is loaded is kept.
    var programs: [String: String]
    /// Other files of the payload: path in the archive -> file.
    var files: [String: String]

    /// Reads a manifest and makes its paths relative to the working directory.
    ///
    /// - Throws: A `Diagnostic` that names the file and the key.
    init(contentsOf path: String) throws {
        let bytes = try readFile(path)
        do {
            self = try JSONDecoder().decode(Manifest.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw Diagnostic("\(path): \(Self.explain(error))")
        }
        let directory = URL(fileURLWithPath: path, relativeTo: nil).deletingLastPathComponent()
        func resolve(_ relative: String) -> String {
            let resolved = URL(fileURLWithPath: relative, relativeTo: directory).standardizedFileURL.path
            let here = FileManager.default.currentDirectoryPath + "/"
            return resolved.hasPrefix(here) ? String(resolved.dropFirst(here.count)) : resolved
        }
        output = resolve(output)
        boot = resolve(boot)
        kernel = resolve(kernel)
        processManager = resolve(processManager)
        programs = programs.mapValues(resolve)
        files = files.mapValues(resolve)
    }

    private static func explain(_ error: DecodingError) -> String {
        func name(_ path: [any CodingKey]) -> String {
            path.map { "'\($0.stringValue)'" }.joined(separator: ", ")
        }
        switch error {
        case .keyNotFound(let key, _):
            return "key '\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return context.codingPath.isEmpty
                ? "must be an object with keys" : "\(name(context.codingPath)): \(context.debugDescription)"
        case .dataCorrupted(let context):
            if !context.codingPath.isEmpty { return "\(name(context.codingPath)): \(context.debugDescription)" }
            let reason = (context.underlyingError as? NSError)?.userInfo[NSDebugDescriptionErrorKey] as? String
            return "not valid JSON: \(reason ?? context.debugDescription)"
        @unknown default:
            return "\(error)"
        }
    }
}

extension Manifest: Decodable {
    private enum Key: String, CodingKey, CaseIterable {
        case output, boot, kernel, processManager, programs, files
    }

    /// Any key at all, to find those that mean nothing.
    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let known = Set(Key.allCases.map(\.rawValue))
        for key in try decoder.container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: [key],
                    debugDescription: "unknown key; known are \(known.sorted().joined(separator: ", "))"))
        }
        let values = try decoder.container(keyedBy: Key.self)
        output = try values.decode(String.self, forKey: .output)
        boot = try values.decode(String.self, forKey: .boot)
        kernel = try values.decode(String.self, forKey: .kernel)
        processManager = try values.decode(String.self, forKey: .processManager)
        programs = try values.decodeIfPresent([String: String].self, forKey: .programs) ?? [:]
        files = try values.decodeIfPresent([String: String].self, forKey: .files) ?? [:]
    }
}
