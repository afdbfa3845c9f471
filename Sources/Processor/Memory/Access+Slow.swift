/// A read-modify-write access between its two halves, on the slow path: where the bytes go.
struct PendingModification {
    /// Physical address of the first byte.
    var first: UInt32 = 0
    /// Physical address of the second page's first byte, if the operand crosses a page.
    var second: UInt32 = 0
    /// Bytes in the first page.
    var split: UInt32 = 0
    /// The operand, for the instruction to work on.
    var value: UInt32 = 0
}

/// Memory operands: everything that the fast path leaves over.
extension Core {
    // MARK: Segment checks

    /// Throws the fault of an access of `size` bytes at `offset` that segment type or limit forbid
    /// (SDM vol. 3A, 5.3 and 5.4).
    func checkSegment(_ segment: UInt8, _ offset: UInt32, _ size: UInt32, write: Bool) throws(Fault) {
        let register = state.pointee.segments[Int(segment & 7)]
        let extent = write ? register.writeExtent : register.readExtent
        if UInt64(offset) &+ UInt64(size) <= extent { return }
        if register.allows(offset: offset, size: size, write: write) { return }
        throw Fault(segment == SegmentIndex.ss.rawValue ? Vector.stackFault : Vector.generalProtection, errorCode: 0)
    }

    /// Throws #AC for an operand that is not aligned to its size, if that is checked (SDM vol. 3A, 6.15, interrupt 17).
    @inline(__always)
    func checkAlignment(_ linear: UInt32, _ size: UInt32) throws(Fault) {
        if context.pointee.memory.checksAlignment, linear & (size &- 1) != 0 {
            throw Fault(Vector.alignmentCheck, errorCode: 0)
        }
    }

    /// Looks for data breakpoints, and for watched memory, in an access that is about to succeed.
    @inline(__always)
    func noteAccess(_ linear: UInt32, _ size: UInt32, write: Bool) {
        if state.pointee.debugRegisters[7] & DebugControl.enables != 0 {
            matchDataBreakpoints(linear, size, write: write)
        }
        if context.pointee.watchesLinear {
            noteWatchedAccess(.linear, linear, size, isWrite: write)
        }
    }

    /// Looks for watched physical memory in an operand that is about to be read.
    @inline(__always)
    func notePhysicalRead(_ source: PendingModification, _ size: UInt32) {
        if context.pointee.watchesPhysicalReads {
            noteWatchedAccess(.physical, source.first, min(size, source.split), isWrite: false)
            if source.split < size {
                noteWatchedAccess(.physical, source.second, size &- source.split, isWrite: false)
            }
        }
    }

    @inline(__always)
    private func linearAddress(_ segment: UInt8, _ offset: UInt32) -> UInt32 {
        state.pointee.segments[Int(segment & 7)].base &+ offset
    }

    @inline(__always)
    private var isUser: Bool { state.pointee.cpl == 3 }

    // MARK: Operands in segments

    @inline(never)
    func readSlow(_ segment: UInt8, _ offset: UInt32, _ size: UInt32) throws(Fault) -> UInt32 {
        try checkSegment(segment, offset, size, write: false)
        try checkAlignment(linearAddress(segment, offset), size)
        return try readLinear(linearAddress(segment, offset), size: size, user: isUser)
    }

    @inline(never)
    func writeSlow(_ segment: UInt8, _ offset: UInt32, _ size: UInt32, _ value: UInt32) throws(Fault) {
        try checkSegment(segment, offset, size, write: true)
        try checkAlignment(linearAddress(segment, offset), size)
        try writeLinear(linearAddress(segment, offset), size: size, value: value, user: isUser)
    }

    /// Checks that the operand can be written, and reads it into a copy, whose address it returns.
    @inline(never)
    func beginModify(_ segment: UInt8, _ offset: UInt32, _ size: UInt32) throws(Fault) -> UnsafeMutableRawPointer {
        try checkSegment(segment, offset, size, write: true)
        let linear = linearAddress(segment, offset)
        try checkAlignment(linear, size)
        var target = try translateOperand(linear, size: size, .write, user: isUser)
        noteAccess(linear, size, write: true)
        target.value = readPieces(target, size: size)
        context.pointee.memory.modification = target
        refresh(table(.write, user: isUser) + slot(linear))
        // Valid until the next `beginModify`: the context does not move.
        return withUnsafeMutablePointer(to: &context.pointee.memory.modification.value) { UnsafeMutableRawPointer($0) }
    }

    /// Writes the copy of the last ``beginModify(_:_:_:)`` back.
    @inline(never)
    func endModify(_ size: UInt32) {
        let target = context.pointee.memory.modification
        writePieces(target, size: size, value: target.value)
    }

    @inline(never)
    func probeWriteSlow(_ segment: UInt8, _ offset: UInt32, _ size: UInt32) throws(Fault) {
        try checkSegment(segment, offset, size, write: true)
        _ = try translateOperand(linearAddress(segment, offset), size: size, .write, user: isUser)
    }

    @inline(never)
    func probeReadSlow(_ segment: UInt8, _ offset: UInt32, _ size: UInt32) throws(Fault) {
        try checkSegment(segment, offset, size, write: false)
        _ = try translateOperand(linearAddress(segment, offset), size: size, .read, user: isUser)
    }

    // MARK: Linear addresses

    /// Reads `size` (1, 2 or 4) bytes at a linear address, with the rights of a user or of the supervisor.
    func readLinear(_ linear: UInt32, size: UInt32, user: Bool) throws(Fault) -> UInt32 {
        let entry = table(.read, user: user) + slot(linear)
        if entry.pointee.readTag == (linear &+ (size &- 1)) & 0xFFFF_F000 {
            // Valid: as in `readPointer`.
            let pointer = UnsafeRawPointer(bitPattern: entry.pointee.addend &+ Int(linear)).unsafelyUnwrapped
            return switch size {
            case 1: UInt32(pointer.load(as: UInt8.self))
            case 2: UInt32(pointer.loadUnaligned(as: UInt16.self))
            default: pointer.loadUnaligned(as: UInt32.self)
            }
        }
        let source = try translateOperand(linear, size: size, .read, user: user)
        noteAccess(linear, size, write: false)
        return readPieces(source, size: size)
    }

    /// Writes `size` (1, 2 or 4) bytes at a linear address, with the rights of a user or of the supervisor.
    func writeLinear(_ linear: UInt32, size: UInt32, value: UInt32, user: Bool) throws(Fault) {
        let entry = table(.write, user: user) + slot(linear)
        if entry.pointee.writeTag == (linear &+ (size &- 1)) & 0xFFFF_F000 {
            // Valid: as in `writePointer`.
            let pointer = UnsafeMutableRawPointer(bitPattern: entry.pointee.addend &+ Int(linear)).unsafelyUnwrapped
            switch size {
            case 1: pointer.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            case 2: pointer.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
            default: pointer.storeBytes(of: value, as: UInt32.self)
            }
            return
        }
        let target = try translateOperand(linear, size: size, .write, user: user)
        noteAccess(linear, size, write: true)
        writePieces(target, size: size, value: value)
        refresh(entry)
    }

    /// Reads from a descriptor table, a TSS or another structure of the system: always with supervisor rights.
    @inline(never)
    func readSystem8(_ linear: UInt32) throws(Fault) -> UInt8 {
        UInt8(truncatingIfNeeded: try readLinear(linear, size: 1, user: false))
    }

    @inline(never)
    func readSystem16(_ linear: UInt32) throws(Fault) -> UInt16 {
        UInt16(truncatingIfNeeded: try readLinear(linear, size: 2, user: false))
    }

    @inline(never)
    func readSystem32(_ linear: UInt32) throws(Fault) -> UInt32 {
        try readLinear(linear, size: 4, user: false)
    }

    @inline(never)
    func writeSystem8(_ linear: UInt32, _ value: UInt8) throws(Fault) {
        try writeLinear(linear, size: 1, value: UInt32(value), user: false)
    }

    @inline(never)
    func writeSystem16(_ linear: UInt32, _ value: UInt16) throws(Fault) {
        try writeLinear(linear, size: 2, value: UInt32(value), user: false)
    }

    @inline(never)
    func writeSystem32(_ linear: UInt32, _ value: UInt32) throws(Fault) {
        try writeLinear(linear, size: 4, value: value, user: false)
    }

    /// Throws what writing `size` bytes (1...4096) at a linear address would throw.
    @inline(never)
    func probeLinear(_ linear: UInt32, size: UInt32, _ kind: AccessKind, user: Bool) throws(Fault) {
        _ = try translateOperand(linear, size: size, kind, user: user)
    }

    // MARK: Pieces

    /// Translates every page of an operand of `size` bytes (1...4096), in ascending order.
    func translateOperand(
        _ linear: UInt32, size: UInt32, _ kind: AccessKind, user: Bool
    ) throws(Fault) -> PendingModification {
        let inPage = 0x1000 &- linear & 0xFFF
        let first = try translate(linear, kind, user: user)
        guard inPage < size else { return PendingModification(first: first, second: 0, split: size) }
        let second = try translate(linear &+ inPage, kind, user: user)
        return PendingModification(first: first, second: second, split: inPage)
    }

    private func readPieces(_ source: PendingModification, size: UInt32) -> UInt32 {
        notePhysicalRead(source, size)
        if source.split >= size {
            return readPhysical(source.first, size: size)
        }
        var value: UInt32 = 0
        for index in 0..<size {
            let address = index < source.split ? source.first &+ index : source.second &+ index &- source.split
            value |= readPhysical(address, size: 1) << (index * 8)
        }
        return value
    }

    private func writePieces(_ target: PendingModification, size: UInt32, value: UInt32) {
        if target.split >= size {
            writePhysical(target.first, size: size, value: value)
            return
        }
        for index in 0..<size {
            let address = index < target.split ? target.first &+ index : target.second &+ index &- target.split
            writePhysical(address, size: 1, value: value >> (index * 8) & 0xFF)
        }
    }
}
