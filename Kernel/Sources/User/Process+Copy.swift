import CUser

extension Process {
    /// Gives the process a copy of this program, as it is in memory now, at the same addresses: code, constants and
    /// variables, but neither heap nor stack. So a thread there can begin with a function of this program.
    public func mapCopyOfThisProgram() throws(KernelError) {
        let start = program_start_address()
        let end = program_end_address()
        try map(start, length: end - start, access: .write)
        try write(
            UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(start)), count: Int(end - start)), to: start
        )
    }
}
