import User

/// Without arguments, says which disks there are. `disk-dump DRIVE SECTOR [COUNT]` shows what is in sectors.
@main
struct DiskDump {
    static func main() {
        do throws(DiskError) {
            if Arguments.count == 1 { return try list() }
            guard 3...4 ~= Arguments.count, let drive = Arguments.number(1), let first = Arguments.number(2),
                let count = Arguments.count == 4 ? Arguments.number(3) : 1
            else {
                print("usage: disk-dump [DRIVE SECTOR [COUNT]]")
                Manager.exit(status: 2)
            }
            let disk = try Disk(drive)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: diskSectorSize, alignment: 16)
            for offset in 0..<count {
                let sector = UInt64(first) + UInt64(offset)
                try disk.read(sector, into: buffer)
                show(UnsafeRawBufferPointer(buffer), from: UInt32(truncatingIfNeeded: sector &* 512))
            }
        } catch {
            complain("disk-dump: \(error.message)")
            Manager.exit(status: 1)
        }
    }

    private static func list() throws(DiskError) {
        for drive in 0..<2 as Range<UInt32> {
            do throws(DiskError) {
                let (sectors, model) = try Disk(drive).information()
                print("drive \(drive): \(UInt32(clamping: sectors)) sectors, \(model)")
            } catch {
                guard error == .noSuchDrive else { throw error }
                print("drive \(drive): \(error.message)")
            }
        }
    }

    /// Sixteen bytes to a line, and what they are as text.
    private static func show(_ bytes: UnsafeRawBufferPointer, from address: UInt32) {
        for start in stride(from: 0, to: bytes.count, by: 16) {
            var line: Text = "\(hex: address &+ UInt32(start)) "
            var text: Text = "  "
            for byte in bytes[start..<min(start + 16, bytes.count)] {
                line.append(" \(hexByte: byte)" as Text)
                text.append(0x20..<0x7F ~= byte ? byte : UInt8(ascii: "."))
            }
            line.append(text)
            print(line)
        }
    }
}
