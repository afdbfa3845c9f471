/// A server, found by its name.
///
///     let disk = try Service.find("disk")
///     let reply = try disk.endpoint.call(Message(DiskRequest.information, 0), buffer: buffer)
public struct Service {
    /// Where the server receives. The badge that it sees says which process asks.
    public let endpoint: Endpoint

    /// Looks a name up.
    ///
    /// - Parameter waits: Whether to wait until somebody registers the name; otherwise `.noSuchName` is thrown.
    public static func find(_ name: StaticString, waits: Bool = false) throws(ManagerError) -> Service {
        try find(bytes: name.utf8Bytes, waits: waits)
    }

    /// Looks a name up that is known only when the program runs.
    public static func find(bytes name: UnsafeRawBufferPointer, waits: Bool = false) throws(ManagerError) -> Service {
        try Service(ManagerRequest.lookUp, name, waits ? 1 : 0)
    }

    /// Registers a name for this process; requests are received at the endpoint. The name is free again when the
    /// process ends, and clients that it has then get errors at once.
    public static func register(_ name: StaticString) throws(ManagerError) -> Service {
        try register(bytes: name.utf8Bytes)
    }

    public static func register(bytes name: UnsafeRawBufferPointer) throws(ManagerError) -> Service {
        try Service(ManagerRequest.register, name, 0)
    }

    /// Gives the capability back.
    public func close() { Slots.release(endpoint.slot) }

    private init(_ request: UInt32, _ name: UnsafeRawBufferPointer, _ word1: UInt32) throws(ManagerError) {
        guard let slot = Slots.allocate() else { throw .badSlot }
        do throws(ManagerError) {
            _ = try Manager.ask(Message(request, slot, word1), bytes: name)
        } catch {
            Slots.release(slot)
            throw error
        }
        endpoint = Endpoint(slot: slot)
    }
}
