// The shell: a person's way to the programs of the payload.
//
// It is an ordinary program with one privilege, that the process manager lets it stop the machine. What it knows itself
// are the commands of `BuiltIn`; every other name is a program in `bin/`, which runs while the shell waits.

import ShellLogic
import TerminalInput
import User

@main
struct Shell {
    static func main() {
        showFile("etc/motd")
        var input = LineInput()
        while true {
            guard let line = input.readLine(prompt: "martlet> ") else { continue }
            line.withBytes { run($0) }
        }
    }

    /// Where programs are found that are named without a path.
    static var programDirectory: StaticString { "bin/" }

    /// Does what a line says.
    private static func run(_ line: UnsafeRawBufferPointer) {
        do throws(CommandLineError) {
            let command = try CommandLine(line)
            guard command.wordCount > 0 else { return }
            if let builtIn = command.withWord(0, { BuiltIn.named($0) }) {
                builtIn.run(command)
            } else {
                runProgram(command)
            }
        } catch {
            print("\(error.message)")
        }
    }

    /// Runs a program of the payload, and waits until it ends.
    private static func runProgram(_ command: CommandLine) {
        // Path, NUL, then the arguments, each with its NUL.
        var request = InlineArray<520, UInt8>(repeating: 0)
        var count = 0
        func append(_ byte: UInt8) {
            guard count < 520 else { return }
            request[count] = byte
            count += 1
        }
        let isPath = command.withWord(0) { $0.contains(UInt8(ascii: "/")) }
        if !isPath { for byte in programDirectory.utf8Bytes { append(byte) } }
        command.withWord(0) { for byte in $0 { append(byte) } }
        append(0)
        let isDetached =
            command.wordCount > 1
            && command.withWord(command.wordCount - 1) { $0.count == 1 && $0[0] == UInt8(ascii: "&") }
        command.withBytes(from: 0) { bytes in
            // Without the "&" and its NUL.
            for byte in bytes[..<(bytes.count - (isDetached ? 2 : 0))] { append(byte) }
        }

        do throws(ManagerError) {
            // Valid: `InlineArray` stores its elements contiguously, and `count` is inside it.
            let spawned: Result<UInt32, ManagerError> = withUnsafeBytes(of: &request) { bytes in
                do throws(ManagerError) {
                    return .success(
                        try Manager.spawn(
                            UnsafeRawBufferPointer(rebasing: bytes[..<count]), isDetached: isDetached))
                } catch {
                    return .failure(error)
                }
            }
            let process = try spawned.get()
            if isDetached { return print("process \(process)") }
            if case .exited(let status) = try Manager.wait(process), status != 0 {
                command.withWord(0) { print("\($0): exit status \(status)") }
            }
        } catch {
            command.withWord(0) { name in
                if error == .noSuchFile, !isPath {
                    print("\(name): unknown command; 'help' lists what there is")
                } else {
                    print("\(name): \(error.message)")
                }
            }
        }
    }

    /// Shows a file if it is there.
    private static func showFile(_ path: StaticString) {
        _ = try? FileText.show(UnsafeRawBufferPointer(start: path.utf8Start, count: path.utf8CodeUnitCount))
    }
}

/// Files of the payload, as text.
enum FileText {
    /// Writes a file to the console.
    static func show(_ path: UnsafeRawBufferPointer) throws(ManagerError) {
        var buffer = InlineArray<512, UInt8>(repeating: 0)
        var offset: UInt32 = 0
        while true {
            // Valid: `InlineArray` stores its elements contiguously, and the answer is no longer than the buffer.
            let result: Result<Int, ManagerError> = withUnsafeMutableBytes(of: &buffer) { bytes in
                do throws(ManagerError) {
                    let count = try Manager.read(path, offset: offset, into: bytes)
                    Console.write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]))
                    return .success(count)
                } catch {
                    return .failure(error)
                }
            }
            let count = try result.get()
            guard count > 0 else { return }
            offset += UInt32(count)
        }
    }
}
