/// Memory operands: the fast path.
///
/// An access through a segment register costs, when all is well, an add and a compare for the limit, an index and a
/// compare for the translation, and the load or store. Everything else (limits of expand-down segments, operands that
/// cross a page, devices, pages with code, faults) is behind a call that is never inlined: see `Access+Slow.swift`.
///
/// A fault leaves nothing changed: each function checks all bytes of its operand before it touches one.
extension Core {
    @inline(__always)
    private func entry(_ linear: UInt32) -> UnsafeMutablePointer<TLBEntry> {
        context.pointee.memory.data + slot(linear)
    }

    /// The linear address of the operand if reading it needs no thought about the segment, and its host address if it
    /// needs no thought about the page either; nil otherwise.
    @inline(__always)
    func readPointer(_ segment: UInt8, _ offset: UInt32, _ size: UInt32) -> UnsafeMutableRawPointer? {
        let register = Int(segment & 7)
        guard _fastPath(UInt64(offset) &+ UInt64(size) <= state.pointee.segments[register].readExtent) else {
            return nil
        }
        let linear = state.pointee.segments[register].base &+ offset
        let entry = entry(linear)
        // The index is of the first byte's page and the tag is compared with the last byte's.
        guard _fastPath(entry.pointee.readTag == (linear &+ (size &- 1)) & 0xFFFF_F000) else { return nil }
        // Valid: the entry maps a page of RAM or ROM, which `PhysicalMemory` keeps mapped.
        return UnsafeMutableRawPointer(bitPattern: entry.pointee.addend &+ Int(linear)).unsafelyUnwrapped
    }

    @inline(__always)
    func writePointer(_ segment: UInt8, _ offset: UInt32, _ size: UInt32) -> UnsafeMutableRawPointer? {
        let register = Int(segment & 7)
        guard _fastPath(UInt64(offset) &+ UInt64(size) <= state.pointee.segments[register].writeExtent) else {
            return nil
        }
        let linear = state.pointee.segments[register].base &+ offset
        let entry = entry(linear)
        guard _fastPath(entry.pointee.writeTag == (linear &+ (size &- 1)) & 0xFFFF_F000) else { return nil }
        // Valid: as in `readPointer`; the page is RAM whose gate is open.
        return UnsafeMutableRawPointer(bitPattern: entry.pointee.addend &+ Int(linear)).unsafelyUnwrapped
    }

    // MARK: Flat segments
    //
    // The segment is all of the address space, readable and writable (``Instruction/isFlat``), so that the offset is
    // the linear address and no limit can be exceeded but by an operand that wraps, which crosses a page and takes the
    // slow path.

    @inline(__always)
    private func flatWritePointer(_ linear: UInt32, _ size: UInt32) -> UnsafeMutableRawPointer? {
        let entry = entry(linear)
        guard _fastPath(entry.pointee.writeTag == (linear &+ (size &- 1)) & 0xFFFF_F000) else { return nil }
        // Valid: as in `writePointer`.
        return UnsafeMutableRawPointer(bitPattern: entry.pointee.addend &+ Int(linear)).unsafelyUnwrapped
    }

    /// Whether ``readable(_:)`` may read `size` bytes (1...4096) at a linear address.
    @inline(__always)
    func isReadable(_ linear: UInt32, _ size: UInt32) -> Bool {
        entry(linear).pointee.readTag == (linear &+ (size &- 1)) & 0xFFFF_F000
    }

    /// Reads at a linear address of which ``isReadable(_:_:)`` has just been true for as many bytes.
    @inline(__always)
    func readable<T: FixedWidthInteger>(_ linear: UInt32) -> T {
        // Valid: as in `readPointer`. (Not in a function that returns an optional: the pointer would be compared with
        // nil.)
        UnsafeRawPointer(bitPattern: entry(linear).pointee.addend &+ Int(linear)).unsafelyUnwrapped
            .loadUnaligned(as: T.self)
    }

    /// Whether ``write(writable:_:)`` may write `size` bytes (1...4096) at a linear address.
    @inline(__always)
    func isWritable(_ linear: UInt32, _ size: UInt32) -> Bool {
        entry(linear).pointee.writeTag == (linear &+ (size &- 1)) & 0xFFFF_F000
    }

    /// Writes at a linear address of which ``isWritable(_:_:)`` has just been true for as many bytes.
    @inline(__always)
    func write<T: FixedWidthInteger>(writable linear: UInt32, _ value: T) {
        // Valid: as in `writePointer`.
        UnsafeMutableRawPointer(bitPattern: entry(linear).pointee.addend &+ Int(linear)).unsafelyUnwrapped
            .storeBytes(of: value, as: T.self)
    }

    /// Reads an operand at the linear address `linear` in the flat segment register with number `segment`.
    @inline(__always)
    func readFlat<T: Operand>(_ segment: UInt8, _ linear: UInt32) throws(Fault) -> T {
        let size = UInt32(MemoryLayout<T>.size)
        guard _fastPath(isReadable(linear, size)) else {
            return T(truncatingIfNeeded: try readSlow(segment, linear, size))
        }
        return readable(linear)
    }

    /// Writes an operand at the linear address `linear` in the flat segment register with number `segment`.
    @inline(__always)
    func writeFlat<T: Operand>(_ segment: UInt8, _ linear: UInt32, _ value: T) throws(Fault) {
        let size = UInt32(MemoryLayout<T>.size)
        guard _fastPath(isWritable(linear, size)) else {
            return try writeSlow(segment, linear, size, UInt32(truncatingIfNeeded: value))
        }
        write(writable: linear, value)
    }

    /// Replaces an operand at `offset` in the segment register with number `segment`, which may be flat. Whether it may
    /// be written is known before `body` runs, which is written out once: on the slow path it works on a copy.
    @inline(__always)
    func modify<T: Operand>(_ segment: UInt8, _ offset: UInt32, isFlat: Bool, _ body: (T) -> T) throws(Fault) {
        let size = UInt32(MemoryLayout<T>.size)
        let fast = isFlat ? flatWritePointer(offset, size) : writePointer(segment, offset, size)
        let pointer = if let fast { fast } else { try beginModify(segment, offset, size) }
        pointer.storeBytes(of: body(pointer.loadUnaligned(as: T.self)), as: T.self)
        if _slowPath(fast == nil) { endModify(size) }
    }

    // MARK: Reads

    /// Reads a byte at `offset` in the segment register with number `segment`.
    @inline(__always)
    func read8(_ segment: UInt8, _ offset: UInt32) throws(Fault) -> UInt8 {
        if let pointer = readPointer(segment, offset, 1) {
            return pointer.load(as: UInt8.self)
        }
        return UInt8(truncatingIfNeeded: try readSlow(segment, offset, 1))
    }

    /// Reads a word at `offset` in the segment register with number `segment`.
    @inline(__always)
    func read16(_ segment: UInt8, _ offset: UInt32) throws(Fault) -> UInt16 {
        if let pointer = readPointer(segment, offset, 2) {
            return pointer.loadUnaligned(as: UInt16.self)
        }
        return UInt16(truncatingIfNeeded: try readSlow(segment, offset, 2))
    }

    /// Reads a doubleword at `offset` in the segment register with number `segment`.
    @inline(__always)
    func read32(_ segment: UInt8, _ offset: UInt32) throws(Fault) -> UInt32 {
        if let pointer = readPointer(segment, offset, 4) {
            return pointer.loadUnaligned(as: UInt32.self)
        }
        return try readSlow(segment, offset, 4)
    }

    // MARK: Writes

    /// Writes a byte at `offset` in the segment register with number `segment`.
    @inline(__always)
    func write8(_ segment: UInt8, _ offset: UInt32, _ value: UInt8) throws(Fault) {
        if let pointer = writePointer(segment, offset, 1) {
            pointer.storeBytes(of: value, as: UInt8.self)
        } else {
            try writeSlow(segment, offset, 1, UInt32(value))
        }
    }

    /// Writes a word at `offset` in the segment register with number `segment`.
    @inline(__always)
    func write16(_ segment: UInt8, _ offset: UInt32, _ value: UInt16) throws(Fault) {
        if let pointer = writePointer(segment, offset, 2) {
            pointer.storeBytes(of: value, as: UInt16.self)
        } else {
            try writeSlow(segment, offset, 2, UInt32(value))
        }
    }

    /// Writes a doubleword at `offset` in the segment register with number `segment`.
    @inline(__always)
    func write32(_ segment: UInt8, _ offset: UInt32, _ value: UInt32) throws(Fault) {
        if let pointer = writePointer(segment, offset, 4) {
            pointer.storeBytes(of: value, as: UInt32.self)
        } else {
            try writeSlow(segment, offset, 4, value)
        }
    }

    // MARK: Read-modify-write
    //
    // `body` is written out once: on the slow path it works on a copy that is then written back.

    /// Replaces a byte by what `body` makes of it. Whether it may be written is known before `body` runs.
    @inline(__always)
    func modify8(_ segment: UInt8, _ offset: UInt32, _ body: (UInt8) -> UInt8) throws(Fault) {
        let fast = writePointer(segment, offset, 1)
        let pointer = if let fast { fast } else { try beginModify(segment, offset, 1) }
        pointer.storeBytes(of: body(pointer.loadUnaligned(as: UInt8.self)), as: UInt8.self)
        if _slowPath(fast == nil) { endModify(1) }
    }

    /// Replaces a word by what `body` makes of it. Whether it may be written is known before `body` runs.
    @inline(__always)
    func modify16(_ segment: UInt8, _ offset: UInt32, _ body: (UInt16) -> UInt16) throws(Fault) {
        let fast = writePointer(segment, offset, 2)
        let pointer = if let fast { fast } else { try beginModify(segment, offset, 2) }
        pointer.storeBytes(of: body(pointer.loadUnaligned(as: UInt16.self)), as: UInt16.self)
        if _slowPath(fast == nil) { endModify(2) }
    }

    /// Replaces a doubleword by what `body` makes of it. Whether it may be written is known before `body` runs.
    @inline(__always)
    func modify32(_ segment: UInt8, _ offset: UInt32, _ body: (UInt32) -> UInt32) throws(Fault) {
        let fast = writePointer(segment, offset, 4)
        let pointer = if let fast { fast } else { try beginModify(segment, offset, 4) }
        pointer.storeBytes(of: body(pointer.loadUnaligned(as: UInt32.self)), as: UInt32.self)
        if _slowPath(fast == nil) { endModify(4) }
    }

    // MARK: Checks without an access

    /// Throws what a write of `size` bytes (1...4096) at `offset` would throw, and sets accessed and dirty bits as it
    /// would; afterwards such writes succeed. For pushes of several words.
    @inline(__always)
    func probeWrite(_ segment: UInt8, _ offset: UInt32, _ size: UInt32) throws(Fault) {
        if writePointer(segment, offset, size) == nil {
            try probeWriteSlow(segment, offset, size)
        }
    }

    /// Throws what a read of `size` bytes (1...4096) at `offset` would throw; afterwards such reads succeed.
    @inline(__always)
    func probeRead(_ segment: UInt8, _ offset: UInt32, _ size: UInt32) throws(Fault) {
        if readPointer(segment, offset, size) == nil {
            try probeReadSlow(segment, offset, size)
        }
    }

    // MARK: Instruction fetches

    /// The physical address for the linear address of an instruction, by the fetch TLB of the current privilege level.
    ///
    /// Every engine calls this at the same steps: when execution enters a page by a transfer or by running into it.
    @inline(__always)
    func translateForFetch(_ linear: UInt32) throws(Fault) -> UInt32 {
        let entry = context.pointee.memory.fetch + slot(linear)
        if _fastPath((entry.pointee.linear ^ linear) & 0xFFFF_F000 | (entry.pointee.linear & TLBFlag.valid ^ 1) == 0) {
            return entry.pointee.physical | linear & 0xFFF
        }
        return try translate(linear, .fetch, user: state.pointee.cpl == 3)
    }

    /// The physical page for the linear address of an instruction, if the fetch TLB has it.
    func fetchedPage(_ linear: UInt32) -> UInt32? {
        let entry = context.pointee.memory.fetch + slot(linear)
        let isValid = entry.pointee.linear & TLBFlag.valid != 0 && (entry.pointee.linear ^ linear) & 0xFFFF_F000 == 0
        return isValid ? entry.pointee.physical : nil
    }

    /// Where the bytes of the physical page that holds `physical` are in the host's memory; nil if they are not RAM or
    /// ROM: then fetch each by ``readPhysical(_:size:)`` and keep nothing.
    @inline(__always)
    func fetchPointer(_ physical: UInt32) -> UnsafePointer<UInt8>? {
        let memory = context.pointee.memory
        let kind = memory.pages[Int(physical >> 12)] & PageKind.mask
        guard kind == PageKind.ram || kind == PageKind.rom else { return nil }
        return UnsafePointer((memory.host + Int(physical)).assumingMemoryBound(to: UInt8.self))
    }

    // MARK: Runs of elements, for string instructions

    /// The host address of the element of `size` bytes at `offset`, and how many elements from there (at most `most`),
    /// upwards or downwards, may be read without further checks; nil where the slow path has to decide about the first.
    @inline(__always)
    func readRun(
        _ segment: UInt8, _ offset: UInt32, size: UInt32, most: UInt32, descending: Bool
    ) -> (pointer: UnsafeMutableRawPointer, count: UInt32)? {
        guard let pointer = readPointer(segment, offset, size) else { return nil }
        let register = Int(segment & 7)
        return (
            pointer,
            runLength(
                offset, base: state.pointee.segments[register].base,
                extent: state.pointee.segments[register].readExtent,
                size: size, most: most, descending: descending)
        )
    }

    /// As ``readRun(_:_:size:most:descending:)``, for plain writes.
    @inline(__always)
    func writeRun(
        _ segment: UInt8, _ offset: UInt32, size: UInt32, most: UInt32, descending: Bool
    ) -> (pointer: UnsafeMutableRawPointer, count: UInt32)? {
        guard let pointer = writePointer(segment, offset, size) else { return nil }
        let register = Int(segment & 7)
        return (
            pointer,
            runLength(
                offset, base: state.pointee.segments[register].base,
                extent: state.pointee.segments[register].writeExtent,
                size: size, most: most, descending: descending)
        )
    }

    /// How many elements lie in page and segment, of which the first does.
    @inline(__always)
    private func runLength(
        _ offset: UInt32, base: UInt32, extent: UInt64, size: UInt32, most: UInt32, descending: Bool
    ) -> UInt32 {
        let inPage = (base &+ offset) & 0xFFF
        if descending { return min(most, inPage / size &+ 1, offset / size &+ 1) }
        let inSegment = UInt32(truncatingIfNeeded: min(extent &- UInt64(offset), 0x1000))
        return min(most, (0x1000 &- inPage) / size, inSegment / size)
    }
}
