/// Memory operands of 8 and 16 bytes.
///
/// The fast path is that of the narrow ones. On the slow path all pages are translated, and known to allow the access,
/// before a byte moves; devices see doublewords, in ascending order.
extension Core {
    /// Reads a quadword at `offset` in the segment register with number `segment`.
    @inline(__always)
    func read64(_ segment: UInt8, _ offset: UInt32) throws(Fault) -> UInt64 {
        if let pointer = readPointer(segment, offset, 8) {
            return pointer.loadUnaligned(as: UInt64.self)
        }
        return try readSlow64(segment, offset)
    }

    /// Writes a quadword at `offset` in the segment register with number `segment`.
    @inline(__always)
    func write64(_ segment: UInt8, _ offset: UInt32, _ value: UInt64) throws(Fault) {
        if let pointer = writePointer(segment, offset, 8) {
            pointer.storeBytes(of: value, as: UInt64.self)
        } else {
            try writeSlow64(segment, offset, value)
        }
    }

    /// Reads a double quadword, aligned or not.
    @inline(__always)
    func read128(_ segment: UInt8, _ offset: UInt32) throws(Fault) -> XMM {
        if let pointer = readPointer(segment, offset, 16) {
            return XMM(pointer.loadUnaligned(as: SIMD2<UInt64>.self))
        }
        return try readSlow128(segment, offset, isAligned: false)
    }

    /// Writes a double quadword, aligned or not.
    @inline(__always)
    func write128(_ segment: UInt8, _ offset: UInt32, _ value: XMM) throws(Fault) {
        if let pointer = writePointer(segment, offset, 16) {
            pointer.storeBytes(of: value.quadwords, as: SIMD2<UInt64>.self)
        } else {
            try writeSlow128(segment, offset, value, isAligned: false)
        }
    }

    /// Reads a double quadword that must be aligned: otherwise #GP(0) (SDM vol. 1, 10.4.1.1), after faults of the
    /// segment and before faults of the page.
    @inline(__always)
    func readAligned128(_ segment: UInt8, _ offset: UInt32) throws(Fault) -> XMM {
        // Bases and pages of the host are aligned like the guest's, so the host address tells; see `TLBEntry.addend`.
        if let pointer = readPointer(segment, offset, 16), UInt(bitPattern: pointer) & 15 == 0 {
            return XMM(pointer.load(as: SIMD2<UInt64>.self))
        }
        return try readSlow128(segment, offset, isAligned: true)
    }

    /// Writes a double quadword that must be aligned.
    @inline(__always)
    func writeAligned128(_ segment: UInt8, _ offset: UInt32, _ value: XMM) throws(Fault) {
        if let pointer = writePointer(segment, offset, 16), UInt(bitPattern: pointer) & 15 == 0 {
            pointer.storeBytes(of: value.quadwords, as: SIMD2<UInt64>.self)
        } else {
            try writeSlow128(segment, offset, value, isAligned: true)
        }
    }

    // MARK: The slow path

    @inline(never)
    private func readSlow64(_ segment: UInt8, _ offset: UInt32) throws(Fault) -> UInt64 {
        let source = try translateWide(segment, offset, size: 8, .read, alignment: 8)
        return readWide(source, at: 0, size: 8)
    }

    @inline(never)
    private func writeSlow64(_ segment: UInt8, _ offset: UInt32, _ value: UInt64) throws(Fault) {
        let target = try translateWide(segment, offset, size: 8, .write, alignment: 8)
        writeWide(target, at: 0, size: 8, value)
        refreshWide(segment, offset)
    }

    @inline(never)
    private func readSlow128(_ segment: UInt8, _ offset: UInt32, isAligned: Bool) throws(Fault) -> XMM {
        if isAligned { try requireAlignment(segment, offset, write: false) }
        let source = try translateWide(segment, offset, size: 16, .read, alignment: 16)
        let low = readWide(source, at: 0, size: 16)
        return XMM(low, readWide(source, at: 8, size: 16))
    }

    @inline(never)
    private func writeSlow128(_ segment: UInt8, _ offset: UInt32, _ value: XMM, isAligned: Bool) throws(Fault) {
        if isAligned { try requireAlignment(segment, offset, write: true) }
        let target = try translateWide(segment, offset, size: 16, .write, alignment: 16)
        writeWide(target, at: 0, size: 16, value.low)
        writeWide(target, at: 8, size: 16, value.high)
        refreshWide(segment, offset)
    }

    /// Throws #GP(0) if an operand of 16 bytes is not aligned; before that, what its segment forbids.
    @inline(never)
    func requireAlignment(_ segment: UInt8, _ offset: UInt32, size: UInt32 = 16, write: Bool) throws(Fault) {
        try checkSegment(segment, offset, size, write: write)
        guard (state.pointee.segments[Int(segment & 7)].base &+ offset) & 15 == 0 else { throw .generalProtection(0) }
    }

    private func translateWide(
        _ segment: UInt8, _ offset: UInt32, size: UInt32, _ kind: AccessKind, alignment: UInt32
    ) throws(Fault) -> PendingModification {
        try checkSegment(segment, offset, size, write: kind == .write)
        let linear = state.pointee.segments[Int(segment & 7)].base &+ offset
        try checkAlignment(linear, alignment)
        let operand = try translateOperand(linear, size: size, kind, user: state.pointee.cpl == 3)
        noteAccess(linear, size, write: kind == .write)
        if kind == .read { notePhysicalRead(operand, size) }
        return operand
    }

    private func refreshWide(_ segment: UInt8, _ offset: UInt32) {
        let linear = state.pointee.segments[Int(segment & 7)].base &+ offset
        refresh(table(.write, user: state.pointee.cpl == 3) + slot(linear))
    }

    /// The quadword that begins `start` bytes into an operand of `size` bytes.
    private func readWide(_ source: PendingModification, at start: UInt32, size: UInt32) -> UInt64 {
        var value: UInt64 = 0
        if source.split >= size {
            for index in 0..<2 as Range<UInt32> {
                let part = readPhysical(source.first &+ start &+ index &* 4, size: 4)
                value |= UInt64(part) << UInt64(index * 32)
            }
            return value
        }
        for index in 0..<8 as Range<UInt32> {
            value |= UInt64(readPhysical(byteAddress(source, start + index), size: 1) & 0xFF) << UInt64(index * 8)
        }
        return value
    }

    private func writeWide(_ target: PendingModification, at start: UInt32, size: UInt32, _ value: UInt64) {
        if target.split >= size {
            for index in 0..<2 as Range<UInt32> {
                writePhysical(
                    target.first &+ start &+ index &* 4, size: 4,
                    value: UInt32(truncatingIfNeeded: value >> UInt64(index * 32)))
            }
            return
        }
        for index in 0..<8 as Range<UInt32> {
            writePhysical(
                byteAddress(target, start + index), size: 1,
                value: UInt32(truncatingIfNeeded: value >> UInt64(index * 8)) & 0xFF)
        }
    }

    /// The physical address of one byte of an operand that may cross a page.
    private func byteAddress(_ operand: PendingModification, _ index: UInt32) -> UInt32 {
        index < operand.split ? operand.first &+ index : operand.second &+ index &- operand.split
    }
}
