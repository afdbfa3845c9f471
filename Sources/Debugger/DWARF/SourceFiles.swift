import Foundation

/// The text of source files, as far as it can be found on this host.
///
/// A symbol file names sources by the paths that they had where it was built. A file is looked for at its path, then
/// under each folder of ``searchPath``, with as many of the last parts of the path as lead to a file.
public struct SourceFiles {
    /// Where to look for sources that are not at their path.
    public var searchPath: [String] = [] {
        didSet { if searchPath != oldValue { cache = [:] } }
    }
    private var cache: [String: File] = [:]

    /// A file that was looked for.
    private enum File {
        /// Where it was found, and its lines.
        case found(path: String, lines: [String])
        case missing(String)
    }

    /// What there is to show of a line.
    public enum Text: Sendable, Equatable {
        case line(String)
        /// Why there is none, in words.
        case missing(String)
    }

    /// No source is longer.
    private static let limit = 16 << 20

    public init() {}

    /// The text of a line, without its end.
    public mutating func text(of location: SourceLocation) -> Text {
        switch file(location.path) {
        case .missing(let words): return .missing(words)
        case .found(let path, let lines):
            guard lines.indices.contains(location.line - 1) else {
                return .missing("'\(path)' has only \(lines.count) lines: it is not what was compiled")
            }
            return .line(lines[location.line - 1])
        }
    }

    /// The lines of a file from `first` on, at most `count`; nil if the file is not there.
    public mutating func lines(of path: String, from first: Int, count: Int) -> [String]? {
        guard case .found(_, let lines) = file(path), first >= 1, first <= lines.count, count > 0 else { return nil }
        return Array(lines[(first - 1)..<min(lines.count, first - 1 + min(count, lines.count))])
    }

    /// Where a file is on this host; nil if it is not there.
    public mutating func path(of path: String) -> String? {
        guard case .found(let found, _) = file(path) else { return nil }
        return found
    }

    private mutating func file(_ path: String) -> File {
        if let file = cache[path] { return file }
        let file = read(path)
        cache[path] = file
        return file
    }

    private func read(_ path: String) -> File {
        let parts = path.split(separator: "/")
        var candidates = [path]
        for folder in searchPath {
            for start in parts.indices { candidates.append(folder + "/" + parts[start...].joined(separator: "/")) }
        }
        for candidate in candidates {
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: candidate),
                attributes[.type] as? FileAttributeType == .typeRegular,
                let size = attributes[.size] as? Int, size <= Self.limit,
                let data = FileManager.default.contents(atPath: candidate)
            else { continue }
            var lines = String(decoding: data, as: UTF8.self).split(
                omittingEmptySubsequences: false, whereSeparator: \.isNewline
            ).map(String.init)
            if lines.last == "" { lines.removeLast() }
            return .found(path: candidate, lines: lines)
        }
        return .missing("the source '\(path)' is not there; 'source-path FOLDER' says where else to look")
    }
}
