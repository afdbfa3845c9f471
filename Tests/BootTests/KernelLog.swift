import Foundation

/// What the kernel says on COM1 between its first line and the shell's prompt.
struct KernelLog {
    /// Beginnings of the lines that describe the machine; all others must be the same everywhere.
    static let machineTags = ["cpu:", "memory:", "bios-map:", "kernel-map:", "boot:", "layout:"]
    static let prompt = "martlet> "

    /// Lines that describe the machine.
    let machineLines: [String]
    /// All other lines.
    let commonLines: [String]

    /// Takes a log apart; firmware and loaders may have written before the kernel's first line.
    init(_ output: String) {
        var lines = output.replacingOccurrences(of: "\r\n", with: "\n").components(separatedBy: "\n")
        lines = Array(lines.drop { !$0.hasPrefix("Martlet ") })
        machineLines = lines.filter(Self.isMachineLine)
        commonLines = lines.filter { !Self.isMachineLine($0) }
    }

    private static func isMachineLine(_ line: String) -> Bool {
        machineTags.contains { line.hasPrefix($0) }
    }

    /// The machine lines with a tag, without it.
    func lines(_ tag: String) -> [String] {
        machineLines.filter { $0.hasPrefix(tag + ":") }.map {
            $0.dropFirst(tag.count + 1).trimmingCharacters(in: .whitespaces)
        }
    }
}
