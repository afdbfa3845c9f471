import Machine

/// A sampling profile of the guest: which functions called each other, every so many steps.
///
/// The samples are taken between two runs of the machine, which do not notice: a run may be cut anywhere. Only what
/// happens for the first time counts, not what is repeated in the past.
public final class Profile {
    /// Steps from one sample to the next.
    public let interval: UInt64
    /// How often each chain of calls was met.
    public private(set) var counts: [String: UInt64] = [:]

    private let debugger: Debugger
    private var next: UInt64

    /// - Parameter interval: steps from one sample to the next, at least 1.
    public init(_ debugger: Debugger, interval: UInt64) {
        self.debugger = debugger
        self.interval = max(1, interval)
        next = debugger.machine.steps.addingSaturating(self.interval)
    }

    /// As ``Timeline/run(until:)``, with samples on the way.
    public func run(until step: UInt64) -> RunResult {
        let machine = debugger.machine
        while true {
            let result = debugger.timeline.run(until: min(step, max(next, machine.steps)))
            if machine.steps >= next, !debugger.timeline.isInPast {
                sample()
                // Sleep counts as one sample, however long it lasts.
                next = machine.steps.addingSaturating(interval)
            }
            guard result == .reached, machine.steps < step else { return result }
        }
    }

    private func sample() {
        let machine = debugger.machine
        guard !machine.processor.state.pointee.halted else {
            counts["(halted)", default: 0] += 1
            return
        }
        let frames = debugger.backtrace(limit: 64).map { frame in
            // The separators of the format must not occur in a name.
            (frame.symbol?.symbol.name ?? "0x" + frame.linear.digits).map { $0 == ";" || $0 == " " ? "_" : $0 }
        }
        counts[frames.reversed().map { String($0) }.joined(separator: ";"), default: 0] += 1
    }

    /// The profile as folded stacks: in each line a chain of calls, outermost first, and how often it was met, as tools
    /// for flame graphs read it.
    public var foldedStacks: String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }
}
