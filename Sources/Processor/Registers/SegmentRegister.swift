/// The six segment registers, numbered as the Sreg field of an instruction numbers them (SDM vol. 2, table B-8).
public enum SegmentIndex: UInt8, CaseIterable, Sendable {
    case es, cs, ss, ds, fs, gs
}

/// A segment register: the visible selector and the hidden part that the processor loaded from a descriptor
/// (SDM vol. 3A, 3.4.3).
///
/// The hot path does not look at types and limits: ``readExtent`` and ``writeExtent`` say how many bytes, counted from
/// offset 0, may be read or written without further thought, and are 0 where the slow path has to decide (null
/// selector, expand-down, execute-only, read-only for writes).
public struct SegmentRegister: Equatable, Sendable {
    /// What the program loaded; the requested privilege level is in bits 0 and 1.
    public var selector: UInt16 = 0
    /// Bits 40-47 of the descriptor in bits 0-7 (type, S, DPL, P) and bits 52-55 in bits 12-15 (AVL, L, D/B, G).
    /// Bits 8-11 are zero. Bit 7 (P) is clear for a null selector.
    public var attributes: UInt16 = 0
    /// Linear address of offset 0.
    public var base: UInt32 = 0
    /// Highest valid offset in bytes, granularity applied (for expand-down segments: highest *invalid* offset).
    public var limit: UInt32 = 0
    /// Bytes from offset 0 that reads may touch without a check of the type; 0...0x1_0000_0000.
    public var readExtent: UInt64 = 0
    /// Bytes from offset 0 that writes may touch without a check of the type; 0...0x1_0000_0000.
    public var writeExtent: UInt64 = 0

    public init() {}

    /// Code that cannot be read.
    var isExecuteOnly: Bool {
        let code = SegmentAttribute.present | SegmentAttribute.nonSystem | SegmentAttribute.executable
        return attributes & (code | SegmentAttribute.readableOrWritable) == code
    }

    /// Whether the segment's type and limit allow an access of `size` bytes at `offset` (SDM vol. 3A, 5.3 and 5.4).
    public func allows(offset: UInt32, size: UInt32, write: Bool) -> Bool {
        guard attributes & SegmentAttribute.present != 0, attributes & SegmentAttribute.nonSystem != 0 else {
            return false
        }
        let isCode = attributes & SegmentAttribute.executable != 0
        let right = attributes & SegmentAttribute.readableOrWritable != 0
        if write ? isCode || !right : isCode && !right { return false }
        let last = UInt64(offset) &+ UInt64(size) &- 1
        if !isCode, attributes & SegmentAttribute.expandDown != 0 {
            let top: UInt64 = attributes & SegmentAttribute.big != 0 ? 0xFFFF_FFFF : 0xFFFF
            return offset > limit && last <= top
        }
        return last <= UInt64(limit)
    }

    /// Makes ``readExtent`` and ``writeExtent`` agree with type and limit.
    mutating func updateExtents() {
        readExtent = 0
        writeExtent = 0
        guard attributes & SegmentAttribute.present != 0, attributes & SegmentAttribute.nonSystem != 0 else { return }
        let isCode = attributes & SegmentAttribute.executable != 0
        let right = attributes & SegmentAttribute.readableOrWritable != 0
        let bytes = UInt64(limit) &+ 1
        if isCode {
            readExtent = right ? bytes : 0
        } else if attributes & SegmentAttribute.expandDown == 0 {
            readExtent = bytes
            writeExtent = right ? bytes : 0
        }
    }
}

/// Bits of ``SegmentRegister/attributes`` (SDM vol. 3A, 3.4.5).
public enum SegmentAttribute {
    public static let accessed: UInt16 = 1
    /// Code: readable. Data: writable.
    public static let readableOrWritable: UInt16 = 2
    /// Data: the valid offsets are those above the limit.
    public static let expandDown: UInt16 = 4
    /// Code: runs at its caller's privilege level.
    public static let conforming: UInt16 = 4
    /// Code, not data.
    public static let executable: UInt16 = 8
    /// Code or data, not a system descriptor.
    public static let nonSystem: UInt16 = 0x10
    /// Shift and mask of the descriptor privilege level.
    public static let privilegeShift: UInt16 = 5
    public static let present: UInt16 = 0x80
    /// D/B: 32-bit code, a stack of 32-bit ESP, or an expand-down segment that reaches up to 4 GiB.
    public static let big: UInt16 = 0x4000
    /// The limit counts pages.
    public static let granularity: UInt16 = 0x8000
    /// The type of a system descriptor, or the four type bits of another.
    public static let typeMask: UInt16 = 0xF
}
