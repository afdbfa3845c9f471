/// Bits of the control registers (SDM vol. 3A, 2.5).
public enum ControlRegister {
    // CR0
    public static let protection: UInt32 = 1 << 0
    public static let monitorCoprocessor: UInt32 = 1 << 1
    public static let emulation: UInt32 = 1 << 2
    public static let taskSwitched: UInt32 = 1 << 3
    public static let extensionType: UInt32 = 1 << 4
    public static let numericError: UInt32 = 1 << 5
    public static let writeProtect: UInt32 = 1 << 16
    public static let alignmentMask: UInt32 = 1 << 18
    public static let notWriteThrough: UInt32 = 1 << 29
    public static let cacheDisable: UInt32 = 1 << 30
    public static let paging: UInt32 = 1 << 31

    // CR4
    public static let virtual8086Extensions: UInt32 = 1 << 0
    public static let protectedVirtualInterrupts: UInt32 = 1 << 1
    public static let timestampDisable: UInt32 = 1 << 2
    public static let debuggingExtensions: UInt32 = 1 << 3
    public static let pageSizeExtensions: UInt32 = 1 << 4
    public static let physicalAddressExtension: UInt32 = 1 << 5
    public static let machineCheckEnable: UInt32 = 1 << 6
    public static let pageGlobalEnable: UInt32 = 1 << 7
    /// PCE: `rdpmc` at every privilege level.
    public static let performanceCounterEnable: UInt32 = 1 << 8
    /// OSFXSR: `fxsave` saves the SSE registers, and SSE instructions may be used.
    public static let osFXSR: UInt32 = 1 << 9
    /// OSXMMEXCPT: unmasked SIMD floating-point exceptions are #XM, not #UD.
    public static let osXMMExceptions: UInt32 = 1 << 10
}
