import Foundation
import Machine

extension DebuggerCommand {
    static let record = DebuggerCommand(
        "record", usage: "record save FILE", summary: "save everything recorded since power-on to a file",
        details: """
            The machine records always; the file holds the input with its steps, what the machine was built from, and \
            hashes of firmware and disks. 'vm --replay FILE' plays it, on any host.
            """,
        group: .goingBack
    ) { (commands, arguments) throws(CommandError) in
        guard arguments.words.first == "save", arguments.words.count > 1 else {
            throw CommandError("save it where? 'record save FILE'")
        }
        let path = arguments.words.dropFirst().joined(separator: " ")
        do {
            let bytes = try commands.debugger.timeline.recording().encoded()
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return Output("\(bytes.count) bytes, step 0 to \(commands.debugger.timeline.end)")
        } catch let error as SnapshotError {
            throw CommandError(error.description)
        } catch {
            throw CommandError("cannot write '\(path)': \(error.localizedDescription)")
        }
    }
}
