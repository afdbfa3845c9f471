import User

/// Counts what is right, and says what is not.
///
/// A check of what a call answered also notes the call and the answer. So the program knows which errors of which calls
/// have come from the kernel where they were expected, and whoever has the calls' pages (docs/system-calls) can see
/// what is missing: `self-test list` prints them.
enum Check {
    private(set) nonisolated(unsafe) static var count = 0
    private(set) nonisolated(unsafe) static var failures = 0

    // MARK: What a call answers

    /// Expects a certain success.
    static func equal(_ actual: Answer, _ expected: Int32, _ what: StaticString) {
        equal(actual.value, expected, what)
        if actual.value == expected { AnswersSeen.note(actual) }
    }

    /// Expects any success.
    static func succeeds(_ actual: Answer, _ what: StaticString) {
        isTrue(actual.value >= 0, what)
        if actual.value >= 0 { AnswersSeen.note(actual) }
    }

    /// Expects an error.
    static func error(_ actual: Answer, _ expected: KernelError, _ what: StaticString) {
        equal(actual, expected.rawValue, what)
    }

    /// Expects an error of a call that another thread was to make.
    static func error(_ actual: Answer?, _ expected: KernelError, _ what: StaticString) {
        guard let actual else { return isTrue(false, what) }
        error(actual, expected, what)
    }

    // MARK: Anything else

    /// An error of a call that was made in another way than by `invoke`.
    static func error(_ actual: Int32, _ expected: KernelError, _ what: StaticString) {
        equal(actual, expected.rawValue, what)
    }

    static func equal(_ actual: Int32, _ expected: Int32, _ what: StaticString) {
        count += 1
        guard actual != expected else { return }
        failures += 1
        Report.line("self-test: FAILED: \(what): \(Int(actual)) instead of \(Int(expected))")
    }

    static func isTrue(_ condition: Bool, _ what: StaticString) { equal(condition ? 1 : 0, 1, what) }
}

/// Which answers of which calls were expected and have come.
enum AnswersSeen {
    /// For each call's number: bit 0 for a success, bit n for the error -n.
    private nonisolated(unsafe) static var bits = InlineArray<64, UInt32>(repeating: 0)

    static func note(_ answer: Answer) {
        bits[Int(answer.call.rawValue & 63)] |= 1 << UInt32(answer.value < 0 ? -answer.value : 0)
    }

    /// Prints a line for each call: `self-test: call 15: 0 -2 -5`.
    static func list() {
        for number: UInt32 in 0..<64 where SystemCall(rawValue: number) != nil {
            var line: Text = "self-test: call \(number):"
            for bit: UInt32 in 0..<32 where bits[Int(number)] >> bit & 1 != 0 {
                line.append(bit == 0 ? " " : " -")
                line.append(bit)
            }
            Report.line(line)
        }
    }
}

/// Where lines go: to the standard output, or, of the first process, to the kernel's log.
enum Report {
    static func line(_ text: Text) {
        if isFirstProcess {
            KernelLog(slot: InitialSlot.log).print(text)
        } else {
            print(text)
        }
    }
}
