import ShellLogic
import User

/// The commands that the shell knows itself.
enum BuiltIn: UInt8 {
    case help
    case ls
    case cat
    case echo
    case mem
    case memory
    case ps
    case log
    case services
    case kill
    case jobs
    case wait
    case env
    case set
    case unset
    case allow
    case limit
    case clear
    case halt
    case reboot
    case poweroff
    case shutdown

    private static var all: some Sequence<BuiltIn> {
        (help.rawValue...shutdown.rawValue).lazy.map { BuiltIn(rawValue: $0) ?? .help }
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
        case .memory: "memory"
        case .ps: "ps"
        case .log: "log"
        case .services: "services"
        case .kill: "kill"
        case .jobs: "jobs"
        case .wait: "wait"
        case .env: "env"
        case .set: "set"
        case .unset: "unset"
        case .allow: "allow"
        case .limit: "limit"
        case .clear: "clear"
        case .halt: "halt"
        case .reboot: "reboot"
        case .poweroff: "poweroff"
        case .shutdown: "shutdown"
        }
    }

    private var summary: StaticString {
        switch self {
        case .help: "what can be typed"
        case .ls: "[PREFIX]  files of the payload and their sizes"
        case .cat: "FILE...  shows files"
        case .echo: "[WORD...]  repeats its arguments"
        case .mem: "the machine's memory: how much, how much is free, what lies where"
        case .memory: "the processes' memory: what they may touch, have and own"
        case .ps: "processes, who started them, and what they do"
        case .log: "the kernel's last messages, with the seconds since its start"
        case .services: "names that servers have registered"
        case .kill: "NUMBER...  ends processes"
        case .jobs: "programs that run beside the shell"
        case .wait: "[NUMBER]  waits for them, or for one of them"
        case .env: "what programs are told by name"
        case .set: "NAME=VALUE...  tells programs something by name"
        case .unset: "NAME...  does so no longer"
        case .allow: "disk-write|kill|log|shutdown PROGRAM...  runs one that may do it"
        case .limit: "KIB PROGRAM...  runs one with that much memory at most"
        case .clear: "clears the screen"
        case .halt: "stops; also 'reboot', 'poweroff', 'shutdown' (off, or else anew)"
        case .reboot, .poweroff, .shutdown: ""
        }
    }

    /// Whether it runs a program.
    var startsPrograms: Bool { self == .allow || self == .limit }

    /// What Tab adds to a line: the rest of a command's name, or of a program's or a file's.
    static func completion(of line: UnsafeRawBufferPointer) -> Text {
        let (word, isFirst) = Completion.lastWord(of: line)
        var completion = Completion(of: word)
        var wantsProgram = isFirst
        for command in all {
            if isFirst {
                completion.consider(command.name.utf8Bytes)
            } else if command.startsPrograms, line.starts(with: command.name.utf8Bytes) {
                wantsProgram = true
            }
        }
        Manager.forEachFile { file in
            if wantsProgram { if let name = file.programName { completion.consider(name) } }
            if !isFirst { completion.consider(file.path) }
        }
        var text = Text()
        completion.forEachByte { text.append($0) }
        return text
    }

    /// Does what the command says.
    func run(_ command: CommandLine, _ shell: inout Shell) {
        switch self {
        case .help: Self.showHelp()
        case .ls: Self.list(command)
        case .cat: Self.concatenate(command)
        case .echo: Self.echo(command)
        case .mem: MemoryReport.show()
        case .memory: ProcessMemoryReport.show()
        case .ps: ProcessReport.show()
        case .log: LogReport.show()
        case .services: ServiceReport.show()
        case .kill: Self.kill(command)
        case .jobs: shell.jobs.list()
        case .wait: Self.wait(command, &shell)
        case .env: shell.environment.withBytes { Self.showEnvironment($0) }
        case .set: Self.set(command, &shell)
        case .unset: Self.unset(command, &shell)
        case .allow: Self.allow(command, &shell)
        case .limit: Self.limit(command, &shell)
        case .clear: Stream.output.clear()
        case .reboot: Self.shutdown(.reboot)
        case .halt: Self.shutdown(.halt)
        case .poweroff: Self.shutdown(.powerOff)
        case .shutdown: Self.shutdown(.powerOffOrReboot)
        }
    }

    /// No longer than a screen.
    private static func showHelp() {
        for command in all where command.summary.utf8CodeUnitCount > 0 {
            var line: Text = "  \(command.name)"
            line.pad(to: 12)
            line.append(command.summary)
            print(line)
        }
        var line: Text = "programs:"
        Manager.forEachFile { file in
            guard let name = file.programName else { return }
            if line.count + 1 + name.count > 78 {
                print(line)
                line = "         "
            }
            line.append(0x20)
            line.append(name)
        }
        print(line)
        print("PROGRAM... & runs it beside the shell. Ctrl-C stops what the shell waits for.")
        print("Keys: arrows, Home, End, Ctrl-A E K U W edit; Tab completes; up, down recall.")
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

    private static func shutdown(_ action: StopAction) {
        do throws(ManagerError) {
            try Manager.shutdown(action)
        } catch {
            print("\(error.message)")
        }
    }
}

// MARK: Jobs and what they are given

extension BuiltIn {
    private static func wait(_ command: CommandLine, _ shell: inout Shell) {
        let number = command.withWord(1) { Decimal.parse($0) }
        guard command.wordCount == 1 || command.wordCount == 2 && number != nil else {
            return print("usage: wait [NUMBER]")
        }
        do throws(ManagerError) {
            try shell.jobs.wait(for: number)
        } catch {
            print("wait: \(error.message)")
        }
    }

    private static func showEnvironment(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        for index in 0..<bytes.count where bytes[index] == 0 {
            print("\(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))")
            start = index + 1
        }
    }

    private static func set(_ command: CommandLine, _ shell: inout Shell) {
        guard command.wordCount > 1 else { return print("usage: set NAME=VALUE...") }
        for index in 1..<command.wordCount where !command.withWord(index, { shell.environment.set($0) }) {
            command.withWord(index) { print("set: \($0): not NAME=VALUE, or too much of it") }
        }
    }

    private static func unset(_ command: CommandLine, _ shell: inout Shell) {
        guard command.wordCount > 1 else { return print("usage: unset NAME...") }
        for index in 1..<command.wordCount where !command.withWord(index, { shell.environment.unset($0) }) {
            command.withWord(index) { print("unset: \($0): no such name") }
        }
    }

    private static func allow(_ command: CommandLine, _ shell: inout Shell) {
        let permission: Permissions? =
            if command.is(1, "disk-write") { .diskWrite } else if command.is(1, "kill") { .killAny } else if
                command.is(1, "log")
            { .readLog } else if command.is(1, "shutdown") { .shutdown } else { nil }
        guard let permission, command.wordCount > 2 else {
            return print("usage: allow disk-write|kill|log|shutdown PROGRAM...")
        }
        shell.runProgram(command, from: 2, permissions: permission)
    }

    private static func limit(_ command: CommandLine, _ shell: inout Shell) {
        guard command.wordCount > 2, let limit = command.withWord(1, { Decimal.parse($0) }), limit > 0 else {
            return print("usage: limit KIB PROGRAM...")
        }
        shell.runProgram(command, from: 2, memoryLimit: limit)
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
