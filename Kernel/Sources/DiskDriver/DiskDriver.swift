// The disk driver: both drives of the first ATA channel, as the service `disk` (`DiskRequest`).
//
// Constraint: a disk is the one device that can lose somebody's data for good. Choice: a drive is not touched before
// somebody asks for it; only clients with `Permissions.diskWrite` write, which the process manager's badge says; every
// address is checked against what the drive says of itself; every wait is bounded and every failure an error with
// words. Before the machine stops, a second thread has the drives write what they keep in their caches.

import DeviceLogic
import User

@main
struct DiskDriver {
    static func main() {
        _ = try? Thread.start(flushAtEnd)
        var channel = ATAChannel()
        // Sectors on their way: too many for a stack, whose pages a system call wants to have been touched.
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(maximumDiskSectors) * diskSectorSize, alignment: 16)
        Service.driver.serve(buffer: buffer) { request in
            do throws(DiskError) {
                try serve(request, &channel, buffer)
            } catch {
                request.fail(error.rawValue)
            }
        }
    }

    private static func serve(
        _ request: Request, _ channel: inout ATAChannel, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(DiskError) {
        let drive = request.word0 & 0xFF
        let count = request.word0 >> 8
        let sector = UInt64(request.word2) << 32 | UInt64(request.word1)
        switch request.label {
        case DiskRequest.information:
            let identity = try channel.identity(drive)
            for index in 0..<identity.modelLength { buffer[index] = identity.model(index) }
            request.reply(
                UInt32(truncatingIfNeeded: identity.sectors), UInt32(truncatingIfNeeded: identity.sectors >> 32),
                bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<identity.modelLength]))
        case DiskRequest.read:
            guard 1...maximumDiskSectors ~= count else { throw .badRequest }
            let sectors = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(Int(count) * diskSectorSize)])
            try channel.read(drive, sector, into: sectors)
            request.reply(bytes: UnsafeRawBufferPointer(sectors))
        case DiskRequest.write:
            guard request.client & DiskRequest.writerBadge != 0 else { throw .notPermitted }
            guard 1...maximumDiskSectors ~= count, request.bytes.count == Int(count) * diskSectorSize else {
                throw .badRequest
            }
            try channel.write(drive, sector, request.bytes)
            request.reply()
        case DiskRequest.flush:
            try channel.flush(drive)
            request.reply()
        default: throw .badRequest
        }
    }
}

/// The second thread: waits for the end of the machine, and has the first one flush both drives.
func flushAtEnd() {
    while (try? Manager.awaitShutdown()) != nil {
        for drive in 0..<2 as Range<UInt32> {
            _ = try? Service.driver.endpoint.call(Message(DiskRequest.flush, drive))
        }
    }
}
