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
    public var isEnabled = true
    /// How often execution has stopped here.
    public internal(set) var hits = 0

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

    /// What the memory that a watch is about holds.
    func contents(of space: MemoryWatch.Space, at address: UInt32, count: Int) -> [UInt8] {
        space == .physical
            ? readPhysicalMemory(at: address, count: count)
            : readMemory(at: address, count: count).map { $0 ?? 0xFF }
    }
}
