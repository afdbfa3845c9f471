// The shell: a person's way to the programs of the payload.
//
// It is an ordinary program with the permissions to stop the machine, end any process and let others write to disks
// (`Permissions`). What it knows itself are the commands of `BuiltIn`; every other name is a program in `bin/`, which
// runs while the shell waits, or beside it.

import ShellLogic
import TerminalInput
import User

@main
struct Shell {
    static func main() {
        FileText.show("etc/motd")
        var shell = Shell()
        // The prompt takes nine columns.
        var input = LineInput(width: 70)
        while true {
            shell.jobs.reportEnded()
            guard let line = input.readLine(prompt: "martlet> ", completion: BuiltIn.completion(of:)) else { continue }
            line.withBytes { shell.run($0) }
        }
    }

    var jobs = Jobs()
    var environment = EnvironmentList()

    /// Where programs are found that are named without a path.
    static var programDirectory: StaticString { "bin/" }

    /// Does what a line says.
    private mutating func run(_ line: UnsafeRawBufferPointer) {
        do throws(CommandLineError) {
            let command = try CommandLine(line)
            guard command.wordCount > 0 else { return }
            if let builtIn = command.withWord(0, { BuiltIn.named($0) }) {
                guard !command.isBackground || builtIn.startsPrograms else {
                    return print("only programs run beside the shell")
                }
                builtIn.run(command, &self)
            } else {
                runProgram(command)
            }
        } catch {
            print("\(error.message)")
        }
    }

    /// Runs a program of the payload, and waits until it ends, unless `&` ends the command.
    ///
    /// - Parameters:
    ///   - first: The word that names the program; its arguments follow.
    ///   - permissions: What it may do beyond what every program may.
    ///   - memoryLimit: The most memory that it may have, in KiB; 0 for the usual.
    mutating func runProgram(
        _ command: CommandLine, from first: Int = 0, permissions: Permissions = .none, memoryLimit: UInt32 = 0
    ) {
        let isJob = command.isBackground
        guard !isJob || jobs.hasRoom else { return print("too many programs run beside the shell") }
        let isPath = command.withWord(first) { $0.contains(UInt8(ascii: "/")) }
        var name = Text()
        command.withWord(first) { name.append($0) }
        var path: Text = isPath ? "" : "\(Self.programDirectory)"
        path.append(name)

        let program = path.withBytes { Program(path: $0) }
        for index in first + 1..<max(command.wordCount, first + 1) {
            command.withWord(index) { program.add(argument: $0) }
        }
        program.permissions = permissions
        program.memoryLimit = memoryLimit
        let spawned = environment.withBytes { bytes -> Result<Child, ManagerError> in
            program.replaceEnvironment(bytes)
            do throws(ManagerError) { return .success(try program.spawn()) } catch { return .failure(error) }
        }
        do throws(ManagerError) {
            let child = try spawned.get()
            if isJob {
                jobs.add(child, name: name)
                return print("process \(child.number)")
            }
            if case .exited(let status) = try child.wait(), status != 0 {
                print("\(name): exit status \(status)")
            }
        } catch {
            if error == .noSuchFile, !isPath {
                print("\(name): unknown command; 'help' lists what there is")
            } else {
                print("\(name): \(error.message)")
            }
        }
    }
}

extension CommandLine {
    /// Whether a word is this one.
    func `is`(_ index: Int, _ word: StaticString) -> Bool {
        withWord(index) { $0.elementsEqual(word.utf8Bytes) }
    }
}

/// Files of the payload, as text.
enum FileText {
    /// Writes a file to standard output, if it is there.
    static func show(_ path: StaticString) { try? show(path.utf8Bytes) }

    /// Writes a file to standard output.
    static func show(_ path: UnsafeRawBufferPointer) throws(ManagerError) {
        var buffer = InlineArray<512, UInt8>(repeating: 0)
        var offset: UInt32 = 0
        while true {
            // Valid: `InlineArray` stores its elements contiguously, and the answer is no longer than the buffer.
            let result: Result<Int, ManagerError> = withUnsafeMutableBytes(of: &buffer) { bytes in
                do throws(ManagerError) {
                    let count = try Manager.read(path, offset: offset, into: bytes)
                    try? Stream.output.write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]))
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
