/// Decoded code, found by physical address and ``CodeMode``.
///
/// **Constraint.** The interpreter must never decode the same bytes twice in a loop, must find the code for a jump
/// target in a few operations, and must notice every write to code that it has decoded, wherever it comes from, before
/// the next instruction.
///
/// **Choice.** Instructions lie in one large array, the *arena*, block after block: a header slot (how many
/// instructions), the instructions, and a slot with `blockEnd`, which makes the run loop look for the next block. A
/// page of physical memory from which code was decoded has a table with a slot for each of its bytes: the place in the
/// arena of the block that starts there. A block goes on behind conditional jumps, which leave it if they are taken; in
/// 32-bit code also at the target of a jump or call in its page, and at the end of what it has called where the call
/// came from (``BlockContinuation``). It never leaves its page: an instruction that crosses the page's end is kept
/// apart (``CrossingInstruction``).
///
/// A page with decoded code is marked in ``PhysicalMemory``, so that writes to it come to
/// ``Core/codeWritten(at:count:)``. A mask says which 64-byte pieces of the page hold code; a write to other pieces
/// changes nothing, so that data beside code stays cheap. Otherwise all blocks of the page are forgotten. Their slots
/// in the arena stay until the arena is full and everything starts anew; so if the block that is just running is of
/// that page, it can finish its instruction, and it leaves after it, because the slot behind the running instruction
/// becomes `leaveBlock`. (If the slot belongs to a block that is still good, that block is split in two, no more.)
///
/// **Example.** A loop in the page at 7000h jumps to 7C10h. The tag of the running page matches, the table's slot 0xC10
/// holds the block's place: the header says 5 instructions, the deadline is further away, so execution goes on there.
struct CodeCache {
    /// Slots in the arena, of 32 bytes. More would hold more code, and would leave the host's caches when a guest that
    /// modifies its code makes use of all.
    static let capacity = 1 << 18
    /// The longest block in instructions.
    static let blockLimit = 64
    /// A block of so many instructions does not go on behind a jump.
    static let extensionLimit = 32

    let tables = PreparationTables()
    let arena: InstructionPointer
    /// The first free slot. The first two are not used: 0 means "no block", and see ``BlockLink``.
    var used = CodeCache.firstPlace
    static let firstPlace = 2
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
        used = Self.firstPlace
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
    /// Where in the arena the blocks begin (``CodePage/tables``).
    var table: UnsafeMutablePointer<UInt32>?

    static let count = 64

    @inline(__always)
    static func slot(_ linear: UInt32) -> Int { Int(linear >> 12) & (count - 1) }
}

/// A block that a transfer of control has found, and its offset in the code segment. Its page is among those at hand:
/// where one of these goes, all recent blocks are forgotten.
struct RecentBlock {
    /// The offset, and in bits 32-63 the generation in which it was entered; entries of earlier ones are void.
    var tag: UInt64 = 0
    var block: InstructionPointer?

    static let count = 1024

    @inline(__always)
    static func slot(_ offset: UInt32) -> Int { Int(offset) & (count - 1) }
}

/// A decoded instruction that begins in one page and ends in another. Writes to the second page are not noticed, so it
/// is good only as long as the bytes are the same; comparing them is cheaper than decoding.
struct CrossingInstruction {
    /// Physical address of the first byte.
    var physical: UInt32 = 0
    var mode = CodeMode.code16
    /// Its bytes: ``Instruction/length`` of them count.
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    /// Prepared for execution; a length of 0 means that nothing is here.
    var instruction = Instruction()

    @inline(__always)
    static func slot(_ physical: UInt32) -> Int { Int(physical >> 12) & (CodeCache.crossingCount - 1) }
}

/// What decoding and preparing depend on besides the bytes: code of one mode is not good in another.
enum CodeMode: UInt8 {
    case code16, code32
    /// 32-bit code while DS and SS are all of the address space (``Instruction/isFlat``).
    case flat32
}

/// What ``Instruction/link`` can be besides the distance of a block in bytes from the beginning of the arena.
enum BlockLink {
    /// Not a jump within its page.
    static let none: UInt32 = 0
    /// A jump within its page whose target has not been looked for.
    static let unresolved: UInt32 = 1

    static func to(_ block: InstructionPointer, in arena: InstructionPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: UnsafeRawPointer(block) - UnsafeRawPointer(arena))
    }
}

/// The decoded code of one physical page.
struct CodePage {
    /// For each mode, where in the arena the block lies that starts at each byte; 0: there is none. A table is made
    /// when the first block is decoded.
    struct Tables {
        private var tables = InlineArray<4, UnsafeMutablePointer<UInt32>?>(repeating: nil)

        @inline(__always)
        subscript(mode: CodeMode) -> UnsafeMutablePointer<UInt32>? { tables[Int(mode.rawValue & 3)] }

        mutating func make(_ mode: CodeMode) -> UnsafeMutablePointer<UInt32> {
            if let table = self[mode] { return table }
            let table = UnsafeMutablePointer<UInt32>.allocate(capacity: PhysicalMemory.pageSize)
            table.initialize(repeating: 0, count: PhysicalMemory.pageSize)
            tables[Int(mode.rawValue & 3)] = table
            return table
        }

        func clear(_ offsets: Range<Int>) {
            for index in 0..<4 {
                if let table = tables[index] {
                    (table + offsets.lowerBound).update(repeating: 0, count: offsets.count)
                }
            }
        }

        func deallocate() {
            for index in 0..<4 { tables[index]?.deallocate() }
        }
    }

    var tables = Tables()
    /// Bit n: the 64 bytes from offset 64n on hold bytes of decoded instructions.
    var pieces: UInt64 = 0

    func deallocate() {
        tables.deallocate()
    }

    mutating func removeAll() {
        // Blocks begin in pieces that hold code.
        while pieces != 0 {
            let first = pieces.trailingZeroBitCount * 64
            tables.clear(first..<first + 64)
            pieces &= pieces &- 1
        }
    }

    /// The pieces that `count` bytes (1...4096) from `offset` on touch.
    static func mask(offset: UInt32, count: UInt32) -> UInt64 {
        let first = UInt64(offset >> 6)
        let last = UInt64(min(offset &+ count &- 1, 0xFFF) >> 6)
        return (~0 &<< first) & (~0 &>> (63 &- last))
    }

    /// The pieces that the bytes from `start` up to `end`, and at least one, touch.
    static func mask(from start: Int, to end: Int) -> UInt64 {
        mask(offset: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: max(end &- start, 1)))
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
        if mayRun(inPage: page) { requestAttention() } else { forgetRecentBlocks() }
    }

    /// Whether the running block may be one of a physical page; nothing else in the page can be without a look at its
    /// table, once recent blocks have been forgotten.
    private func mayRun(inPage page: UInt32) -> Bool {
        // A page walk writes while a block is being entered.
        guard context.pointee.activity == .instruction && !context.pointee.isWalking else { return true }
        let linear = context.pointee.state.segments[1].base &+ context.pointee.state.eip
        guard let physical = fetchedPage(linear) else { return true }
        return physical >> 12 == page
    }

    /// Makes the run loop take control before the next instruction: code, interrupts or the deadline have changed.
    @inline(__always)
    func requestAttention() {
        context.pointee.limit = 0
        context.pointee.current[1].handler = .leaveBlock
    }

    /// What code is now.
    var codeMode: CodeMode {
        let state = state
        guard state.pointee.segments[1].attributes & SegmentAttribute.big != 0 else { return .code16 }
        let ds = state.pointee.segments[3]
        let ss = state.pointee.segments[2]
        let whole: UInt64 = 1 << 32
        let isFlat =
            ds.base == 0 && ds.readExtent == whole && ds.writeExtent == whole && ss.base == 0 && ss.readExtent == whole
            && ss.writeExtent == whole && ss.attributes & SegmentAttribute.big != 0
        return isFlat ? .flat32 : .code32
    }

    /// Decodes the block that starts at `physical`, the first of at most `available` bytes (to the end of page and
    /// segment), and enters it into its page's table. Nil if not even one instruction fits.
    @inline(never)
    func decodeBlock(
        _ bytes: UnsafePointer<UInt8>, physical: UInt32, available: Int, mode: CodeMode
    ) throws(Decoder.Failure) -> InstructionPointer {
        if context.pointee.code.used &+ CodeCache.blockLimit &+ 4 > CodeCache.capacity {
            context.pointee.code.removeAll()
            forgetRecentBlocks()
        }
        let header = context.pointee.code.arena + context.pointee.code.used
        let tables = context.pointee.code.tables
        let generation = context.pointee.generation
        let start = physical & 0xFFF
        var continuation = BlockContinuation()
        var pieces: UInt64 = 0
        var next = header + 1
        // Both from the block's beginning: what is being decoded, and where the stretch that it belongs to begins.
        var position = 0
        var stretch = 0
        var count = 0
        decoding: while count < CodeCache.blockLimit && position < available {
            do throws(Decoder.Failure) {
                try Decoder.decode(
                    bytes + position, count: available &- position, code32: mode != .code16, generation: generation,
                    tables: tables.decoder, into: next)
            } catch {
                if count == 0 { throw error }
                break decoding
            }
            next.pointee.prepareForExecution(mode, at: position, tables)
            position &+= Int(next.pointee.length)
            next.pointee.prepareLink(endOffset: Int(start) &+ position)
            count &+= 1
            next += 1
            guard next[-1].endsBlock(tables) else { continue }
            guard count < CodeCache.extensionLimit else { break }
            if next[-1].isConditionalJump { continue }
            guard mode != .code16, let target = continuation.follow(next - 1, end: position, in: start) else { break }
            pieces |= CodePage.mask(from: Int(start) &+ stretch, to: Int(start) &+ position)
            position = target
            stretch = target
        }
        pieces |= CodePage.mask(from: Int(start) &+ stretch, to: Int(start) &+ position)
        BlockPreparation.prepare(header + 1, count: count, tables)
        next.initialize(to: Instruction())
        next.pointee.handler = .blockEnd
        next.pointee.blockOffset = Int16(truncatingIfNeeded: position)
        if Int(start) &+ position < PhysicalMemory.pageSize { next.pointee.link = BlockLink.unresolved }
        header.initialize(to: Instruction())
        header.pointee.blockCount = UInt32(truncatingIfNeeded: count)

        let page = physical >> 12
        let code = context.pointee.code.code(ofPage: page)
        code.pointee.pieces |= pieces
        code.pointee.tables.make(mode)[Int(physical & 0xFFF)] = UInt32(truncatingIfNeeded: context.pointee.code.used)
        context.pointee.memory.memory._withUnsafeGuaranteedRef { $0.markCode(page: page) }
        context.pointee.code.used = (next + 1) - context.pointee.code.arena
        return header
    }
}
