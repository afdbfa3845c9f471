import KernelABI

/// How far a call that maps pages has come when it is made again: a register of its caller, who can put anything there.
///
///      31 30 29      24 23         16 15                        0
///     +-----+----------+-------------+---------------------------+
///     |phase|    0     |    error    |           page            |
///     +-----+----------+-------------+---------------------------+
public struct MapProgress {
    public let rawValue: UInt32

    /// The phases: looking whether anything is mapped, mapping, and unmapping after an error. 3 is none.
    public static var checking: UInt32 { 0 }
    public static var mapping: UInt32 { 1 }
    public static var undoing: UInt32 { 2 }

    /// What the register says.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `page`: the number of the page to go on with, below 65536; `error`: what the call will end with.
    public init(_ phase: UInt32, _ page: UInt32, _ error: KernelError = .badArgument) {
        rawValue = phase << 30 | UInt32(bitPattern: -error.rawValue) << 16 | page & 0xFFFF
    }

    public var phase: UInt32 { rawValue >> 30 }
    public var page: UInt32 { rawValue & 0xFFFF }
    /// Made up by the caller, it may be none: then `.badArgument`.
    public var error: KernelError { KernelError(rawValue: -Int32(rawValue >> 16 & 0xFF)) ?? .badArgument }
}
