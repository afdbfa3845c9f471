/// Slots per capability table; slot 0 is never used, so valid slots are 1 ..< 256.
public let capabilitySlotCount: UInt32 = 256

/// What a capability allows. The bits mean what they say for every kind of object that knows them.
public struct CapabilityRights: OptionSet, Sendable {
    public var rawValue: UInt32

    @inline(__always)
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Send to or call an endpoint; signal a notification; write to the log.
    public static var send: Self { Self(rawValue: 1) }
    /// Receive from an endpoint; wait for a notification.
    public static var receive: Self { Self(rawValue: 2) }
    /// Change or destroy: a process, a thread, an interrupt line; use an authority.
    public static var manage: Self { Self(rawValue: 4) }
    /// Read: system information, the log. Map a memory object.
    public static var read: Self { Self(rawValue: 8) }
    /// Copy the capability with `SystemCall.capabilityCopy`.
    public static var copy: Self { Self(rawValue: 16) }
    /// Map a memory object writable.
    public static var write: Self { Self(rawValue: 32) }
    /// All of them.
    public static var all: Self { Self(rawValue: 63) }
}

/// Slots that the kernel fills.
public enum InitialSlot {
    /// Every process: itself (rights of its creator's making: all).
    public static var process: UInt32 { 1 }

    // The process manager only:

    /// Its first thread.
    public static var thread: UInt32 { 2 }
    /// The kernel's log.
    public static var log: UInt32 { 3 }
    /// The system: information, shutdown, device memory.
    public static var system: UInt32 { 4 }
    /// The interrupt authority: binds lines.
    public static var interrupts: UInt32 { 5 }
    /// All I/O ports, to be copied in parts.
    public static var ports: UInt32 { 6 }
    /// The payload, a memory object, with the right to read; empty if there is none.
    public static var payload: UInt32 { 7 }
    /// The first slot that the process manager finds empty.
    public static var firstFree: UInt32 { 16 }
}

/// A range of I/O ports, as `SystemCall.capabilityCopy` takes it in EDI: the first in bits 0-15, the last in bits
/// 16-31.
public struct PortRange: Equatable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The ports `first...last`.
    public init(_ first: UInt16, through last: UInt16) { rawValue = UInt32(first) | UInt32(last) << 16 }

    /// All of them.
    public static var all: Self { Self(0, through: 0xFFFF) }

    public var first: UInt32 { rawValue & 0xFFFF }
    public var last: UInt32 { rawValue >> 16 }
    public var isValid: Bool { first <= last }

    /// Whether all ports of another range are in this one.
    public func contains(_ other: PortRange) -> Bool { first <= other.first && other.last <= last }
}

/// How memory is mapped: `SystemCall.memoryMap`'s ESI, and a part of `SystemCall.memoryAttach`'s. Memory is always
/// readable, and (on processors without NX) executable.
public struct MemoryAccess: OptionSet, Sendable {
    public var rawValue: UInt32

    @inline(__always)
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Readable and executable only.
    public static var readOnly: Self { Self(rawValue: 0) }
    /// Writable as well.
    public static var write: Self { Self(rawValue: 1) }
    /// Of a memory object only: readable, and writable after `SystemCall.memoryUnshare`, in a copy of the page.
    public static var copyOnWrite: Self { Self(rawValue: 2) }
}
