import Foundation

/// A mistake of the user or damage in a file, in one line that names the file.
struct Diagnostic: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The contents of a file.
///
/// - Throws: A `Diagnostic` that names the file.
func readFile(_ path: String) throws -> [UInt8] {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
        throw Diagnostic("\(path): no such file")
    }
    guard !isDirectory.boolValue else { throw Diagnostic("\(path): is a directory") }
    do {
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
        throw Diagnostic("\(path): cannot be read: \(error.localizedDescription)")
    }
}
