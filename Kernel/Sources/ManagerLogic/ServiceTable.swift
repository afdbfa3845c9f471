import ServiceProtocols

/// A name and who stands behind it.
public struct ServiceEntry {
    public var name = ShortName()
    /// Whether the entry is in use.
    public var isUsed = false
    /// The index of the driver whose service it is; nil for one that a program registered.
    public var driver: Int?
    /// The process that receives, while there is one.
    public var owner: Int?
    public var state = ServiceState.running
}

/// The names of services. Each entry stands for an endpoint that the process manager holds.
public struct ServiceTable {
    public static var capacity: Int { 32 }

    private let entries = FixedTable(ServiceEntry(), count: ServiceTable.capacity)

    public init() {}

    public subscript(index: Int) -> ServiceEntry {
        unsafeAddress { UnsafePointer(entries.address(index)) }
        nonmutating unsafeMutableAddress { entries.address(index) }
    }

    /// The entry of a name.
    public func index(_ name: ShortName) -> Int? {
        for index in 0..<Self.capacity where entries[index].isUsed && entries[index].name == name { return index }
        return nil
    }

    /// Makes an entry for a name that a process registers.
    ///
    /// - Throws: `.nameTaken`, `.tooManyNames`.
    public func register(_ name: ShortName, owner: Int?, driver: Int? = nil) throws(ManagerError) -> Int {
        guard index(name) == nil else { throw .nameTaken }
        for index in 0..<Self.capacity where !entries[index].isUsed {
            entries[index] = ServiceEntry(name: name, isUsed: true, driver: driver, owner: owner, state: .running)
            return index
        }
        throw .tooManyNames
    }

    /// Forgets a name.
    public func remove(_ index: Int) { entries[index] = ServiceEntry() }

    /// The used entry number `position`, in the order of the table.
    public func used(_ position: UInt32) -> ServiceEntry? {
        var left = position
        for index in 0..<Self.capacity where entries[index].isUsed {
            if left == 0 { return entries[index] }
            left -= 1
        }
        return nil
    }
}
