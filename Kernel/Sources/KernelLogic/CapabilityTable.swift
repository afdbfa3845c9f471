import KernelABI

/// What a capability names.
public enum ObjectKind: UInt8 {
    /// An empty slot.
    case none = 0
    case process
    case thread
    case endpoint
    /// The right to answer one call.
    case reply
    /// One interrupt line.
    case interruptLine
    /// The kernel's log.
    case log
    /// The system: information and shutdown.
    case system
    /// The right to bind interrupt lines.
    case interruptAuthority
    /// The right to grant I/O ports.
    case portAuthority
}

/// A slot of a capability table: an object, what may be done with it, and the number that its messages carry.
public struct Capability {
    /// Address of the object, number of the interrupt line, or 0.
    public var object: UInt
    public var kind: ObjectKind
    /// The low bits of `CapabilityRights`.
    public var rights: UInt8
    /// Messages sent through this capability carry it; 0 = none yet.
    public var badge: UInt32

    public init(object: UInt, kind: ObjectKind, rights: CapabilityRights, badge: UInt32 = 0) {
        self.object = object
        self.kind = kind
        self.rights = UInt8(truncatingIfNeeded: rights.rawValue)
        self.badge = badge
    }

    public static var empty: Capability { Capability(object: 0, kind: .none, rights: [], badge: 0) }

    public func allows(_ needed: CapabilityRights) -> Bool {
        CapabilityRights(rawValue: UInt32(rights)).isSuperset(of: needed)
    }
}

/// The capabilities of a process: `capabilitySlotCount` slots in memory of the owner.
public struct CapabilityTable {
    public let slots: UnsafeMutablePointer<Capability>

    /// Bytes of memory that a table needs.
    public static var size: Int { Int(capabilitySlotCount) * MemoryLayout<Capability>.stride }

    /// A table in `slots`, whose entries must be initialised; see `clear()`.
    public init(slots: UnsafeMutablePointer<Capability>) {
        self.slots = slots
    }

    /// Initialises every slot as empty.
    public func clear() {
        slots.initialize(repeating: .empty, count: Int(capabilitySlotCount))
    }

    /// The slot `slot` of kind `kind` with the rights `rights`.
    ///
    /// - Throws: `.badCapability` for a slot that is out of range, empty or of another kind; `.permissionDenied`.
    public func find(
        _ slot: UInt32, _ kind: ObjectKind, _ rights: CapabilityRights
    ) throws(KernelError) -> UnsafeMutablePointer<Capability> {
        guard slot != 0, slot < capabilitySlotCount else { throw .badCapability }
        let entry = slots + Int(slot)
        guard entry.pointee.kind == kind else { throw .badCapability }
        guard entry.pointee.allows(rights) else { throw .permissionDenied }
        return entry
    }

    /// The slot `slot`, whatever it holds.
    ///
    /// - Throws: `.badCapability` for a slot that is out of range or empty.
    public func occupied(_ slot: UInt32) throws(KernelError) -> UnsafeMutablePointer<Capability> {
        guard slot != 0, slot < capabilitySlotCount else { throw .badCapability }
        let entry = slots + Int(slot)
        guard entry.pointee.kind != .none else { throw .badCapability }
        return entry
    }

    /// The slot `slot`, which must be empty.
    ///
    /// - Throws: `.badSlot` for a slot that is out of range; `.slotOccupied`.
    public func empty(_ slot: UInt32) throws(KernelError) -> UnsafeMutablePointer<Capability> {
        guard slot != 0, slot < capabilitySlotCount else { throw .badSlot }
        let entry = slots + Int(slot)
        guard entry.pointee.kind == .none else { throw .slotOccupied }
        return entry
    }
}
