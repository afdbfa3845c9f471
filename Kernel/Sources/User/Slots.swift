/// Empty slots of this process's capability table, for what the library puts there.
public enum Slots {
    /// Those that were given out, counted from `ProgramSlot.firstFree`.
    private nonisolated(unsafe) static var used = SmallSet()

    /// A slot that is empty; nil if there is none left.
    public static func allocate() -> UInt32? {
        let count = ProgramSlot.lastOwn - ProgramSlot.firstFree + 1
        return LibraryLock.withLock { used.insertFirst(below: count) }.map { ProgramSlot.firstFree + $0 }
    }

    /// Empties a slot, which can be given out again.
    public static func release(_ slot: UInt32) {
        try? Capabilities.delete(slot)
        guard ProgramSlot.firstFree...ProgramSlot.lastOwn ~= slot else { return }
        LibraryLock.withLock { used.remove(slot - ProgramSlot.firstFree) }
    }

    /// Fills an empty slot; it stays empty if that fails.
    ///
    /// - Throws: `.badSlot` if there is none left, and what `body` throws.
    static func fill<Result>(_ body: (UInt32) throws(KernelError) -> Result) throws(KernelError) -> Result {
        guard let slot = allocate() else { throw .badSlot }
        do throws(KernelError) {
            return try body(slot)
        } catch {
            release(slot)
            throw error
        }
    }
}
