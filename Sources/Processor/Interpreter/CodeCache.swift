/// Decoded code, found by physical address and code size (CS.D).
///
/// **Constraint.** The interpreter must never decode the same bytes twice in a loop, must find the code for a jump
/// target in a few operations, and must notice every write to code that it has decoded, wherever it comes from, before
/// the next instruction.
///
/// **Choice.** Instructions lie in one large array, the *arena*, block after block: a header slot (how many
/// instructions, how many bytes), the instructions, and a slot with `blockEnd`, which makes the run loop look for the
/// next block. A page of physical memory from which code was decoded has a table with a slot for each of its bytes: the
/// place in the arena of the block that starts there. A block never leaves its page: an instruction that crosses the
/// page's end is kept apart (``CrossingInstruction``).
///
/// A page with decoded code is marked in ``PhysicalMemory``, so that writes to it come to
/// ``Core/codeWritten(at:count:)``. A mask says which 64-byte pieces of the page hold code; a write to other pieces
/// changes nothing, so that data beside code stays cheap. Otherwise all blocks of the page are forgotten. Their slots
/// in the arena stay until the arena is full and everything starts anew; so the block that is just running can finish
/// its instruction, and it leaves after it, because the slot behind the running instruction becomes `leaveBlock`. (If
/// the slot belongs to a block that is still good, that block is split in two, no more.)
///
/// **Example.** A loop in the page at 7000h jumps to 7C10h. The tag of the running page matches, the table's slot 0xC10
/// holds the block's place: the header says 5 instructions, the deadline is further away, so execution goes on there.
struct CodeCache {
    /// Slots in the arena. 2^20 of 24 bytes; the host provides pages as they are used.
    static let capacity = 1 << 20
    /// The longest block in instructions.
    static let blockLimit = 64

    let arena: InstructionPointer
    /// The first free slot; slot 0 is not used, so that 0 means "no block".
    var used = 1
    /// For each physical page, its code or nil.
    let pages: UnsafeMutablePointer<UnsafeMutablePointer<CodePage>?>
    /// The pages that have an entry in ``pages``.
    var known: [UInt32] = []
    /// Where copies of instructions are executed that cannot be executed in place: those of a block up to a deadline,
    /// and those that were not kept.
    let scratch: InstructionPointer
    /// The last instruction seen that crosses the end of a page, for each residue of page numbers.
    let crossings: UnsafeMutablePointer<CrossingInstruction>
    static let crossingCount = 256

    init() {
        arena = .allocate(capacity: Self.capacity)
        pages = .allocate(capacity: PhysicalMemory.pageCount)
        pages.initialize(repeating: nil, count: PhysicalMemory.pageCount)
        scratch = .allocate(capacity: Self.blockLimit + 4)
        scratch.initialize(repeating: Instruction(), count: Self.blockLimit + 4)
        crossings = .allocate(capacity: Self.crossingCount)
        crossings.initialize(repeating: CrossingInstruction(), count: Self.crossingCount)
    }

    func deallocate() {
        for page in known {
            if let code = pages[Int(page)] {
                code.pointee.deallocate()
                code.deallocate()
            }
        }
        pages.deallocate()
        arena.deallocate()
        crossings.deallocate()
        scratch.deallocate()
    }

    /// Forgets all code.
    mutating func removeAll() {
        for page in known { pages[Int(page)]?.pointee.removeAll() }
        used = 1
    }

    /// The code of a physical page; makes an empty one if there is none.
    mutating func code(ofPage page: UInt32) -> UnsafeMutablePointer<CodePage> {
        if let code = pages[Int(page)] { return code }
        let code = UnsafeMutablePointer<CodePage>.allocate(capacity: 1)
        code.initialize(to: CodePage())
        pages[Int(page)] = code
        known.append(page)
        return code
    }
}

/// A linear page whose blocks the run loop finds without a translation.
///
/// The pages in the direct-mapped table of these are always among those that the fetch TLB holds: a fetch that fills a
/// slot of the TLB also replaces the entry here whose place has the same low bits of the page number. So looking here
/// instead of there cannot be noticed.
struct FetchPage {
    /// The linear page, and in bits 32-63 the generation in which it was entered; entries of earlier ones are void.
    var tag: UInt64 = 0
    /// Where in the arena the blocks begin (``CodePage/table(code32:)``).
    var table: UnsafeMutablePointer<UInt32>?

    static let count = 64

    @inline(__always)
    static func slot(_ linear: UInt32) -> Int { Int(linear >> 12) & (count - 1) }
}

/// A decoded instruction that begins in one page and ends in another. Writes to the second page are not noticed, so it
/// is good only as long as the bytes are the same; comparing them is cheaper than decoding.
struct CrossingInstruction {
    /// Physical address of the first byte.
    var physical: UInt32 = 0
    var code32 = false
    /// Its bytes: ``Instruction/length`` of them count.
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    /// Prepared for execution; a length of 0 means that nothing is here.
    var instruction = Instruction()

    @inline(__always)
    static func slot(_ physical: UInt32) -> Int { Int(physical >> 12) & (CodeCache.crossingCount - 1) }
}

/// The decoded code of one physical page.
struct CodePage {
    /// Where in the arena the block lies that starts at each byte, for 16-bit code; 0: there is none. Then the same for
    /// 32-bit code.
    let blocks: UnsafeMutablePointer<UInt32>
    /// Bit n: the 64 bytes from offset 64n on hold bytes of decoded instructions.
    var pieces: UInt64 = 0

    init() {
        blocks = .allocate(capacity: 2 * PhysicalMemory.pageSize)
        blocks.initialize(repeating: 0, count: 2 * PhysicalMemory.pageSize)
    }

    func deallocate() {
        blocks.deallocate()
    }

    @inline(__always)
    func table(code32: Bool) -> UnsafeMutablePointer<UInt32> {
        blocks + (code32 ? PhysicalMemory.pageSize : 0)
    }

    mutating func removeAll() {
        // Blocks begin in pieces that hold code.
        while pieces != 0 {
            let first = pieces.trailingZeroBitCount * 64
            (blocks + first).update(repeating: 0, count: 64)
            (blocks + PhysicalMemory.pageSize + first).update(repeating: 0, count: 64)
            pieces &= pieces &- 1
        }
    }

    /// The pieces that `count` bytes (1...4096) from `offset` on touch.
    static func mask(offset: UInt32, count: UInt32) -> UInt64 {
        let first = UInt64(offset >> 6)
        let last = UInt64(min(offset &+ count &- 1, 0xFFF) >> 6)
        return (~0 &<< first) & (~0 &>> (63 &- last))
    }
}

/// The header slot of a block uses the fields of an ``Instruction`` for its own purposes.
extension Instruction {
    /// Instructions in the block.
    @inline(__always)
    var blockCount: UInt32 {
        get { immediate }
        set { immediate = newValue }
    }

    /// Bytes in the block.
    @inline(__always)
    var blockBytes: UInt32 {
        get { displacement }
        set { displacement = newValue }
    }
}

extension Core {
    /// RAM that holds decoded code is about to change: `count` bytes at `physical`, within one page.
    func codeWritten(at physical: UInt32, count: UInt32) {
        let page = physical >> 12
        if let code = context.pointee.code.pages[Int(page)] {
            let pieces = code.pointee.pieces
            if pieces != 0 && pieces & CodePage.mask(offset: physical & 0xFFF, count: count) == 0 { return }
            code.pointee.removeAll()
        }
        context.pointee.memory.memory._withUnsafeGuaranteedRef { $0.clearCode(page: page) }
        requestAttention()
    }

    /// Makes the run loop take control before the next instruction: code, interrupts or the deadline have changed.
    @inline(__always)
    func requestAttention() {
        context.pointee.limit = 0
        context.pointee.current[1].operation = .leaveBlock
    }

    /// Decodes the block that starts at `physical`, the first of at most `available` bytes (to the end of page and
    /// segment), and enters it into its page's table. Nil if not even one instruction fits.
    @inline(never)
    func decodeBlock(
        _ bytes: UnsafePointer<UInt8>, physical: UInt32, available: Int, code32: Bool
    ) throws(Decoder.Failure) -> InstructionPointer {
        if context.pointee.code.used &+ CodeCache.blockLimit &+ 4 > CodeCache.capacity {
            context.pointee.code.removeAll()
        }
        let header = context.pointee.code.arena + context.pointee.code.used
        let generation = context.pointee.generation
        var next = header + 1
        var position = 0
        var count: UInt32 = 0
        decoding: while count < CodeCache.blockLimit && position < available {
            var instruction: Instruction
            do throws(Decoder.Failure) {
                instruction = try Decoder.decode(
                    bytes + position, count: available &- position, code32: code32, generation: generation)
            } catch {
                if count == 0 { throw error }
                break decoding
            }
            instruction.prepareForExecution()
            instruction.blockOffset = UInt16(truncatingIfNeeded: position)
            next.initialize(to: instruction)
            next += 1
            count &+= 1
            position &+= Int(instruction.length)
            if instruction.endsBlock { break }
        }
        var end = Instruction()
        end.operation = .blockEnd
        end.blockOffset = UInt16(truncatingIfNeeded: position)
        next.initialize(to: end)
        var head = Instruction()
        head.blockCount = count
        head.blockBytes = UInt32(truncatingIfNeeded: position)
        header.initialize(to: head)

        let page = physical >> 12
        let code = context.pointee.code.code(ofPage: page)
        code.pointee.pieces |= CodePage.mask(
            offset: physical & 0xFFF, count: UInt32(truncatingIfNeeded: max(position, 1)))
        code.pointee.table(code32: code32)[Int(physical & 0xFFF)] = UInt32(
            truncatingIfNeeded: context.pointee.code.used)
        context.pointee.memory.memory._withUnsafeGuaranteedRef { $0.markCode(page: page) }
        context.pointee.code.used = (next + 1) - context.pointee.code.arena
        return header
    }
}

extension Instruction {
    /// Nothing is executed behind this instruction without looking for the next block.
    var endsBlock: Bool {
        operation == .invalid || operation == .repeatString || Decoder.entries[Int(row)].flags.contains(.endsBlock)
    }

    /// Rewrites what the interpreter wants in another form than the decoder gives it: byte registers become byte
    /// offsets into the register file (AH is 1), both directions of an opcode become one, and frequent forms get
    /// operations of their own.
    mutating func prepareForExecution() {
        let flags = Decoder.entries[Int(row)].flags
        let isRegisterForm = modRM >= 0xC0 || !flags.contains(.modRM)
        if flags.contains(.byteReg) { reg = Self.byteOffset(reg) }
        if flags.contains(.byteRM) && isRegisterForm { rm = Self.byteOffset(rm) }
        if flags.contains(.swapsRegisters) && isRegisterForm { swap(&reg, &rm) }
        // Nothing of this concerns a misused `lock`.
        guard operation != .invalid else { return }
        if flags.contains(.string), prefixes.contains(.rep) || prefixes.contains(.repne) { operation = .repeatString }
        switch operation {
        case .shiftRI32 where immediate & 31 != 0:
            switch reg {
            case 4, 6: operation = .shlRI32
            case 5: operation = .shrRI32
            case 7: operation = .sarRI32
            default: break
            }
        default: break
        }
    }

    private static func byteOffset(_ register: UInt8) -> UInt8 {
        (register & 3) &<< 2 | register >> 2 & 1
    }
}
