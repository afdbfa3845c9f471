import Machine
import Processor

extension Debugger {
    /// The memory that an instruction names by its operand.
    struct MemoryOperand {
        /// Index into ``RegisterFile/segments``.
        let segment: Int
        let offset: UInt32
        let linear: UInt32
    }

    /// Where the memory operand of an instruction is, by the registers of the moment; nil if it has none. What an
    /// instruction accesses without naming it (the stack, DS:ESI and ES:EDI) is not looked at.
    func memoryOperand(of instruction: Instruction) -> MemoryOperand? {
        let row = OpcodeTable.rows[Int(instruction.row)]
        let isAbsolute = row.operands.contains(.ob) || row.operands.contains(.ov)
        guard instruction.hasMemoryOperand || isAbsolute else { return nil }
        let state = machine.processor.state
        var offset = instruction.displacement
        if !isAbsolute {
            // "No register" is one that is always zero.
            offset &+= state.pointee.general[Int(instruction.base & 15)]
            offset &+= state.pointee.general[Int(instruction.index & 15)] << UInt32(instruction.scale & 3)
        }
        if !instruction.is32BitAddress { offset &= 0xFFFF }
        let segment = Int(min(instruction.segment, 5))
        return MemoryOperand(
            segment: segment, offset: offset, linear: state.pointee.segments[segment].base &+ offset)
    }
}
