extension Processor {
    /// The state of a processor at one moment: its registers, and which translations it has cached.
    public struct Snapshot: Sendable {
        /// All registers.
        public var state: ProcessorState
        /// The cached translations, in the order of their slots.
        public var translations: [CachedTranslation]

        public init(state: ProcessorState, translations: [CachedTranslation]) {
            self.state = state
            self.translations = translations
        }
    }

    /// A translation in the TLB.
    public struct CachedTranslation: Equatable, Hashable, Sendable {
        /// Which slot of which table.
        public let slot: UInt16
        /// Linear page in bits 12-31; attributes below.
        public let linear: UInt32
        /// Physical address of the page.
        public let physical: UInt32

        public init(slot: UInt16, linear: UInt32, physical: UInt32) {
            self.slot = slot
            self.linear = linear
            self.physical = physical
        }

        /// The linear address of the page.
        public var page: UInt32 { linear & 0xFFFF_F000 }
        /// For fetches of instructions, not for data.
        public var isForFetches: Bool { slot >= 2 * MemoryContext.slots }
        /// Of the tables that serve privilege level 3.
        public var isOfUserTable: Bool { Int(slot) / MemoryContext.slots & 1 != 0 }
        /// R/W is set on every level.
        public var isWritable: Bool { linear & TLBFlag.writable != 0 }
        /// U/S is set on every level.
        public var isUser: Bool { linear & TLBFlag.user != 0 }
        /// The page is marked as written to.
        public var isDirty: Bool { linear & TLBFlag.dirty != 0 }
        /// Loads of CR3 leave it.
        public var isGlobal: Bool { linear & TLBFlag.global != 0 }
        /// Part of a page of 4 or 2 MiB.
        public var isLarge: Bool { linear & TLBFlag.large != 0 }
    }

    /// The translations in the TLB, in the order of their slots.
    public var cachedTranslations: [CachedTranslation] { Core(context).cachedTranslations() }

    /// Records registers and TLB. To be used between runs.
    public func snapshot() -> Snapshot {
        Snapshot(state: state.pointee, translations: Core(context).cachedTranslations())
    }

    /// Puts registers and TLB back. Memory must have been restored before.
    public func restore(_ snapshot: Snapshot) {
        state.pointee = snapshot.state
        stateWasReplaced()
        // They belong to another time.
        context.pointee.faultChain = FaultChain()
        forgetWatchedAccesses()
        Core(context).restoreTranslations(snapshot.translations)
    }

    /// To be called after ``state`` was changed from outside in another way than ``restore(_:)``: makes what depends on
    /// it right and drops all cached translations.
    public func stateWasReplaced() {
        let core = Core(context)
        // The engine relies on these whatever a file or a debugger's user said.
        for index in 8..<16 { state.pointee.general[index] = 0 }
        for index in 0..<8 { state.pointee.segments[index].updateExtents() }
        state.pointee.cpl &= 3
        state.pointee.flagsMask = model.flags
        state.pointee.systemFlags = state.pointee.systemFlags & model.flags & ~Flag.arithmetic | 2
        state.pointee.cr4 &= model.controlRegister4 ?? 0
        if !model.hasExecuteDisable { state.pointee.modelSpecific.efer = 0 }
        state.pointee.a20Mask |= ~(1 << 20)
        core.selectTables()
        core.flushTLB(includingGlobal: true)
    }

    /// Opens or closes the A20 gate: closed, bit 20 of every physical address is 0.
    public var isA20Enabled: Bool {
        get { state.pointee.a20Mask == 0xFFFF_FFFF }
        set {
            guard newValue != isA20Enabled else { return }
            state.pointee.a20Mask = newValue ? 0xFFFF_FFFF : ~(1 << 20)
            Core(context).flushTLB(includingGlobal: true)
        }
    }
}

extension Core {
    /// In the order of their slots, whatever the order in which they were filled.
    func cachedTranslations() -> [Processor.CachedTranslation] {
        let memory = context.pointee.memory
        let slots = UnsafeBufferPointer(start: memory.filled, count: memory.filledCount).sorted()
        return slots.compactMap { slot in
            let entry = memory.tables[Int(slot)]
            guard entry.linear & TLBFlag.valid != 0 else { return nil }
            return Processor.CachedTranslation(
                slot: slot, linear: entry.linear & ~TLBFlag.listed, physical: entry.physical)
        }
    }

    /// Makes the TLB hold exactly `translations`; those that cannot be are left out.
    func restoreTranslations(_ translations: [Processor.CachedTranslation]) {
        flushTLB(includingGlobal: true)
        let tables = context.pointee.memory.tables
        for translation in translations {
            let index = Int(translation.slot)
            guard index < MemoryContext.tableCount * MemoryContext.slots,
                index & (MemoryContext.slots - 1) == slot(translation.linear)
            else { continue }
            fill(
                tables + index, linear: translation.linear, physical: translation.physical,
                flags: translation.linear & 0xFFF & ~TLBFlag.listed)
        }
    }
}
