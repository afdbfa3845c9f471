/// A disk drive, by its number: 0 is the first.
public struct Disk {
    public let drive: UInt32
    private let service: Service

    /// Finds the driver.
    public init(_ drive: UInt32) throws(DiskError) {
        self.drive = drive
        do throws(ManagerError) { service = try Service.find("disk") } catch { throw .unreachable }
    }

    /// Gives the capability to the driver back.
    public func close() { service.close() }

    /// How many sectors the drive has.
    public func sectors() throws(DiskError) -> UInt64 { try information().sectors }

    /// How many sectors the drive has, and its model, as it names itself.
    public func information() throws(DiskError) -> (sectors: UInt64, model: Text) {
        var buffer = InlineArray<64, UInt8>(repeating: 0)
        // Valid: `InlineArray` stores its elements contiguously, and the kernel writes no more than the buffer holds.
        let result = withUnsafeMutableBytes(of: &buffer) { bytes -> Result<(UInt64, Text), DiskError> in
            do throws(DiskError) {
                let reply = try ask(Message(DiskRequest.information, drive), buffer: bytes)
                var model = Text()
                model.append(bytes.prefix(reply.length))
                return .success((UInt64(reply.word1) << 32 | UInt64(reply.word0), model))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads sectors: as many as the buffer holds, 1...`maximumDiskSectors`.
    public func read(_ sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(DiskError) {
        let reply = try ask(message(DiskRequest.read, sector, buffer.count), buffer: buffer)
        guard reply.length == buffer.count else { throw .badRequest }
    }

    /// Writes sectors: as many as there are bytes for. Needs `Permissions.diskWrite`.
    public func write(_ sector: UInt64, _ bytes: UnsafeRawBufferPointer) throws(DiskError) {
        _ = try ask(message(DiskRequest.write, sector, bytes.count), bytes: bytes)
    }

    /// Makes the drive write what it keeps in its cache.
    public func flush() throws(DiskError) { _ = try ask(Message(DiskRequest.flush, drive)) }

    private func message(_ label: UInt32, _ sector: UInt64, _ bytes: Int) throws(DiskError) -> Message {
        let count = UInt32(clamping: bytes / diskSectorSize)
        guard bytes % diskSectorSize == 0, count > 0, count <= maximumDiskSectors else { throw .badRequest }
        return Message(
            label, drive | count << 8, UInt32(truncatingIfNeeded: sector), UInt32(truncatingIfNeeded: sector >> 32))
    }

    /// Makes a request; once more if the driver dies over it, since reading and writing whole sectors can be repeated.
    private func ask(
        _ message: Message, bytes: UnsafeRawBufferPointer = .none, buffer: UnsafeMutableRawBufferPointer = .none
    ) throws(DiskError) -> ReceivedMessage {
        guard let reply = try? service.endpoint.callAgain(message, bytes: bytes, buffer: buffer) else {
            throw .unreachable
        }
        guard reply.label == 0 else { throw DiskError(rawValue: reply.label) ?? .badRequest }
        return reply
    }
}
