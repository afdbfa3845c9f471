/// Where a block goes on behind a transfer of control.
///
/// **Constraint.** A block that ends costs as much as several instructions: time is counted, the next one is found, and
/// the host cannot foresee which it is. Most jumps and calls, though, always lead to the same place.
///
/// **Choice.** While a block is decoded, direct jumps and calls to the same page are followed. A jump becomes an
/// instruction that does nothing; a call pushes, and its return address is kept, so that the return of what was called
/// only has to be compared with it (``Handler/retWithin32``): if it leads elsewhere, the block ends there. All stays in
/// one page, which is mapped and may be executed if any of it may, and all of which is below the segment's limit
/// wherever such a block is executed in place (``Core/enterBlock()``); so nothing that a guest can see depends on it.
/// Each instruction keeps its slot, by which steps are counted, and its distance from the block's beginning, which
/// becomes negative for code before it.
///
/// Only 32-bit code is followed: offsets of 16 bits wrap in the middle of a page. A copy of a block in which each
/// instruction stands for itself (``Instruction/separate()``) ends at its first jump.
///
/// **Example.** `call f; add eax, 1`, and at f `mov eax, [n]; ret`, are one block in the order `call`, `mov`, `ret`,
/// `add`. If f has changed the return address on its stack, the block ends with `ret`.
struct BlockContinuation {
    /// The return addresses of the calls that were followed, from the block's beginning; `outside` if the page ends
    /// there. Deeper ones are not followed.
    private var returns = InlineArray<8, Int>(repeating: 0)
    private var depth = 0
    private static let outside = Int.max

    /// Prepares the transfer of control `instruction`, which ends at `end`, for going on behind it, and returns where;
    /// nil if the block has to end. Distances are from the block's beginning at offset `start` in its page.
    mutating func follow(_ instruction: InstructionPointer, end: Int, in start: UInt32) -> Int? {
        switch instruction.pointee.operation {
        case .jmpRelative32 where instruction.pointee.link == BlockLink.unresolved:
            instruction.pointee.becomeMoveOfNothing()
            return Int(Int32(bitPattern: instruction.pointee.displacement))
        case .callRelative32 where instruction.pointee.link == BlockLink.unresolved && depth < returns.count:
            returns[depth] = Int(start) &+ end < PhysicalMemory.pageSize ? end : Self.outside
            depth += 1
            instruction.pointee.handler = .callWithin32
            return Int(Int32(bitPattern: instruction.pointee.displacement))
        case .ret32 where depth > 0:
            depth -= 1
            guard returns[depth] != Self.outside else { return nil }
            instruction.pointee.handler = .retWithin32
            instruction.pointee.displacement = UInt32(truncatingIfNeeded: returns[depth])
            return returns[depth]
        default: return nil
        }
    }
}
