import Foundation
import Testing

@testable import Machine

@Suite struct DiskTests {
    private func sector(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 512) }

    @Test func goingBackFindsTheDiskAsItWas() throws {
        let image = MemoryDisk([UInt8](repeating: 0x11, count: 512 * 20))
        let disk = Disk(image: image, policy: .writeThrough)
        let start = disk.overlay
        try disk.write(sector(0xAA), at: 3, silenced: false)
        let middle = disk.overlay
        try disk.write(sector(0xBB), at: 3, silenced: false)
        try disk.write(sector(0xCC), at: 19, silenced: false)
        #expect(try image.read(1, at: 3) == sector(0xBB))

        disk.restore(overlay: start)
        #expect(try disk.read(3) == sector(0x11))
        #expect(try disk.read(19) == sector(0x11))
        disk.restore(overlay: middle)
        #expect(try disk.read(3) == sector(0xAA))
        #expect(try disk.read(19) == sector(0x11))

        // Going through the past again leaves the image alone; going on from there brings it along.
        try disk.write(sector(0xDD), at: 4, silenced: true)
        #expect(try image.read(1, at: 4) == sector(0x11))
        #expect(try image.read(1, at: 3) == sector(0xBB))
        try disk.synchronize()
        #expect(try image.read(1, at: 3) == sector(0xAA))
        #expect(try image.read(1, at: 4) == sector(0xDD))
        #expect(try image.read(1, at: 19) == sector(0x11))
    }

    @Test func discardLeavesTheImageAlone() throws {
        let image = MemoryDisk([UInt8](repeating: 0x11, count: 512 * 3), isReadOnly: true)
        let disk = Disk(image: image, policy: .discard)
        try disk.write(sector(0x22), at: 2, silenced: false)
        #expect(try disk.read(2) == sector(0x22))
        #expect(try disk.read(1) == sector(0x11))
        #expect(image.bytes.allSatisfy { $0 == 0x11 })
        #expect(throws: DiskError.self) { try disk.read(3) }
        #expect(throws: DiskError.self) { try disk.write(sector(0), at: 3, silenced: false) }
    }

    private func temporaryFile(_ bytes: [UInt8]) throws -> String {
        let path = NSTemporaryDirectory() + "/martlet-disk-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func files() throws {
        let path = try temporaryFile([UInt8](repeating: 0x33, count: 1000))
        defer { unlink(path) }
        let disk = try FileDisk(path: path)
        #expect(disk.sectorCount == 2)
        // The last sector is incomplete: it reads as if padded, and writing it does not make the file longer.
        #expect(try disk.read(1, at: 1) == [UInt8](repeating: 0x33, count: 488) + [UInt8](repeating: 0, count: 24))
        try disk.write([UInt8](repeating: 0x44, count: 1024), at: 0)
        let contents = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(contents == Data(repeating: 0x44, count: 1000))
        #expect(throws: DiskError.self) { try disk.read(1, at: 2) }
        #expect(throws: DiskError.self) { try disk.write(self.sector(0), at: 2) }
        let readOnly = try FileDisk(path: path, readOnly: true)
        #expect(readOnly.isReadOnly)
        #expect(throws: DiskError.self) { try readOnly.write(self.sector(0), at: 0) }
    }

    @Test func unusableFilesAreExplained() throws {
        let empty = try temporaryFile([])
        defer { unlink(empty) }
        for (path, reason) in [(empty, "it is empty"), ("/tmp", "it is a directory"), ("/dev/null", "neither a file")] {
            #expect { try FileDisk(path: path, readOnly: true) } throws: { error in
                (error as? DiskError)?.description.contains(reason) == true
            }
        }
        #expect { try FileDisk(path: "/no/such/file") } throws: { error in
            (error as? DiskError)?.description.hasPrefix("cannot open disk image /no/such/file: ") == true
        }
    }
}
