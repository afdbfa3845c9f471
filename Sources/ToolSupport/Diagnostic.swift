// What the build tools, `mkimage` and `mkrom`, have in common: whole files in and out, little-endian numbers in them,
// and one line for the user when something is wrong. A tool prints a `Diagnostic` behind its own name and fails;
// anything else that is thrown is a defect of the tool.

/// A mistake of the user or damage in a file, in one line that names the file.
public struct Diagnostic: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
