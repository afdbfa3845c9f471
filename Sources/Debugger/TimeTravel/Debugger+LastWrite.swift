import Machine
import Processor

/// "Who last wrote this?"
extension Debugger {
    /// The last change of something before the present.
    public struct LastWrite: Sendable, Equatable {
        /// ``Machine/steps`` before the instruction that did it (or before it came from outside).
        public let step: UInt64
        /// Where that is.
        public let location: Location
        /// What the instruction says; nil if it cannot be read.
        public let instruction: String?
        public let origin: WatchedAccess.Origin
        /// What was written to, from its first byte on, as it was before and behind the instruction. Of a register the
        /// value, little-endian.
        public let before: [UInt8]
        public let after: [UInt8]
    }

    /// What a search for a write has found.
    public enum LastWriteResult: Sendable, Equatable {
        case found(LastWrite)
        /// Not since the recording began.
        case nothing
        /// Somebody asked for a stop.
        case interrupted
    }

    /// Finds the last write to `count` bytes of physical memory before the present, by whatever way. The machine comes
    /// back to the present, or, if `goes`, stays where the instruction is next that did it.
    ///
    /// `ignoringPageWalks`: accessed and dirty bits that the processor sets do not count.
    public func lastWrite(
        toPhysical address: UInt32, count: UInt32 = 1, ignoringPageWalks: Bool = false, goes: Bool = false
    ) -> LastWriteResult {
        lastWrite(to: [MemoryWatch(.physical, address, count: count)], ignoringPageWalks: ignoringPageWalks, goes: goes)
    }

    /// Finds the last write to the memory that is at `count` bytes from a linear address on now, through whatever
    /// mapping. Nil if none of it is mapped.
    public func lastWrite(to linear: UInt32, count: UInt32 = 1, goes: Bool = false) -> LastWriteResult? {
        var watches: [MemoryWatch] = []
        var done: UInt32 = 0
        while done < max(1, count) {
            let address = linear &+ done
            let length = min(max(1, count) - done, 0x1000 - address & 0xFFF)
            if let physical = physicalAddress(of: address) {
                watches.append(MemoryWatch(.physical, physical, count: length))
            }
            done += length
        }
        return watches.isEmpty ? nil : lastWrite(to: watches, ignoringPageWalks: false, goes: goes)
    }

    /// Where the page-table entry is that maps a linear address now, or would (the directory entry, where there is no
    /// table or a large page); and its size in bytes. Nil while paging is off.
    public func pageEntryAddress(of linear: UInt32) -> (physical: UInt32, count: UInt32)? {
        guard let walk = machine.processor.inspectPage(at: linear) else { return nil }
        let address = walk.tableAddress != 0 ? walk.tableAddress : walk.directoryAddress
        guard let physical = UInt32(exactly: address) else { return nil }
        return (physical & machine.processor.state.pointee.a20Mask, walk.isPAE ? 8 : 4)
    }

    private func lastWrite(to watches: [MemoryWatch], ignoringPageWalks: Bool, goes: Bool) -> LastWriteResult {
        let origin = machine.snapshot()
        timeline.record()
        let result = searchBackward(to: timeline.beginning, Arming(watches: watches)) { finding in
            guard case .accesses(let accesses) = finding else { return false }
            return accesses.contains { !ignoringPageWalks || !$0.isPageWalk }
        }
        guard case .found(.accesses(let accesses), let step) = result,
            let access = accesses.last(where: { !ignoringPageWalks || !$0.isPageWalk })
        else {
            timeline.restore(origin)
            if case .interrupted = result { return .interrupted }
            return .nothing
        }
        return describe(step, access.origin, origin: origin, goes: goes) {
            readPhysicalMemory(at: access.address, count: access.before.count)
        }
    }

    /// Looks at both sides of the step from `step` on, then goes where the user wants to be.
    private func describe(
        _ step: UInt64, _ writer: WatchedAccess.Origin, origin: MachineSnapshot, goes: Bool,
        look: () -> [UInt8]
    ) -> LastWriteResult {
        guard timeline.travel(to: step) else {
            timeline.restore(origin)
            return .interrupted
        }
        let location = location
        let instruction = currentInstruction?.text
        let before = look()
        let snapshot = machine.snapshot()
        _ = timeline.travel(to: step + 1)
        let after = look()
        timeline.restore(goes ? snapshot : origin)
        return .found(
            LastWrite(
                step: step, location: location, instruction: instruction, origin: writer, before: before, after: after))
    }

    // MARK: Registers

    /// Finds the last change of a register's value before the present: a general register or a part of one, `eflags`, a
    /// segment register's selector, `cr0`, `cr2`, `cr3`, `cr4`, or the base in `gdtr` and `idtr`. Nil if there is no
    /// such register. The rest is as for ``lastWrite(to:count:goes:)``.
    ///
    /// The past is gone through step by step, from snapshot to snapshot backwards.
    public func lastWrite(toRegister name: String, goes: Bool = false) -> LastWriteResult? {
        guard let read = Self.register(name, machine.processor) else { return nil }
        return lastChange(goes: goes, of: read)
    }

    /// Finds the last change of what `read` reads from the processor's state.
    func lastChange(goes: Bool, of read: () -> UInt32) -> LastWriteResult {
        withoutActuallyEscaping(read) { lastChange(goes: goes, ofEscaping: $0) }
    }

    private func lastChange(goes: Bool, ofEscaping read: @escaping () -> UInt32) -> LastWriteResult {
        let origin = machine.snapshot()
        timeline.record()
        var end = machine.steps
        while end > timeline.beginning, let index = timeline.lastEntry(notAfter: end - 1) {
            timeline.restore(index)
            let start = machine.steps
            var value = read()
            var change: (step: UInt64, origin: WatchedAccess.Origin)?
            var place = linearInstructionPointer
            machine.processor.observer = { [self] in
                let now = read()
                if now != value, machine.steps > 0 {
                    change = (machine.steps - 1, machine.processor.isRunning ? .instruction(place) : .outside)
                }
                value = now
                place = linearInstructionPointer
                return false
            }
            let isComplete = runThrough(until: end)
            machine.processor.observer = nil
            guard isComplete else {
                timeline.restore(origin)
                return .interrupted
            }
            if let change {
                return describe(change.step, change.origin, origin: origin, goes: goes) {
                    let value = read()
                    return (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
                }
            }
            end = start
        }
        timeline.restore(origin)
        return .nothing
    }

    /// How to read a register fast.
    private static func register(_ name: String, _ processor: Processor) -> (() -> UInt32)? {
        let state = processor.state
        if let part = RegisterFile.Part(named: name) {
            return { state.pointee.general[part.register] >> part.shift & part.mask }
        }
        if let index = RegisterFile.segmentNames.firstIndex(of: name) {
            return { UInt32(state.pointee.segments[index].selector) }
        }
        switch name {
        case "eflags": return { processor.eflags }
        case "cr0": return { state.pointee.cr0 }
        case "cr2": return { state.pointee.cr2 }
        case "cr3": return { state.pointee.cr3 }
        case "cr4": return { state.pointee.cr4 }
        case "gdtr": return { state.pointee.gdtBase }
        case "idtr": return { state.pointee.idtBase }
        default: return nil
        }
    }
}

extension WatchedAccess {
    var isPageWalk: Bool { origin.isPageWalk }
}

extension WatchedAccess.Origin {
    var isPageWalk: Bool {
        if case .pageWalk = self { true } else { false }
    }
}
