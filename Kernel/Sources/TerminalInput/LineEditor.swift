/// Edits one line after another, with history, on a terminal that can only print and go back.
///
/// The line is shown in a window of a fixed number of columns that follows the cursor, so that it never wraps: a
/// backspace does not cross lines on every terminal. After each key the editor compares what is shown with what should
/// be, and writes only the difference: printable characters to go right or to change what is there, backspaces to go
/// left.
public struct LineEditor {
    /// What a key did.
    public enum Event: Equatable, Sendable {
        /// The line goes on.
        case editing
        /// Enter: the line is in ``LineEditor/line``, and the cursor is behind its end.
        case finished
        /// Control-C: the line is void.
        case cancelled
        /// Control-D in an empty line.
        case endOfInput
        /// Control-L: the caller clears the screen, writes its prompt, and calls ``LineEditor/redraw(to:)``.
        case clearScreen
    }

    /// The line as it is now.
    public private(set) var line = LineBuffer()
    /// Where the next character goes, in bytes from the line's start.
    public private(set) var cursor = 0

    private var history = LineHistory()
    /// How far back in the history the user has gone; 0 is the new line.
    private var historyAge = 0
    /// The new line, while an older one is shown.
    private var draft = LineBuffer()

    /// Columns of the window, at least 2, at most the line buffer's capacity.
    private let width: Int
    /// Which byte of the line is in the window's first column.
    private var windowStart = 0
    /// What the screen shows in the window, and in which of its columns the terminal's cursor is.
    private var shown = LineBuffer()
    private var shownColumn = 0

    /// - Parameter width: How many columns the line may take on the screen, prompt not counted.
    public init(width: Int) {
        self.width = min(max(width, 2), LineBuffer.capacity)
    }

    /// Begins an empty line where the terminal's cursor is now, behind the prompt.
    public mutating func begin() {
        line.removeAll()
        draft.removeAll()
        cursor = 0
        historyAge = 0
        windowStart = 0
        shown.removeAll()
        shownColumn = 0
    }

    /// Does what a key asks for, and shows the result.
    public mutating func handle(_ key: Key, to sink: inout some ByteSink) -> Event {
        var event = Event.editing
        switch key {
        case .character(let byte): insert(CollectionOfOne(byte), to: &sink)
        case .enter:
            cursor = line.count
            history.append(line)
            event = .finished
        case .backspace:
            if cursor > 0 {
                line.remove((cursor - 1)..<cursor)
                cursor -= 1
            }
        case .endOfInput where line.isEmpty: return .endOfInput
        case .delete, .endOfInput: line.remove(cursor..<(cursor + 1))
        case .left: cursor = max(cursor - 1, 0)
        case .right: cursor = min(cursor + 1, line.count)
        case .wordLeft: cursor = previousWord
        case .wordRight: cursor = nextWord
        case .home: cursor = 0
        case .end: cursor = line.count
        case .up: recall(age: historyAge + 1)
        case .down: recall(age: historyAge - 1)
        case .killToStart:
            line.remove(0..<cursor)
            cursor = 0
        case .killToEnd: line.remove(cursor..<line.count)
        case .killWord:
            let start = previousWord
            line.remove(start..<cursor)
            cursor = start
        case .clearScreen: return .clearScreen
        case .interrupt:
            cursor = line.count
            event = .cancelled
        case .tab: break
        }
        update(&sink)
        return event
    }

    /// Shows the whole line again, the terminal's cursor being behind a new prompt.
    public mutating func redraw(to sink: inout some ByteSink) {
        shown.removeAll()
        shownColumn = 0
        update(&sink)
    }

    /// Puts bytes in at the cursor, as if they had been typed; the bell rings for what has no room.
    public mutating func insert(_ bytes: some Sequence<UInt8>, to sink: inout some ByteSink) {
        for byte in bytes {
            if line.insert(byte, at: cursor) { cursor += 1 } else { sink.write(0x07) }
        }
        update(&sink)
    }

    /// Makes the line another one, for a caller with a history of its own.
    public mutating func replace(with bytes: some Sequence<UInt8>, to sink: inout some ByteSink) {
        line.removeAll()
        cursor = 0
        insert(bytes, to: &sink)
    }

    /// The start of the word before the cursor.
    private var previousWord: Int {
        var index = cursor
        while index > 0, line[index - 1] == 0x20 { index -= 1 }
        while index > 0, line[index - 1] != 0x20 { index -= 1 }
        return index
    }

    /// The end of the word after the cursor.
    private var nextWord: Int {
        var index = cursor
        while index < line.count, line[index] == 0x20 { index += 1 }
        while index < line.count, line[index] != 0x20 { index += 1 }
        return index
    }

    /// Replaces the line by an older or newer one, if there is one.
    private mutating func recall(age: Int) {
        guard age >= 0, age <= history.count, age != historyAge else { return }
        if historyAge == 0 { draft = line }
        historyAge = age
        line = history.line(age: age) ?? draft
        cursor = line.count
    }

    /// Makes the screen show the line.
    private mutating func update(_ sink: inout some ByteSink) {
        // Scrolling goes by half a window, and keeps something left of the cursor in sight.
        if cursor > windowStart + width - 1 || windowStart > 0 && cursor <= windowStart {
            windowStart = max(cursor - width / 2, 0)
        }
        // The last column is kept for the cursor.
        let wantedCount = min(line.count - windowStart, width - 1)
        let columns = max(wantedCount, shown.count)
        func wanted(_ column: Int) -> UInt8 { column < wantedCount ? line[windowStart + column] : 0x20 }
        func present(_ column: Int) -> UInt8 { column < shown.count ? shown[column] : 0x20 }
        var first = 0
        while first < columns, wanted(first) == present(first) { first += 1 }
        var end = columns
        while end > first, wanted(end - 1) == present(end - 1) { end -= 1 }
        // Left of `first` both agree, so going right by printing shows nothing new.
        if first < end {
            move(to: first, &sink)
            for column in first..<end { sink.write(wanted(column)) }
            shownColumn = end
        }
        shown.removeAll()
        for column in 0..<wantedCount { shown.insert(line[windowStart + column], at: column) }
        move(to: cursor - windowStart, &sink)
    }

    /// Moves the terminal's cursor inside what is shown.
    private mutating func move(to column: Int, _ sink: inout some ByteSink) {
        while shownColumn > column {
            sink.write(0x08)
            shownColumn -= 1
        }
        while shownColumn < column {
            sink.write(shownColumn < shown.count ? shown[shownColumn] : 0x20)
            shownColumn += 1
        }
    }
}
