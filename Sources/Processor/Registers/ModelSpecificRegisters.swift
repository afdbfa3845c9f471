/// Numbers of model-specific registers (SDM vol. 4, chapter 2).
public enum ModelSpecificRegister {
    public static let timestamp: UInt32 = 0x10
    public static let platformID: UInt32 = 0x17
    public static let apicBase: UInt32 = 0x1B
    public static let powerOnConfiguration: UInt32 = 0x2A
    public static let updateTrigger: UInt32 = 0x79
    public static let updateSignature: UInt32 = 0x8B
    /// The first of two counters of the P6.
    public static let performanceCounter: UInt32 = 0xC1
    public static let memoryTypeCapabilities: UInt32 = 0xFE
    public static let sysenterCS: UInt32 = 0x174
    public static let sysenterESP: UInt32 = 0x175
    public static let sysenterEIP: UInt32 = 0x176
    /// The first of two event selections of the P6.
    public static let eventSelect: UInt32 = 0x186
    public static let miscellaneousEnable: UInt32 = 0x1A0
    /// The first of eight pairs of base and mask.
    public static let memoryTypeVariable: UInt32 = 0x200
    public static let pageAttributeTable: UInt32 = 0x277
    public static let memoryTypeDefault: UInt32 = 0x2FF
    public static let efer: UInt32 = 0xC000_0080

    /// The MTRRs for the first megabyte: one for 64 KiB ranges, two for 16 KiB, eight for 4 KiB.
    static let memoryTypeFixed: InlineArray<11, UInt32> = [
        0x250, 0x258, 0x259, 0x268, 0x269, 0x26A, 0x26B, 0x26C, 0x26D, 0x26E, 0x26F,
    ]
}

/// Bits of EFER.
public enum ExtendedFeatureEnable {
    /// NXE: bit 63 of page-table entries forbids fetches, with PAE.
    public static let executeDisable: UInt32 = 1 << 11
}

/// What the model-specific registers hold, but for the time-stamp counter, which follows the steps.
///
/// Most are storage: software finds what it wrote. There are no caches, so that memory types make no difference; and
/// the performance counters stand still.
public struct ModelSpecificRegisters: Equatable, Sendable {
    public var efer: UInt32 = 0
    public var sysenterCS: UInt32 = 0
    public var sysenterESP: UInt32 = 0
    public var sysenterEIP: UInt32 = 0
    /// The value after a reset (SDM vol. 3A, table 12-12).
    public var pageAttributeTable: UInt64 = 0x0007_0406_0007_0406
    public var memoryTypeDefault: UInt64 = 0
    /// In the order of ``ModelSpecificRegister/memoryTypeFixed``.
    public var memoryTypeFixed = InlineArray<11, UInt64>(repeating: 0)
    /// Base and mask alternate.
    public var memoryTypeVariable = InlineArray<16, UInt64>(repeating: 0)
    /// Where the APIC of the bootstrap processor would be if it were not disabled: bit 11 is clear, and with it the
    /// flag of CPUID (SDM vol. 3A, 10.4.3).
    public var apicBase: UInt64 = 0xFEE0_0100
    public var updateSignature: UInt64 = 0
    /// Counters 0 and 1 and their event selections.
    public var performance = InlineArray<4, UInt64>(repeating: 0)
    /// Fast strings; no branch trace, no precise event sampling.
    public var miscellaneousEnable: UInt64 = 0x1801

    public init() {}

    /// How many ``words`` there are.
    public static let wordCount = 4 + 2 + 11 + 16 + 2 + 4 + 1

    /// All of them in a fixed order, for files. Setting another number of words changes nothing.
    public var words: [UInt64] {
        get {
            [UInt64(efer), UInt64(sysenterCS), UInt64(sysenterESP), UInt64(sysenterEIP)]
                + [pageAttributeTable, memoryTypeDefault] + (0..<11).map { memoryTypeFixed[$0] }
                + (0..<16).map { memoryTypeVariable[$0] } + [apicBase, updateSignature]
                + (0..<4).map { performance[$0] } + [miscellaneousEnable]
        }
        set {
            guard newValue.count == Self.wordCount else { return }
            efer = UInt32(truncatingIfNeeded: newValue[0])
            sysenterCS = UInt32(truncatingIfNeeded: newValue[1])
            sysenterESP = UInt32(truncatingIfNeeded: newValue[2])
            sysenterEIP = UInt32(truncatingIfNeeded: newValue[3])
            pageAttributeTable = newValue[4]
            memoryTypeDefault = newValue[5]
            for index in 0..<11 { memoryTypeFixed[index] = newValue[6 + index] }
            for index in 0..<16 { memoryTypeVariable[index] = newValue[17 + index] }
            apicBase = newValue[33]
            updateSignature = newValue[34]
            for index in 0..<4 { performance[index] = newValue[35 + index] }
            miscellaneousEnable = newValue[39]
        }
    }

    public static func == (left: ModelSpecificRegisters, right: ModelSpecificRegisters) -> Bool {
        left.words == right.words
    }
}
