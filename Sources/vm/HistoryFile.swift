import Foundation
import Terminal

/// The debugger's commands of earlier sessions, in the user's state folder (XDG Base Directory Specification):
/// `$XDG_STATE_HOME/martlet/history`, by default in `~/.local/state`.
///
/// A file that cannot be read or written is no reason to disturb anybody.
struct HistoryFile {
    private(set) var history: CommandHistory
    private let url: URL?

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        url = Self.folder(environment)?.appendingPathComponent("history")
        let data = url.flatMap { try? Data(contentsOf: $0) } ?? Data()
        let text = String(decoding: data, as: UTF8.self)
        history = CommandHistory(text: text)
        // It only grows otherwise.
        if text.utf8.count > 2 * history.text.utf8.count { write(history.text, truncating: true) }
    }

    /// Lines are written as they come, so that sessions side by side lose none.
    mutating func add(_ line: String) {
        let last = history.lines.last
        history.add(line)
        if history.lines.last != last { write(line + "\n", truncating: false) }
    }

    private func write(_ text: String, truncating: Bool) {
        guard let url else { return }
        try? FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_CLOEXEC | (truncating ? O_TRUNC : O_APPEND), 0o600)
        guard descriptor >= 0 else { return }
        try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: Data(text.utf8))
    }

    private static func folder(_ environment: [String: String]) -> URL? {
        // The specification has relative paths ignored.
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            return URL(fileURLWithPath: state).appendingPathComponent("martlet")
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return URL(fileURLWithPath: home).appendingPathComponent(".local/state/martlet")
    }
}
