/// The switch over the MMX, SSE and SSE2 instructions.
extension Core {
    /// Executes one MMX, SSE or SSE2 instruction. ``ProcessorState/eip`` is still that of its block.
    @inline(never)
    func executeSIMD(_ instruction: InstructionPointer) throws(Fault) {
        throw .invalidOpcode
    }
}
