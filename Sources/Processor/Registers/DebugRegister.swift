/// Bits of DR6 (SDM vol. 3B, 17.2.3).
public enum DebugStatus {
    /// B0-B3: the condition of that breakpoint is met.
    public static let breakpoints: UInt32 = 0xF
    /// BD: the next instruction accesses a debug register while DR7.GD is set.
    public static let registerAccess: UInt32 = 1 << 13
    /// BS: single step.
    public static let singleStep: UInt32 = 1 << 14
    /// BT: a task switch into a TSS whose T bit is set.
    public static let taskSwitch: UInt32 = 1 << 15
    /// Bits that read as ones.
    public static let fixed: UInt32 = 0xFFFF_0FF0
}

/// Bits of DR7 (SDM vol. 3B, 17.2.4).
public enum DebugControl {
    /// L0-L3 and LE: cleared by task switches.
    public static let localEnables: UInt32 = 0x155
    /// L0-G3.
    public static let enables: UInt32 = 0xFF
    /// GD: accesses to debug registers raise #DB.
    public static let generalDetect: UInt32 = 1 << 13
    /// Bits that read as ones.
    public static let fixed: UInt32 = 0x400
}
