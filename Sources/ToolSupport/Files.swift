import Foundation

/// The contents of a file.
///
/// - Throws: A `Diagnostic` that names the file.
public func readFile(_ path: String) throws -> [UInt8] {
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

/// Writes a file at once, or leaves it alone if it already has these contents: an unchanged file keeps its modification
/// time, and what depends on it stays up to date.
///
/// - Returns: Whether the file has changed.
/// - Throws: A `Diagnostic` that names the file.
@discardableResult
public func writeFile(_ path: String, _ bytes: [UInt8]) throws -> Bool {
    let file = URL(fileURLWithPath: path)
    if let old = try? Data(contentsOf: file), old.elementsEqual(bytes) { return false }
    do {
        try Data(bytes).write(to: file, options: .atomic)
    } catch {
        throw Diagnostic("\(path): cannot be written: \(error.localizedDescription)")
    }
    return true
}
