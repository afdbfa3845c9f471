import KernelABI

/// What a capability names.
public enum ObjectKind: UInt8 {
    /// An empty slot.
    case none = 0
    case process
    case thread
    case endpoint
    case notification
    /// The right to answer one call.
    case reply
    /// One interrupt line.
    case interruptLine
    /// A range of I/O ports.
    case ports
    /// The kernel's log.
    case log
    /// The system: information and shutdown.
    case system
    /// The right to bind interrupt lines.
    case interruptAuthority
    /// Memory that can be mapped.
    case memory
}

/// A slot of a capability table, 32 bytes on a 32-bit machine: an object, what may be done with it, and the number that
/// its messages carry; and the slot's place in the tree of derivations (`DerivationTree`).
public struct Capability {
    /// Address of the object, number of the interrupt line, a `PortRange`, or 0.
    public var object: UInt
    public var kind: ObjectKind
    /// The low bits of `CapabilityRights`.
    public var rights: UInt8
    /// Which of `previous` and `next` is the parent.
    var links: UInt8 = 0
    /// Messages and signals sent through this capability carry it; 0 = none yet.
    public var badge: UInt32

    var previous: UnsafeMutablePointer<Capability>?
    var next: UnsafeMutablePointer<Capability>?
    /// The ends of the list of capabilities derived from this one.
    public internal(set) var firstChild: UnsafeMutablePointer<Capability>?
    var lastChild: UnsafeMutablePointer<Capability>?
    /// The first of what the kernel has made through this capability and that goes with it: mappings of a memory
    /// object.
    public var dependents: UInt = 0

    public init(object: UInt, kind: ObjectKind, rights: CapabilityRights, badge: UInt32 = 0) {
        self.object = object
        self.kind = kind
        self.rights = UInt8(truncatingIfNeeded: rights.rawValue)
        self.badge = badge
    }

    public static var empty: Capability { Capability(object: 0, kind: .none, rights: [], badge: 0) }

    @inline(__always)
    public func allows(_ needed: CapabilityRights) -> Bool {
        CapabilityRights(rawValue: UInt32(rights)).isSuperset(of: needed)
    }

    /// What a copy of it is, with no more than `rights`.
    ///
    /// - Parameter badge: For an endpoint or a notification without a badge, the badge. For ports, the `PortRange` to
    ///   keep; 0 keeps all.
    /// - Throws: `.permissionDenied` if it may not be copied; `.badArgument` for ports outside its own.
    public func derived(_ rights: UInt32, badge: UInt32) throws(KernelError) -> Capability {
        guard allows(.copy) else { throw .permissionDenied }
        var copy = Capability(
            object: object, kind: kind, rights: CapabilityRights(rawValue: UInt32(self.rights) & rights),
            badge: self.badge)
        switch kind {
        case .endpoint, .notification:
            if copy.badge == 0 { copy.badge = badge }
        case .ports where badge != 0:
            let range = PortRange(rawValue: badge)
            guard range.isValid, PortRange(rawValue: UInt32(truncatingIfNeeded: object)).contains(range) else {
                throw .badArgument
            }
            copy.object = UInt(badge)
        default: break
        }
        return copy
    }
}

/// The capabilities of a process: `capabilitySlotCount` slots in two pieces of memory of the owner.
public struct CapabilityTable {
    public typealias Slot = UnsafeMutablePointer<Capability>

    private let lower: Slot
    private let upper: Slot

    /// Slots in each of the two pieces: a page of a 32-bit machine.
    public static var slotsPerPage: Int { Int(capabilitySlotCount) / 2 }

    /// A table in `lower` and `upper`, `slotsPerPage` slots each, whose entries must be initialised; see `clear()`.
    public init(lower: Slot, upper: Slot) {
        self.lower = lower
        self.upper = upper
    }

    /// The memory that the table was made in.
    public var pages: (lower: Slot, upper: Slot) { (lower, upper) }

    /// A slot by its number, which is in range.
    @inline(__always)
    public subscript(slot: UInt32) -> Slot {
        (Int(slot) < Self.slotsPerPage ? lower : upper) + (Int(slot) & (Self.slotsPerPage - 1))
    }

    /// Initialises every slot as empty.
    public func clear() {
        // Valid: an empty capability is all zeros. Every process begins with this, and filling takes a quarter of the
        // steps that copying slot by slot does.
        let bytes = Self.slotsPerPage * MemoryLayout<Capability>.stride
        UnsafeMutableRawPointer(lower).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        UnsafeMutableRawPointer(upper).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    }

    /// The slot `slot` of kind `kind` with the rights `rights`.
    ///
    /// - Throws: `.badCapability` for a slot that is out of range, empty or of another kind; `.permissionDenied`.
    @inline(__always)
    public func find(_ slot: UInt32, _ kind: ObjectKind, _ rights: CapabilityRights) throws(KernelError) -> Slot {
        // Slot 0 is always empty.
        guard slot < capabilitySlotCount else { throw .badCapability }
        let entry = self[slot]
        guard entry.pointee.kind == kind else { throw .badCapability }
        guard entry.pointee.allows(rights) else { throw .permissionDenied }
        return entry
    }

    /// The slot `slot`, whatever it holds.
    ///
    /// - Throws: `.badCapability` for a slot that is out of range or empty.
    public func occupied(_ slot: UInt32) throws(KernelError) -> Slot {
        guard slot < capabilitySlotCount, self[slot].pointee.kind != .none else { throw .badCapability }
        return self[slot]
    }

    /// The slot `slot`, which must be empty.
    ///
    /// - Throws: `.badSlot` for a slot that is out of range; `.slotOccupied`.
    public func empty(_ slot: UInt32) throws(KernelError) -> Slot {
        guard slot != 0, slot < capabilitySlotCount else { throw .badSlot }
        guard self[slot].pointee.kind == .none else { throw .slotOccupied }
        return self[slot]
    }
}
