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
}
