/// Bits of CPUID leaf 1, EDX (SDM vol. 2, CPUID, table 3-11).
public enum CPUFeature {
    public static let fpu: UInt32 = 1 << 0
    public static let virtual8086Extensions: UInt32 = 1 << 1
    public static let debuggingExtensions: UInt32 = 1 << 2
    /// Pages of 4 MiB.
    public static let pageSizeExtensions: UInt32 = 1 << 3
    public static let timestamp: UInt32 = 1 << 4
    public static let modelSpecificRegisters: UInt32 = 1 << 5
    public static let physicalAddressExtension: UInt32 = 1 << 6
    /// `cmpxchg8b`.
    public static let compareExchange8: UInt32 = 1 << 8
    /// `sysenter` and `sysexit`.
    public static let fastSystemCalls: UInt32 = 1 << 11
    /// MTRRs.
    public static let memoryTypeRanges: UInt32 = 1 << 12
    public static let pageGlobalEnable: UInt32 = 1 << 13
    public static let conditionalMove: UInt32 = 1 << 15
    public static let pageAttributeTable: UInt32 = 1 << 16
    /// Pages of 4 MiB with 36-bit physical addresses.
    public static let pageSizeExtensions36: UInt32 = 1 << 17
    /// `clflush`.
    public static let cacheLineFlush: UInt32 = 1 << 19
    public static let mmx: UInt32 = 1 << 23
    /// `fxsave` and `fxrstor`.
    public static let fastSave: UInt32 = 1 << 24
    public static let sse: UInt32 = 1 << 25
    public static let sse2: UInt32 = 1 << 26

    /// Bits of CPUID leaf 8000_0001h, EDX.
    public enum Extended {
        /// NX.
        public static let executeDisable: UInt32 = 1 << 20
    }
}
