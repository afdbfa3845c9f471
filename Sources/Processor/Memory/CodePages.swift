extension Core {
    /// RAM that holds decoded code is about to change: `count` bytes at `physical`, within one page.
    func codeWritten(at physical: UInt32, count: UInt32) {
        context.pointee.memory.memory._withUnsafeGuaranteedRef { $0.clearCode(page: physical >> 12) }
    }
}
