import ShellLogic
import User

/// The commands that the shell knows itself.
enum BuiltIn: UInt8 {
    case help
    case ls
    case cat
    case echo
    case mem
    case ps
    case kill
    case clear
    case reboot
    case halt

    private static var all: some Sequence<BuiltIn> {
        (help.rawValue...halt.rawValue).lazy.map { BuiltIn(rawValue: $0) ?? .help }
    }

    /// The command of a name.
    static func named(_ name: UnsafeRawBufferPointer) -> BuiltIn? {
        for command in all where command.name.utf8Bytes.elementsEqual(name) { return command }
        return nil
    }

    private var name: StaticString {
        switch self {
        case .help: "help"
        case .ls: "ls"
        case .cat: "cat"
        case .echo: "echo"
        case .mem: "mem"
        case .ps: "ps"
        case .kill: "kill"
        case .clear: "clear"
        case .reboot: "reboot"
        case .halt: "halt"
        }
    }

    private var summary: StaticString {
        switch self {
        case .help: "what can be typed"
        case .ls: "[PREFIX]  files of the payload and their sizes"
        case .cat: "FILE...  shows files"
        case .echo: "[WORD...]  repeats its arguments"
        case .mem: "memory: how much, how much is free, and what lies where"
        case .ps: "processes and what they do"
        case .kill: "NUMBER...  ends processes"
        case .clear: "clears the screen"
        case .reboot: "restarts the machine"
        case .halt: "stops the machine"
        }
    }

    /// Does what the command says.
    func run(_ command: CommandLine) {
        switch self {
        case .help: Self.showHelp()
        case .ls: Self.list(command)
        case .cat: Self.concatenate(command)
        case .echo: Self.echo(command)
        case .mem: MemoryReport.show()
        case .ps: ProcessReport.show()
        case .kill: Self.kill(command)
        case .clear: Console.clear()
        case .reboot: Self.shutdown(.reboot)
        case .halt: Self.shutdown(.halt)
        }
    }

    private static func showHelp() {
        for command in all {
            var line: Text = "  \(command.name)"
            line.pad(to: 10)
            line.append(command.summary)
            print(line)
        }
        var line: Text = "programs:"
        Manager.forEachFile { file in
            guard let name = file.programName else { return }
            line.append(0x20)
            line.append(name)
        }
        print(line)
        print("A program whose line ends in ' &' runs while the shell goes on.")
        print("Keys: arrows, Home, End, Ctrl-A, E, K, U and W edit; up and down recall lines;")
        print("      Ctrl-C stops the program or the line; Ctrl-L clears the screen.")
    }

    private static func list(_ command: CommandLine) {
        guard command.wordCount <= 2 else { return print("usage: ls [PREFIX]") }
        var shown = 0
        command.withWord(1) { prefix in
            Manager.forEachFile { file in
                guard file.path.starts(with: prefix) else { return }
                print("\(file.size, width: 8)  \(file.path)")
                shown += 1
            }
        }
        if shown == 0 { print("ls: no such files") }
    }

    private static func concatenate(_ command: CommandLine) {
        guard command.wordCount > 1 else { return print("usage: cat FILE...") }
        for index in 1..<command.wordCount {
            command.withWord(index) { path in
                do throws(ManagerError) {
                    try FileText.show(path)
                } catch {
                    print("cat: \(path): \(error.message)")
                }
            }
        }
    }

    private static func echo(_ command: CommandLine) {
        var line = Text()
        for index in 1..<max(command.wordCount, 1) {
            if index > 1 { line.append(0x20) }
            command.withWord(index) { line.append($0) }
        }
        print(line)
    }

    private static func kill(_ command: CommandLine) {
        guard command.wordCount > 1 else { return print("usage: kill NUMBER...") }
        for index in 1..<command.wordCount {
            command.withWord(index) { word in
                guard let number = Decimal.parse(word) else { return print("kill: \(word): not a number") }
                do throws(ManagerError) {
                    try Manager.kill(number)
                } catch {
                    print("kill: \(word): \(error.message)")
                }
            }
        }
    }

    private static func shutdown(_ action: ShutdownAction) {
        do throws(ManagerError) {
            try Manager.shutdown(action)
        } catch {
            print("\(error.message)")
        }
    }
}

extension Manager.File {
    /// The name to type for the program that the file is, if it is one in `bin/`.
    var programName: UnsafeRawBufferPointer? {
        let directory = Shell.programDirectory.utf8Bytes
        guard isExecutable, path.starts(with: directory) else { return nil }
        return UnsafeRawBufferPointer(rebasing: path[directory.count...])
    }
}
