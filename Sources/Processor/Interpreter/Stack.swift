/// A stack under construction or being taken down: what far transfers push and pop before they are sure to succeed.
///
/// Nothing of the processor's state changes until the transfer commits ``segment`` and ``pointer``; what was written
/// below the old top of a stack does not count.
struct Stack {
    let core: Core
    var segment: SegmentRegister
    /// ESP; only the low half moves if the segment is 16-bit.
    var pointer: UInt32
    /// Rights of the accesses: the page tables of a user at privilege level 3.
    let isUser: Bool
    /// The error code of a stack fault.
    let errorCode: UInt16

    /// The current stack.
    init(_ core: Core, external: UInt16 = 0) {
        self.init(
            core, core.segment(.ss), pointer: core.state.pointee.general[4], privilege: core.state.pointee.cpl,
            errorCode: external)
    }

    /// A stack that is not the current one.
    init(_ core: Core, _ segment: SegmentRegister, pointer: UInt32, privilege: UInt8, errorCode: UInt16) {
        self.core = core
        self.segment = segment
        self.pointer = pointer
        isUser = privilege == 3
        self.errorCode = errorCode
    }

    private var mask: UInt32 { segment.isBig ? 0xFFFF_FFFF : 0xFFFF }

    /// The offset `distance` bytes above the top.
    private func offset(above distance: UInt32) -> UInt32 { (pointer &+ distance) & mask }

    /// Moves the top: up for positive distances.
    mutating func move(_ distance: UInt32) {
        pointer = pointer & ~mask | offset(above: distance)
    }

    /// Throws what pushing `count` values of `size` bytes would throw.
    func probePush(count: UInt32, size: UInt32) throws(Fault) {
        for index in 1...max(count, 1) {
            let target = offset(above: 0 &- index &* size)
            try check(target, size, write: true)
            try core.probeLinear(segment.base &+ target, size: size, .write, user: isUser)
        }
    }

    /// Pushes the low `size` (2 or 4) bytes of `value`.
    mutating func push(_ value: UInt32, size: UInt32) throws(Fault) {
        let target = offset(above: 0 &- size)
        try check(target, size, write: true)
        try core.writeLinear(segment.base &+ target, size: size, value: value, user: isUser)
        pointer = pointer & ~mask | target
    }

    /// Reads `size` (2 or 4) bytes, `distance` bytes above the top, zero-extended.
    func peek(_ distance: UInt32, size: UInt32) throws(Fault) -> UInt32 {
        let source = offset(above: distance)
        try check(source, size, write: false)
        return try core.readLinear(segment.base &+ source, size: size, user: isUser)
    }

    mutating func pop(size: UInt32) throws(Fault) -> UInt32 {
        let value = try peek(0, size: size)
        move(size)
        return value
    }

    /// Throws a stack fault unless the segment has `count` values of `size` bytes, `distance` bytes above the top: what
    /// returns look at before they read a frame (SDM vol. 2, RET, "is not within stack limits").
    func checkLimit(count: UInt32, size: UInt32, above distance: UInt32 = 0) throws(Fault) {
        for index in 0..<count {
            let source = offset(above: distance &+ index &* size)
            guard segment.allows(offset: source, size: size, write: false) else { throw .stackFault(errorCode) }
        }
    }

    private func check(_ offset: UInt32, _ size: UInt32, write: Bool) throws(Fault) {
        guard segment.allows(offset: offset, size: size, write: write) else { throw .stackFault(errorCode) }
        // A user's own stack is checked for alignment; those of other levels are the processor's business.
        if isUser { try core.checkAlignment(segment.base &+ offset, size) }
    }

    /// Makes this the processor's stack pointer; the segment only if it is another one (``commitWithSegment()``).
    func commit() {
        core.state.pointee.general[4] = pointer
    }

    /// Makes this the processor's stack.
    func commitWithSegment() {
        core.setSegment(SegmentIndex.ss.rawValue, segment)
        core.state.pointee.general[4] = pointer
    }
}
