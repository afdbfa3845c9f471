/// What a terminal can do, and what its user wants of it, as the environment says.
public struct TerminalAbilities: Sendable, Equatable {
    public enum Colors: Sendable, Equatable {
        case none, sixteen, full
    }

    /// Whether it can do more than print line by line.
    public let movesCursor: Bool
    public let colors: Colors
    /// Whether it shows more than ASCII.
    public let isUnicode: Bool

    /// - Parameter environment: `TERM`, `COLORTERM`, `NO_COLOR` (https://no-color.org) and the locale's variables
    ///   count.
    public init(environment: [String: String]) {
        let name = environment["TERM"] ?? ""
        movesCursor = !name.isEmpty && name != "dumb"
        let exact = environment["COLORTERM"] ?? ""
        if !(environment["NO_COLOR"] ?? "").isEmpty || !movesCursor || name.hasPrefix("vt") || name.hasSuffix("-m") {
            colors = .none
        } else {
            colors = exact.contains("truecolor") || exact.contains("24bit") ? .full : .sixteen
        }
        // The first of these that is set decides (POSIX, 8.2).
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let encoding = locale.uppercased()
        isUnicode = encoding.contains("UTF-8") || encoding.contains("UTF8")
    }
}
