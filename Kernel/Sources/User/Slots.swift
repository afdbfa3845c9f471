/// Empty slots of this process's capability table, for what the library puts there.
public enum Slots {
    /// A bit for each slot from `ProgramSlot.firstFree` to `ProgramSlot.lastOwn`: whether it was given out.
    private nonisolated(unsafe) static var used: (UInt32, UInt32, UInt32) = (0, 0, 0)

    /// A slot that is empty; nil if there is none left. Not for two threads at once.
    public static func allocate() -> UInt32? {
        for slot in ProgramSlot.firstFree...ProgramSlot.lastOwn where !isUsed(slot) {
            set(slot, true)
            return slot
        }
        return nil
    }

    /// Empties a slot, which can be given out again.
    public static func release(_ slot: UInt32) {
        try? Capabilities.delete(slot)
        if ProgramSlot.firstFree...ProgramSlot.lastOwn ~= slot { set(slot, false) }
    }

    private static func isUsed(_ slot: UInt32) -> Bool {
        let index = slot - ProgramSlot.firstFree
        let word = index < 32 ? used.0 : index < 64 ? used.1 : used.2
        return word >> (index & 31) & 1 != 0
    }

    private static func set(_ slot: UInt32, _ value: Bool) {
        let index = slot - ProgramSlot.firstFree
        let bit: UInt32 = 1 << (index & 31)
        switch index >> 5 {
        case 0: used.0 = value ? used.0 | bit : used.0 & ~bit
        case 1: used.1 = value ? used.1 | bit : used.1 & ~bit
        default: used.2 = value ? used.2 | bit : used.2 & ~bit
        }
    }
}
