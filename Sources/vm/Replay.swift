import Foundation
import Machine

/// Recordings on the command line.
enum Replay {
    /// Recordings are small: what is in them was typed by somebody, or overwritten by the guest.
    private static let limit = 1 << 30

    /// Reads a recording. The machine is built as the recording says; options that ask for another one are refused.
    static func read(_ path: String, _ options: VM) throws(HostFailure) -> Recording {
        let recording: Recording
        do {
            recording = try Recording(decoding: try HostFiles.read(path, limit: limit))
        } catch let error as SnapshotError {
            throw HostFailure("'\(path)': \(error.description)")
        } catch let failure as HostFailure {
            throw failure
        } catch {
            throw HostFailure("cannot read '\(path)'")
        }
        let standard = Machine.Configuration()
        func check<Value: Equatable>(
            _ name: String, _ value: Value, _ standard: Value, _ recorded: Value
        ) throws(HostFailure) {
            guard value == standard || value == recorded else {
                throw HostFailure("'\(path)' is of a machine with --\(name) \(recorded), not \(value)")
            }
        }
        try check(
            "memory", options.memory.description, MemorySize(bytes: standard.memorySize).description,
            MemorySize(bytes: recording.memorySize).description)
        try check("cpu", options.cpu, standard.processorModel, recording.processorModel)
        try check(
            "ns-per-step", options.nanosecondsPerStep, standard.nanosecondsPerStep, recording.nanosecondsPerStep)
        return recording
    }

    /// Writes a recording. Returns what went wrong, if something did.
    static func write(_ recording: () throws(SnapshotError) -> Recording, to path: String) -> String? {
        do {
            try Data(try recording().encoded()).write(to: URL(fileURLWithPath: path))
            return nil
        } catch let error as SnapshotError {
            return "no recording: \(error.description)"
        } catch {
            return "cannot write '\(path)': \(error.localizedDescription)"
        }
    }
}
