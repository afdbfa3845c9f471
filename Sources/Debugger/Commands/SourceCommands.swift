import Foundation
import JSON

/// Commands about source lines.
extension DebuggerCommand {
    static let stepLine = DebuggerCommand(
        "step-line", "sl", usage: "step-line [COUNT]", summary: "go on to the next source line, into calls",
        details: """
            Functions and system calls whose code has lines are entered, others complete. Where there are no lines, an \
            instruction counts as one. 'finish' leaves a function.
            """,
        group: .running, repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try commands.repeatMove(arguments) { $0.stepLine() }
    }

    static let nextLine = DebuggerCommand(
        "next-line", "nl", usage: "next-line [COUNT]", summary: "go on to the next source line, over calls",
        details: "At the end of a function: to the line of its caller.", group: .running, repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try commands.repeatMove(arguments) { $0.nextLine() }
    }

    static let reverseStepLine = DebuggerCommand(
        "reverse-step-line", "rsl", usage: "reverse-step-line [COUNT]",
        summary: "go back to the source line before, into calls",
        details: "To its beginning; from within a line, to the beginning of this one.", group: .goingBack,
        repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try commands.repeatMove(arguments) { $0.reverseStepLine() }
    }

    static let reverseNextLine = DebuggerCommand(
        "reverse-next-line", "rnl", usage: "reverse-next-line [COUNT]",
        summary: "go back to the source line before, over calls",
        details: "To its beginning; from within a line, to the beginning of this one.", group: .goingBack,
        repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try commands.repeatMove(arguments) { $0.reverseNextLine() }
    }

    static let list = DebuggerCommand(
        "list", "l", usage: "list [LINE | FILE:LINE | ADDRESS]",
        summary: "show source lines, around here if none is given",
        details: """
            FILE is a name (Queue.swift) or the last parts of a path (IPC/Queue.swift). A bare LINE is one of the file \
            that was shown last. Without an argument it goes on behind what was shown last. => marks the line that the \
            machine is at.
            """,
        group: .looking, repetition: .some("list")
    ) { (commands, arguments) throws(CommandError) in
        try commands.listSource(arguments)
    }

    static let sourcePath = DebuggerCommand(
        "source-path", usage: "source-path [FOLDER...]", summary: "show or set where sources are looked for",
        details: """
            A source is looked for at the path that it was compiled at, then under each of the folders, with as many \
            of the last parts of its path as lead to a file: the folder of the repository will do.
            """,
        group: .other
    ) { (commands, arguments) throws(CommandError) in
        for folder in arguments.words {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
                throw CommandError("there is no folder '\(folder)'")
            }
        }
        if !arguments.words.isEmpty {
            commands.debugger.sources.searchPath = arguments.words
            return Output("")
        }
        let folders = commands.debugger.sources.searchPath
        return Output(folders.isEmpty ? ["sources are looked for at the paths that they were compiled at"] : folders)
    }
}

extension DebuggerCommands {
    /// Makes a move as often as the argument says, as long as it arrives.
    func repeatMove(_ arguments: Arguments, _ move: (Debugger) -> Stop) throws(CommandError) -> Output {
        try arguments.limit(1)
        var count = try arguments.words.first.map { word throws(CommandError) in try self.count(word) } ?? 1
        var stop = move(debugger)
        while count > 1, stop.reason == .arrived {
            stop = move(debugger)
            count -= 1
        }
        return report(stop)
    }

    fileprivate func listSource(_ arguments: Arguments) throws(CommandError) -> Output {
        let shown = 10
        let place: (path: String, first: Int)
        if let word = arguments.words.first {
            try arguments.limit(1)
            if let number = Int(word), case .source(let path, _) = nextAddress ?? .none {
                place = (path, number - shown / 2)
            } else if let location = try sourceLine(word) {
                place = (location.path, location.line - shown / 2)
            } else {
                let address = try address(word)
                guard let location = debugger.sourceLocation(at: address) else {
                    throw CommandError("no source line is known of \(placeText(address))")
                }
                place = (location.path, location.line - shown / 2)
            }
        } else if case .source(let path, let line) = nextAddress {
            place = (path, line)
        } else if let location = debugger.sourceLocation(at: debugger.location.linear) {
            place = (location.path, location.line - shown / 2)
        } else {
            throw CommandError("no source line is known here; 'list FILE:LINE' shows another place")
        }
        let first = max(1, place.first)
        guard let lines = debugger.sources.lines(of: place.path, from: first, count: shown) else {
            if case .missing(let words) = debugger.sourceText(of: SourceLocation(path: place.path, line: first)) {
                throw CommandError(words)
            }
            throw CommandError("there is no line \(first) in '\(place.path)'")
        }
        nextAddress = .source(path: place.path, line: first + lines.count)
        let here = debugger.sourceLocation(at: debugger.location.linear)
        return Output(
            lines.enumerated().map { index, text in
                let number = first + index
                let isHere = here?.path == place.path && here?.line == number
                return "\(isHere ? "=>" : "  ") \(String(number).paddedLeft(to: 4))  \(text)".trimmingTrailingSpaces
            },
            values: [
                "file": .string(place.path), "first": JSONValue(first), "lines": .array(lines.map { .string($0) }),
            ])
    }

    /// The place that `FILE:LINE` means, if a symbol file has lines of such a file; nil if the text means something
    /// else.
    private func sourceLine(_ text: String) throws(CommandError) -> SourceLocation? {
        guard let (file, line) = SourceLocation.parse(text) else { return nil }
        do throws(SymbolTable.Ambiguity) {
            let places = try debugger.symbols.places(ofLine: line, inFile: file)
            if let place = places.first { return SourceLocation(path: place.path, line: line) }
            return debugger.symbols.files(named: file).first.map { SourceLocation(path: $0, line: line) }
        } catch {
            throw CommandError(error.description)
        }
    }

    /// `Queue.swift:20      let head = ...`, or why there is no text, once per file; nil where no line is known.
    func sourceLineText(at linear: UInt32) -> String? {
        debugger.sourceLocation(at: linear).flatMap(sourceLineText)
    }

    func sourceLineText(of location: SourceLocation) -> String? {
        switch debugger.sourceText(of: location) {
        case .line(let text): return "\(location)  \(text)".trimmingTrailingSpaces
        case .missing(let words):
            return reportedSources.insert(location.path).inserted ? "\(location)  (\(words))" : "\(location)"
        }
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
