import KernelABI

/// The kernel's command line: words that change how it starts.
///
///     layout      print the memory layout at start-up
///     exit-port   when the system halts, write to port 0x501, which ends a test machine
///     fail=page   read address 0 in the kernel, to see the report
///     fail=stack  overflow a kernel stack, to see the double fault's report
///
/// Other words with an equals sign and words after `--` are for the process manager. Others are reported and passed
/// over.
enum CommandLine {
    /// The most bytes that are kept.
    static var capacity: Int { 1024 }

    private(set) nonisolated(unsafe) static var start = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) nonisolated(unsafe) static var printsLayout = false
    private(set) nonisolated(unsafe) static var usesExitPort = false

    /// Copies the command line at `source` (0 = none) to `memory`, `capacity` bytes that stay, and reads its words.
    static func initialise(source: UInt32, memory: UnsafeMutableRawPointer) {
        guard let bytes = UnsafePointer<UInt8>(bitPattern: UInt(source)) else { return }
        var count = 0
        while count < capacity, bytes[count] != 0 {
            memory.storeBytes(of: bytes[count], toByteOffset: count, as: UInt8.self)
            count += 1
        }
        start = UnsafeRawBufferPointer(start: memory, count: count)
    }

    /// Reads the words.
    static func parse() {
        var index = 0
        while index < start.count {
            guard start[index] > 0x20 else {
                index += 1
                continue
            }
            var end = index
            while end < start.count, start[end] > 0x20 { end += 1 }
            let word = UnsafeRawBufferPointer(rebasing: start[index..<end])
            index = end
            if equals(word, "--") { return }
            if equals(word, "layout") {
                printsLayout = true
            } else if equals(word, "exit-port") {
                usesExitPort = true
            } else if equals(word, "fail=page") {
                FailureTest.kind = .page
            } else if equals(word, "fail=stack") {
                FailureTest.kind = .stack
            } else if !word.contains(0x3D) {
                Log.line("boot: unknown option: ", .warning).bytes(word).end()
            }
        }
    }

    private static func equals(_ word: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard word.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<word.count where word[index] != text.utf8Start[index] { return false }
        return true
    }
}
