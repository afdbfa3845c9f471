/// A segment or gate descriptor as it lies in a descriptor table (SDM vol. 3A, 3.4.5, 3.5 and 5.8.3).
public struct Descriptor: Equatable, Sendable {
    /// Bytes 0-3.
    public var low: UInt32
    /// Bytes 4-7.
    public var high: UInt32

    public init(low: UInt32, high: UInt32) {
        self.low = low
        self.high = high
    }

    public var isPresent: Bool { high & 1 << 15 != 0 }
    /// Descriptor privilege level, 0...3.
    public var privilege: UInt8 { UInt8(truncatingIfNeeded: high >> 13) & 3 }
    /// A system segment or gate, not code or data.
    public var isSystem: Bool { high & 1 << 12 == 0 }
    /// The type field: ``SystemType`` for system descriptors.
    public var type: UInt8 { UInt8(truncatingIfNeeded: high >> 8) & 0xF }
    public var isCode: Bool { !isSystem && type & 8 != 0 }
    public var isData: Bool { !isSystem && type & 8 == 0 }
    public var isConforming: Bool { isCode && type & 4 != 0 }
    public var isWritableData: Bool { isData && type & 2 != 0 }
    /// Data, or code that may be read.
    public var isReadable: Bool { isData || isCode && type & 2 != 0 }
    public var isAccessed: Bool { high & 1 << 8 != 0 }
    /// D/B.
    public var isBig: Bool { high & 1 << 22 != 0 }

    public var base: UInt32 { low >> 16 | (high & 0xFF) << 16 | high & 0xFF00_0000 }
    /// In bytes, granularity applied.
    public var limit: UInt32 {
        let field = low & 0xFFFF | high & 0x000F_0000
        return high & 1 << 23 != 0 ? field << 12 | 0xFFF : field
    }
    /// As ``SegmentRegister/attributes``.
    public var attributes: UInt16 { UInt16(truncatingIfNeeded: high >> 8) & 0xF0FF }

    // MARK: Gates

    public var gateSelector: UInt16 { UInt16(truncatingIfNeeded: low >> 16) }
    /// The entry point; 16 bits of it in a 16-bit gate.
    public var gateOffset: UInt32 {
        type & SystemType.is32Bit != 0 ? low & 0xFFFF | high & 0xFFFF_0000 : low & 0xFFFF
    }
    /// Parameters that a call gate copies: words or doublewords.
    public var gateParameters: UInt32 { high & 0x1F }
}

/// The type field of system descriptors (SDM vol. 3A, table 3-2).
public enum SystemType {
    public static let tss16: UInt8 = 1
    public static let ldt: UInt8 = 2
    public static let busyTSS16: UInt8 = 3
    public static let callGate16: UInt8 = 4
    public static let taskGate: UInt8 = 5
    public static let interruptGate16: UInt8 = 6
    public static let trapGate16: UInt8 = 7
    public static let tss32: UInt8 = 9
    public static let busyTSS32: UInt8 = 11
    public static let callGate32: UInt8 = 12
    public static let interruptGate32: UInt8 = 14
    public static let trapGate32: UInt8 = 15

    /// Tells the 32-bit types from their 16-bit counterparts.
    public static let is32Bit: UInt8 = 8
    /// Tells a busy TSS from an available one.
    public static let busy: UInt8 = 2
}

extension SegmentRegister {
    /// What the processor keeps of `descriptor`.
    init(selector: UInt16, descriptor: Descriptor) {
        self.init()
        self.selector = selector
        attributes = descriptor.attributes
        base = descriptor.base
        limit = descriptor.limit
        updateExtents()
    }

    /// A segment of 64 KiB at 16 times the selector: real mode after reset, and virtual-8086 mode (`privilege` 3).
    init(realModeSelector selector: UInt16, privilege: UInt8) {
        self.init()
        self.selector = selector
        attributes =
            SegmentAttribute.present | SegmentAttribute.nonSystem | SegmentAttribute.readableOrWritable
            | SegmentAttribute.accessed | UInt16(privilege) << SegmentAttribute.privilegeShift
        base = UInt32(selector) << 4
        limit = 0xFFFF
        updateExtents()
    }

    /// D/B: 32-bit code or a stack of 32-bit ESP.
    @inline(__always)
    var isBig: Bool { attributes & SegmentAttribute.big != 0 }

    /// Descriptor privilege level, 0...3.
    var privilege: UInt8 { UInt8(truncatingIfNeeded: attributes >> SegmentAttribute.privilegeShift) & 3 }

    var isPresent: Bool { attributes & SegmentAttribute.present != 0 }
    var isCode: Bool { attributes & SegmentAttribute.executable != 0 }
    var isConforming: Bool { isCode && attributes & SegmentAttribute.conforming != 0 }
}

/// The parts of a selector (SDM vol. 3A, 3.4.2).
extension UInt16 {
    /// Requested privilege level.
    var requestedPrivilege: UInt8 { UInt8(truncatingIfNeeded: self) & 3 }
    /// Null: index and table indicator are 0, whatever the RPL.
    var isNullSelector: Bool { self & 0xFFFC == 0 }
    /// In the LDT, not in the GDT.
    var isLocal: Bool { self & 4 != 0 }
    /// What an error code holds of a selector.
    var errorCode: UInt16 { self & 0xFFFC }
}
