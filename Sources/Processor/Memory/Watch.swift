/// Memory whose accesses somebody outside the guest wants to hear of: a debugger's watchpoints.
///
/// **Constraint.** There may be any number of them, of any size, on linear and physical memory, and a guest's access
/// must cost nothing where nobody watches. None may be missed, whoever accesses: an instruction, the page walk, a
/// device, a debugger.
///
/// **Choice.** The gates that exist already do it. A page with a watch of physical memory has a bit in the table of
/// pages (``PageGate``), so that the TLB gives out no tag for writes to it (nor for reads, if those are watched), and
/// every write passes ``PhysicalMemory/beginWrite(_:count:)``. A page with a watch of linear memory has no tags, as one
/// with a data breakpoint of the guest's own. The slow paths compare addresses. What was found makes the run end before
/// the next instruction, so that the state is that behind the access.
///
/// **Example.** Four bytes at linear 0x8000 are watched. `mov [0x8002], al` misses the TLB, the slow path finds the
/// overlap and records the four bytes as they are; the store happens; the run ends, and the debugger reads what they
/// are now.
public struct MemoryWatch: Sendable, Equatable, Hashable {
    /// What the address means.
    public enum Space: Sendable {
        /// In every address space; accesses by other ways to the same memory do not count.
        case linear
        /// However it is accessed: through any mapping, by the page walk that sets a bit, by a device or a debugger.
        /// Reads count only if an instruction asks for data.
        case physical
    }

    public var space: Space
    public var address: UInt32
    /// Bytes, at least 1.
    public var count: UInt32
    public var reads: Bool
    public var writes: Bool

    /// `count`: bytes, at least 1; cut off at the end of the 4 GiB.
    public init(_ space: Space, _ address: UInt32, count: UInt32, reads: Bool = false, writes: Bool = true) {
        self.space = space
        self.address = address
        self.count = max(1, min(count, UInt32.max - address))
        self.reads = reads
        self.writes = writes
    }

    /// The part of `count` bytes from `address` on that is watched.
    func overlap(_ address: UInt32, _ count: UInt32) -> Range<UInt64>? {
        let own = UInt64(self.address)..<UInt64(self.address) + UInt64(self.count)
        let other = UInt64(address)..<UInt64(address) + UInt64(count)
        let common = own.clamped(to: other)
        return common.isEmpty ? nil : common
    }
}

/// An access to watched memory.
public struct WatchedAccess: Sendable, Equatable {
    /// Who it was.
    public enum Origin: Sendable, Equatable {
        /// The instruction at this linear address, or what was delivered instead of it.
        case instruction(UInt32)
        /// The page walk for the instruction at this linear address has set an accessed or dirty bit.
        case pageWalk(UInt32)
        /// Something from outside: a device, a debugger.
        case outside
    }

    /// An index into ``Processor/watches``.
    public let watch: Int
    public let isWrite: Bool
    public let origin: Origin
    /// The step count before the instruction.
    public let step: UInt64
    /// What ``before`` is about: all of a watch of up to 16 bytes, of a larger one the bytes accessed.
    public private(set) var address: UInt32
    /// The bytes as they were before the access; ones where there is no memory.
    public private(set) var before: [UInt8]

    /// Takes in an access that follows immediately, as the parts of wide operands do. False if `other` is no such.
    fileprivate mutating func absorb(_ other: WatchedAccess) -> Bool {
        guard other.watch == watch, other.isWrite == isWrite, other.step == step else { return false }
        if other.address == address &+ UInt32(truncatingIfNeeded: before.count) { before += other.before }
        return true
    }
}

/// What the processor is doing, to say who accesses memory.
enum Activity {
    /// It does not run.
    case nothing
    /// EIP is exact: a delivery, a fetch.
    case betweenInstructions
    /// ``Context/current`` is being executed.
    case instruction
}

extension Processor {
    /// Whether this is asked from within ``run(until:)``, by a device or by the ``observer``.
    public var isRunning: Bool { context.pointee.activity != .nothing }
}

extension Processor {
    /// What of ``watches`` has been accessed since the last call, in order.
    public func takeWatchedAccesses() -> [WatchedAccess] {
        defer { forgetWatchedAccesses() }
        return watchedAccesses
    }

    /// What of those of ``watches`` from index `first` on has been accessed since the last call, in order; the rest
    /// stays.
    public func takeWatchedAccesses(from first: Int) -> [WatchedAccess] {
        guard !watchedAccesses.isEmpty else { return [] }
        guard first > 0 else { return takeWatchedAccesses() }
        let taken = watchedAccesses.filter { $0.watch >= first }
        watchedAccesses.removeAll { $0.watch >= first }
        context.pointee.watchedStep =
            watchedAccesses.reduce(.max) { $1.origin == .outside ? $0 : min($0, $1.step) }
        return taken
    }

    /// Whether a step that accessed watched memory is complete.
    public var hasWatchedAccesses: Bool {
        !watchedAccesses.isEmpty && watchedAccesses.contains { $0.origin == .outside || $0.step < steps }
    }

    func forgetWatchedAccesses() {
        watchedAccesses = []
        if caughtEvents.isEmpty { context.pointee.watchedStep = .max }
    }

    func watchesChanged(from old: [MemoryWatch]) {
        guard watches != old else { return }
        for watch in old where watch.space == .physical {
            memory.setWatched(watch, PageGate.watched | PageGate.readsWatched, false)
        }
        for watch in watches where watch.space == .physical {
            memory.setWatched(watch, watch.reads ? PageGate.watched | PageGate.readsWatched : PageGate.watched, true)
        }
        context.pointee.watchesLinear = watches.contains { $0.space == .linear }
        context.pointee.watchesPhysicalReads = watches.contains { $0.space == .physical && $0.reads }
        Core(context).refreshHostSide()
    }

    fileprivate func noteWatchedAccess(
        _ space: MemoryWatch.Space, _ address: UInt32, _ count: UInt32, isWrite: Bool, _ origin: WatchedAccess.Origin
    ) -> Bool {
        var isMet = false
        for (index, watch) in watches.enumerated()
        where watch.space == space && (isWrite ? watch.writes : watch.reads) {
            guard let overlap = watch.overlap(address, count) else { continue }
            let isSmall = watch.count <= 16
            let start = isSmall ? watch.address : UInt32(truncatingIfNeeded: overlap.lowerBound)
            let access = WatchedAccess(
                watch: index, isWrite: isWrite, origin: origin, step: steps, address: start,
                before: contents(space, start, count: isSmall ? Int(watch.count) : overlap.count))
            isMet = true
            if !watchedAccesses.indices.contains(where: { watchedAccesses[$0].absorb(access) }) {
                watchedAccesses.append(access)
            }
        }
        return isMet
    }

    /// Linear memory as it is, without a trace; ones where there is none.
    public func contents(ofLinear address: UInt32, count: Int) -> [UInt8] { contents(.linear, address, count: count) }

    /// Memory as it is, without a trace.
    func contents(_ space: MemoryWatch.Space, _ address: UInt32, count: Int) -> [UInt8] {
        if space == .physical { return memory.read(address, count: count) }
        if Int(address & 0xFFF) + count <= PhysicalMemory.pageSize {
            guard let physical = physicalAddress(ofLinear: address) else { return Array(repeating: 0xFF, count: count) }
            return memory.read(physical, count: count)
        }
        return (0..<UInt32(count)).map { index in
            physicalAddress(ofLinear: address &+ index).map { memory.read($0, count: 1)[0] } ?? 0xFF
        }
    }
}

extension PhysicalMemory {
    fileprivate func setWatched(_ watch: MemoryWatch, _ bits: UInt8, _ isWatched: Bool) {
        let last = UInt64(watch.address) + UInt64(watch.count) - 1
        for page in Int(watch.address >> 12)...Int(last >> 12) {
            pages[page] = isWatched ? pages[page] | bits : pages[page] & ~bits
        }
    }
}

extension Core {
    /// Whether accesses to data in the linear page `page`, whose physical page has the bits `gate`, have to be compared
    /// with watches one by one. Writes are anyway if only they are watched.
    @inline(__always)
    func isWatched(page: UInt32, gate: UInt8) -> Bool {
        if gate & PageGate.readsWatched != 0 { return true }
        return context.pointee.watchesLinear && isWatched(linearPage: page)
    }

    @inline(never)
    private func isWatched(linearPage page: UInt32) -> Bool {
        context.pointee.processor._withUnsafeGuaranteedRef { processor in
            processor.watches.contains { $0.space == .linear && $0.overlap(page, 0x1000) != nil }
        }
    }

    /// Records an access to `count` bytes that is about to happen, if they are watched, and makes the run end behind
    /// the instruction.
    @inline(never)
    func noteWatchedAccess(_ space: MemoryWatch.Space, _ address: UInt32, _ count: UInt32, isWrite: Bool) {
        let instruction = runningInstruction
        let origin: WatchedAccess.Origin =
            context.pointee.activity == .nothing
            ? .outside : context.pointee.isWalking ? .pageWalk(instruction) : .instruction(instruction)
        context.pointee.processor._withUnsafeGuaranteedRef { processor in
            if processor.noteWatchedAccess(space, address, count, isWrite: isWrite, origin), origin != .outside {
                context.pointee.watchedStep = min(context.pointee.watchedStep, synchronizedSteps)
                requestAttention()
            }
        }
    }

    /// An instruction has faulted, and is going to be executed again: what it read does not count, nor what it was
    /// about to write. What has been written has.
    func forgetFaultedAccesses() {
        context.pointee.processor._withUnsafeGuaranteedRef { processor in
            guard !processor.watchedAccesses.isEmpty else { return }
            let steps = state.pointee.steps
            processor.watchedAccesses.removeAll { access in
                guard access.step == steps else { return false }
                guard access.isWrite, processor.watches.indices.contains(access.watch) else { return true }
                let space = processor.watches[access.watch].space
                return processor.contents(space, access.address, count: access.before.count) == access.before
            }
            if processor.watchedAccesses.isEmpty, processor.caughtEvents.isEmpty { context.pointee.watchedStep = .max }
        }
    }
}
