import Machine
import Processor

/// Memory at whose accesses execution is to stop.
///
/// The stop is behind the instruction that did it, with what the memory held before and what it holds now; going
/// backwards it is before the instruction, which is then the next. There may be any number of them, of any size: they
/// cost nothing but where somebody accesses their pages (``MemoryWatch``).
public struct Watchpoint: Sendable, Equatable {
    /// Its name for the user: breakpoints and watchpoints are numbered together.
    public let number: Int
    public let watch: MemoryWatch
    /// What it was set at, in the user's words.
    public let text: String
    /// When it stops.
    public var rule = StopRule()
    public var isEnabled: Bool { rule.isEnabled }
    /// How often execution has stopped here.
    public var hits: Int { rule.hits }

    /// An access to watched memory, as a stop reports it.
    public struct Access: Sendable, Equatable {
        /// ``Watchpoint/number``; 0 if the memory was watched for a search.
        public let number: Int
        public let isWrite: Bool
        public let origin: WatchedAccess.Origin
        /// ``Machine/steps`` before the instruction.
        public let step: UInt64
        /// What ``before`` and ``after`` are about: all of a watchpoint of up to 16 bytes, of a larger one the bytes
        /// accessed.
        public let address: UInt32
        public let before: [UInt8]
        /// Behind the instruction; empty if the stop is before it.
        public let after: [UInt8]
    }
}

extension Debugger {
    /// Watches memory. `text` says in words what that is.
    @discardableResult
    public func setWatchpoint(_ watch: MemoryWatch, text: String? = nil) -> Watchpoint {
        let watchpoint = Watchpoint(
            number: nextBreakpointNumber, watch: watch, text: text ?? watch.address.hexadecimal)
        nextBreakpointNumber += 1
        watchpoints.append(watchpoint)
        return watchpoint
    }

    /// Watches `count` bytes at the linear address that `text` means (``AddressExpression``).
    @discardableResult
    public func setWatchpoint(
        _ text: String, count: UInt32 = 4, reads: Bool = false, writes: Bool = true
    ) throws(AddressExpression.InvalidExpression) -> Watchpoint {
        setWatchpoint(MemoryWatch(.linear, try address(text), count: count, reads: reads, writes: writes), text: text)
    }

    // MARK: While the machine runs

    /// The watches of the user's watchpoints.
    var enabledWatches: [MemoryWatch] { watchpoints.filter(\.isEnabled).map(\.watch) }

    /// The stop behind an instruction that accessed the memory of watchpoints; counts the hits. Nil if it accessed
    /// none, or none stops.
    func stopAtWatchpoint() -> Stop? {
        let accesses = accesses(machine.processor.takeWatchedAccesses(), isBehind: true)
        let stops = countHits(of: accesses)
        guard let first = stops.first else { return nil }
        return stop(.watchpoint(first.number), accesses: stops)
    }

    /// Counts the arrivals of watchpoints; returns the accesses of those that stop.
    func countHits(of accesses: [Watchpoint.Access]) -> [Watchpoint.Access] {
        var numbers: Set<Int> = []
        for index in watchpoints.indices where accesses.contains(where: { $0.number == watchpoints[index].number }) {
            if arrive(&watchpoints[index].rule) { numbers.insert(watchpoints[index].number) }
        }
        return accesses.filter { numbers.contains($0.number) }
    }

    /// The numbers of the watchpoints that the accesses concern and whose conditions hold now.
    func watchpoints(_ accesses: [WatchedAccess]) -> Set<Int> {
        let enabled = watchpoints.filter(\.isEnabled)
        return Set(
            accesses.compactMap { access in
                guard enabled.indices.contains(access.watch), stopsBackwards(enabled[access.watch].rule) else {
                    return nil
                }
                return enabled[access.watch].number
            })
    }

    /// Accesses as a stop reports them.
    func accesses(_ accesses: [WatchedAccess], isBehind: Bool) -> [Watchpoint.Access] {
        let enabled = watchpoints.filter(\.isEnabled)
        return accesses.compactMap { access in
            guard enabled.indices.contains(access.watch) else { return nil }
            let watchpoint = enabled[access.watch]
            return Watchpoint.Access(
                number: watchpoint.number, isWrite: access.isWrite, origin: access.origin, step: access.step,
                address: access.address, before: access.before,
                after: isBehind
                    ? contents(of: watchpoint.watch.space, at: access.address, count: access.before.count) : [])
        }
    }

    /// What the memory that a watch is about holds.
    func contents(of space: MemoryWatch.Space, at address: UInt32, count: Int) -> [UInt8] {
        space == .physical
            ? readPhysicalMemory(at: address, count: count)
            : readMemory(at: address, count: count).map { $0 ?? 0xFF }
    }
}
