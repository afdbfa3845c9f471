/// From block to block: how the end of one finds the next.
///
/// **Constraint.** Programs jump every few instructions, so that the way from one block to the next is as hot as the
/// instructions themselves; yet a block may be entered only if its code is still what memory holds, if its page is
/// still mapped and executable, and if it ends before anything is due.
///
/// **Choice.** Four ways. A jump within its page remembers its target (``BlockLink``): code of the same page is mapped
/// if the jump is, and is forgotten together with it. Returns, indirect jumps and those to other pages ask for their
/// target among those that were last found (``RecentBlock``). If it is not there, they look for the page among those at
/// hand (``FetchPage``) and for the offset in its table. All else (pages not at hand, code not decoded, limits,
/// breakpoints) is the work of ``Core/enterBlock()``.
///
/// **Example.** A loop of 10,000 iterations ends with `jnz` to its beginning. The first time, the target is looked for
/// and its place kept in the jump; from then on an iteration costs a comparison of the step count with the limit.
extension Core {
    /// Makes EIP and the step count exact at `instruction`, which has not been executed.
    @inline(__always)
    func synchronize(_ instruction: InstructionPointer) {
        context.pointee.state.eip = offset(instruction)
        context.pointee.state.steps &+= slots(from: context.pointee.counted, to: instruction - 1)
        context.pointee.counted = instruction - 1
    }

    /// The block at EIP, which is where the transfer of control `instruction` leads to; remembers it.
    @inline(never)
    func enterBlock(behind instruction: InstructionPointer) throws(Fault) -> InstructionPointer? {
        let offset = context.pointee.state.eip
        guard let block = followingBlock(offset) else { return try enterBlock() }
        if instruction.pointee.link == BlockLink.unresolved {
            instruction.pointee.link = BlockLink.to(block, in: context.pointee.code.arena)
        } else {
            context.pointee.recentBlocks[RecentBlock.slot(offset)] = RecentBlock(
                tag: UInt64(offset) | context.pointee.recentGeneration, block: block)
        }
        return block
    }

    /// The block at `offset` in the code segment if it was found not long ago and the limit on steps is further away
    /// than its end. EIP and steps are exact.
    @inline(__always)
    func rememberedBlock(_ offset: UInt32) -> InstructionPointer? {
        let recent = context.pointee.recentBlocks + RecentBlock.slot(offset)
        guard _fastPath(recent.pointee.tag == UInt64(offset) | context.pointee.recentGeneration) else { return nil }
        // An entry with a valid tag has a block.
        let header = recent.pointee.block.unsafelyUnwrapped
        guard _fastPath(context.pointee.state.steps &+ UInt64(header.pointee.blockCount) <= context.pointee.limit)
        else {
            return nil
        }
        context.pointee.counted = header
        return header
    }

    /// The block at `offset` in the code segment if nothing stands in the way: it is in a page whose table is at
    /// hand, it has been decoded, and the limit on steps is further away than its end. EIP and steps are exact.
    private func followingBlock(_ offset: UInt32) -> InstructionPointer? {
        let linear = offset &+ context.pointee.state.segments[1].base
        let page = context.pointee.fetchPages + FetchPage.slot(linear)
        guard _fastPath(page.pointee.tag == UInt64(linear & 0xFFFF_F000) | context.pointee.fetchGeneration) else {
            return nil
        }
        // An entry with a valid tag has a table.
        let place = page.pointee.table.unsafelyUnwrapped[Int(linear & 0xFFF)]
        guard _fastPath(place != 0) else { return nil }
        let header = context.pointee.code.arena + Int(place)
        guard _fastPath(context.pointee.state.steps &+ UInt64(header.pointee.blockCount) <= context.pointee.limit)
        else {
            return nil
        }
        context.pointee.counted = header
        return header
    }

    /// The block that the linked jump `instruction` leads to, if the limit on steps is further away than its end. EIP
    /// and steps are exact.
    @inline(__always)
    func linkedBlock(_ link: UInt32) -> InstructionPointer? {
        // A link that is in use leads to a block of the same page, which was forgotten with it if at all.
        let header = UnsafeMutableRawPointer(context.pointee.code.arena).advanced(by: Int(link))
            .assumingMemoryBound(to: Instruction.self)
        guard _fastPath(context.pointee.state.steps &+ UInt64(header.pointee.blockCount) <= context.pointee.limit)
        else {
            return nil
        }
        context.pointee.counted = header
        return header
    }

    /// Makes ``followingBlock(_:)`` fail until a page has been entered again: what linear addresses mean, or who may
    /// execute there, may have changed.
    @inline(__always)
    func forgetFetchPages() {
        forgetRecentBlocks()
        context.pointee.fetchGeneration &+= 1 << 32
        // After 2^32 generations the first entries would be valid again.
        if _slowPath(context.pointee.fetchGeneration == 0) {
            context.pointee.fetchPages.update(repeating: FetchPage(), count: FetchPage.count)
            context.pointee.fetchGeneration = 1 << 32
        }
    }

    /// Makes ``rememberedBlock(_:)`` fail for all blocks found until now: one of their pages is not at hand any more,
    /// or blocks have been forgotten.
    @inline(__always)
    func forgetRecentBlocks() {
        context.pointee.recentGeneration &+= 1 << 32
        if _slowPath(context.pointee.recentGeneration == 0) {
            context.pointee.recentBlocks.update(repeating: RecentBlock(), count: RecentBlock.count)
            context.pointee.recentGeneration = 1 << 32
        }
    }

    /// Takes a page from those at hand.
    @inline(__always)
    private func forget(_ fetchPage: UnsafeMutablePointer<FetchPage>) {
        if fetchPage.pointee.tag >> 32 == context.pointee.fetchGeneration >> 32 { forgetRecentBlocks() }
        fetchPage.pointee.tag = 0
    }

    /// The block at EIP, in any page; decoded now if it has not been. Nil if the limit on steps has been reached, or a
    /// breakpoint. The block may be a copy that ends at the limit.
    ///
    /// Throws what fetching the instruction throws.
    @inline(never)
    func enterBlock() throws(Fault) -> InstructionPointer? {
        let state = state
        guard state.pointee.steps < context.pointee.limit else { return nil }
        let eip = state.pointee.eip
        let limit = state.pointee.segments[1].limit
        guard eip <= limit else { throw .generalProtection() }
        let linear = eip &+ state.pointee.segments[1].base
        let looksForAddresses = context.pointee.looksForAddresses
        if context.pointee.hasBreakpoints && isBreakpoint(linear) { return nil }
        // The observer has not looked yet.
        if context.pointee.observesCode && !context.pointee.observesStep && isObserved(linear) { return nil }
        let mode = codeMode
        let physical = try translateForFetch(linear)
        // The walk may have written to a page with code, which asks for attention.
        guard state.pointee.steps < context.pointee.limit else { return nil }
        let fetchPage = context.pointee.fetchPages + FetchPage.slot(linear)
        let tag = UInt64(linear & 0xFFFF_F000) | context.pointee.fetchGeneration
        if fetchPage.pointee.tag != tag { forget(fetchPage) }
        guard let bytes = fetchPointer(physical) else { return try copyToScratch(linear, physical, mode: mode) }

        let toPageEnd = 0x1000 &- (linear & 0xFFF)
        let toLimit = UInt64(limit &- eip) &+ 1
        // All of the page may be executed. In 32-bit code, blocks go back to what lies before them.
        let isWhole = UInt64(toPageEnd) <= toLimit && (mode == .code16 || eip >= linear & 0xFFF)
        let code = context.pointee.code.pages[Int(physical >> 12)]
        var header: InstructionPointer
        let place = code?.pointee.tables[mode]?[Int(linear & 0xFFF)] ?? 0
        if place != 0 {
            header = context.pointee.code.arena + Int(place)
        } else if toPageEnd < Decoder.maximumLength, crossing(physical, mode: mode) != nil {
            return try copyToScratch(linear, physical, mode: mode)
        } else {
            do throws(Decoder.Failure) {
                header = try decodeBlock(
                    bytes, physical: physical, available: Int(min(UInt64(toPageEnd), toLimit)), mode: mode)
            } catch {
                return try copyToScratch(linear, physical, mode: mode)
            }
        }
        if isWhole && !looksForAddresses, let code = context.pointee.code.pages[Int(physical >> 12)] {
            fetchPage.pointee.tag = tag
            fetchPage.pointee.table = code.pointee.tables[mode]
        }

        // How many of the block's instructions may be executed.
        let allowed = context.pointee.limit &- state.pointee.steps
        var count = UInt64(header.pointee.blockCount)
        // The jumps of a copy follow no links, which rely on the whole page being good to execute.
        let needsCare = looksForAddresses || !isWhole
        if count > allowed || needsCare {
            count = min(count, allowed)
            if needsCare {
                count = min(count, executablePrefix(of: header, at: linear, toLimit: toLimit))
                if count == 0 { return try copyToScratch(linear, physical, mode: mode) }
            }
            header = copyToScratch(header, count: Int(truncatingIfNeeded: count))
        }
        context.pointee.counted = header
        return header
    }

    /// How many instructions of a block lie below the segment's limit and before the next breakpoint, or code that is
    /// observed.
    private func executablePrefix(of header: InstructionPointer, at linear: UInt32, toLimit: UInt64) -> UInt64 {
        var count = 0
        while count < Int(header.pointee.blockCount) {
            let instruction = header[count + 1]
            let offset = UInt32(truncatingIfNeeded: instruction.blockOffset)
            if UInt64(offset) &+ UInt64(instruction.length) > toLimit { break }
            if count > 0 && context.pointee.looksForAddresses && endsBlock(linear &+ offset) { break }
            count += 1
            // In the copy, a jump ends the block.
            if instruction.endsBlock(context.pointee.code.tables) && !instruction.isConditionalJump { break }
        }
        return UInt64(count)
    }

    private func endsBlock(_ linear: UInt32) -> Bool {
        context.pointee.hasBreakpoints && isBreakpoint(linear) || context.pointee.observesCode && isObserved(linear)
    }

    func isBreakpoint(_ linear: UInt32) -> Bool {
        for index in 0..<context.pointee.breakpointCount where context.pointee.breakpoints[index] == linear {
            return true
        }
        guard context.pointee.hasPhysicalBreakpoints else { return false }
        // Without a trace: the instruction may not come to be fetched.
        return context.pointee.processor._withUnsafeGuaranteedRef { processor in
            processor.physicalAddress(ofLinear: linear).map(processor.physicalBreakpoints.contains) ?? false
        }
    }

    /// A copy of the first `count` instructions of a block, after which the run loop looks around.
    private func copyToScratch(_ header: InstructionPointer, count: Int) -> InstructionPointer {
        let scratch = context.pointee.code.scratch
        scratch.update(from: header, count: count + 2)
        for index in 1...count { scratch[index].separate() }
        scratch[count + 1].handler = .leaveBlock
        return scratch
    }

    /// A block of the single instruction at EIP, from bytes that must not or cannot be kept: they continue in the next
    /// page, come from a device, or end at the segment's limit.
    private func copyToScratch(
        _ linear: UInt32, _ physical: UInt32, mode: CodeMode
    ) throws(Fault) -> InstructionPointer? {
        let state = state
        let toLimit = UInt64(state.pointee.segments[1].limit &- state.pointee.eip) &+ 1
        let toPageEnd = 0x1000 &- (linear & 0xFFF)
        let most = UInt32(truncatingIfNeeded: min(UInt64(Decoder.maximumLength), toLimit))
        if let crossing = crossing(physical, mode: mode) {
            if UInt64(crossing.pointee.instruction.length) <= toLimit,
                try isCurrent(crossing, linear, physical, inFirstPage: toPageEnd)
            {
                return enterScratch(crossing.pointee.instruction)
            }
            crossing.pointee.instruction.length = 0
        }
        var window = InlineArray<16, UInt8>(repeating: 0)
        var count: UInt32 = 0
        var second: UInt32 = 0
        while count < most {
            if count == toPageEnd { second = try translateContinuation(linear &+ count) }
            let source = count < toPageEnd ? physical &+ count : second &+ count &- toPageEnd
            window[Int(count & 15)] = fetchByte(source)
            count &+= 1
            // The next page is looked at only if the instruction continues there.
            guard count >= min(toPageEnd, most) else { continue }
            let bytes = window
            let decoded: Result<Instruction, Decoder.Failure> = withUnsafeBytes(of: bytes) { raw in
                guard let start = raw.bindMemory(to: UInt8.self).baseAddress else { return .failure(.incomplete) }
                do throws(Decoder.Failure) {
                    return .success(
                        try Decoder.decode(
                            start, count: Int(count), code32: mode != .code16, generation: context.pointee.generation))
                } catch {
                    return .failure(error)
                }
            }
            guard case .success(var instruction) = decoded else { continue }
            instruction.prepareForExecution(mode, context.pointee.code.tables)
            if count > toPageEnd {
                context.pointee.code.crossings[CrossingInstruction.slot(physical)] = CrossingInstruction(
                    physical: physical, mode: mode, bytes: window, instruction: instruction)
            }
            return enterScratch(instruction)
        }
        // Longer than 15 bytes, or beyond the limit of the segment.
        throw .generalProtection()
    }

    /// A byte of an instruction. If a device has it, the run loop looks around behind the instruction and not before
    /// it: it would fetch again, and never get on.
    private func fetchByte(_ physical: UInt32) -> UInt8 {
        let limit = context.pointee.limit
        let byte = UInt8(truncatingIfNeeded: readPhysical(physical, size: 1))
        if context.pointee.limit != limit {
            context.pointee.limit = min(limit, context.pointee.state.steps &+ 1)
        }
        return byte
    }

    /// Translates the first address of the page in which an instruction continues. It may take the place of another
    /// page in the TLB, so that one must not be at hand any more.
    private func translateContinuation(_ linear: UInt32) throws(Fault) -> UInt32 {
        let fetchPage = context.pointee.fetchPages + FetchPage.slot(linear)
        if fetchPage.pointee.tag & 0xFFFF_F000 != UInt64(linear) { forget(fetchPage) }
        return try translateForFetch(linear)
    }

    /// The crossing instruction that was last seen at `physical`; its bytes may have changed.
    private func crossing(_ physical: UInt32, mode: CodeMode) -> UnsafeMutablePointer<CrossingInstruction>? {
        let crossing = context.pointee.code.crossings + CrossingInstruction.slot(physical)
        guard crossing.pointee.physical == physical, crossing.pointee.mode == mode,
            crossing.pointee.instruction.length != 0
        else { return nil }
        return crossing
    }

    /// Whether the bytes at EIP are those of `crossing`. Fetches from the second page only if those in the first are.
    private func isCurrent(
        _ crossing: UnsafeMutablePointer<CrossingInstruction>, _ linear: UInt32, _ physical: UInt32, inFirstPage: UInt32
    ) throws(Fault) -> Bool {
        let length = Int(crossing.pointee.instruction.length)
        let inFirstPage = Int(inFirstPage)
        guard length > inFirstPage, let first = fetchPointer(physical) else { return false }
        for index in 0..<inFirstPage where first[index] != crossing.pointee.bytes[index & 15] { return false }
        let continuation = try translateContinuation(linear &+ UInt32(truncatingIfNeeded: inFirstPage))
        guard let second = fetchPointer(continuation) else { return false }
        for index in inFirstPage..<length
        where second[index &- inFirstPage] != crossing.pointee.bytes[index & 15] { return false }
        return true
    }

    /// A block of one instruction, which is not in the code cache. Nil if attention was asked for meanwhile.
    private func enterScratch(_ instruction: Instruction) -> InstructionPointer? {
        let scratch = context.pointee.code.scratch
        var end = Instruction()
        end.handler = .blockEnd
        end.blockOffset = Int16(instruction.length)
        scratch[1] = instruction
        scratch[2] = end
        context.pointee.counted = scratch
        return context.pointee.state.steps < context.pointee.limit ? scratch : nil
    }
}
