/// Bits of EFLAGS (SDM vol. 1, 3.4.3).
public enum Flag {
    public static let carry: UInt32 = 1 << 0
    public static let parity: UInt32 = 1 << 2
    public static let adjust: UInt32 = 1 << 4
    public static let zero: UInt32 = 1 << 6
    public static let sign: UInt32 = 1 << 7
    public static let trap: UInt32 = 1 << 8
    public static let interrupt: UInt32 = 1 << 9
    public static let direction: UInt32 = 1 << 10
    public static let overflow: UInt32 = 1 << 11
    /// I/O privilege level: two bits.
    public static let ioPrivilege: UInt32 = 3 << 12
    public static let nestedTask: UInt32 = 1 << 14
    public static let resume: UInt32 = 1 << 16
    public static let virtual8086: UInt32 = 1 << 17
    public static let alignmentCheck: UInt32 = 1 << 18
    public static let virtualInterrupt: UInt32 = 1 << 19
    public static let virtualInterruptPending: UInt32 = 1 << 20
    public static let identification: UInt32 = 1 << 21

    /// CF, PF, AF, ZF, SF, OF.
    public static let arithmetic: UInt32 = carry | parity | adjust | zero | sign | overflow
}
