/// What a recorded machine was built from: values, and hashes of what is too large to be in the file.
struct RecordedMachine: Codable, Sendable {
    let memorySize: UInt64
    let processorModel: String
    let nanosecondsPerStep: UInt32
    private let memoryFill: Machine.MemoryFill
    private let clockStart: Machine.ClockStart
    private let serialPorts: UInt8
    private let hostility: UInt32
    private let hasShadowRAM: Bool
    /// Index and value, by turns.
    private let cmosOverrides: [UInt8]
    private let firmwareSize: UInt32
    private let firmwareHash: UInt64
    private let drives: [RecordedDrive?]

    init(_ machine: Machine) throws(SnapshotError) {
        let configuration = machine.configuration
        memorySize = UInt64(configuration.memorySize)
        processorModel = configuration.processorModel
        nanosecondsPerStep = configuration.nanosecondsPerStep
        memoryFill = configuration.memoryFill
        clockStart = configuration.clockStart
        serialPorts = UInt8(clamping: configuration.serialPorts)
        hostility = configuration.hostility.rawValue
        hasShadowRAM = configuration.hasShadowRAM
        cmosOverrides = configuration.cmosOverrides.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        firmwareSize = UInt32(clamping: configuration.firmware.count)
        firmwareHash = Self.hash(configuration.firmware)
        let disks = machine.board.disks.flatMap(\.disks)
        var drives: [RecordedDrive?] = []
        for (index, drive) in configuration.drives.enumerated() {
            guard let drive, index < disks.count, let disk = disks[index] else {
                drives.append(nil)
                continue
            }
            do {
                drives.append(try RecordedDrive(disk, model: drive.model))
            } catch {
                throw SnapshotError("disk \(index) cannot be read for the recording: \(error.description)")
            }
        }
        self.drives = drives
    }

    func validate() throws(SnapshotError) {
        guard memorySize <= 3 << 30, cmosOverrides.count % 2 == 0, drives.count <= 4,
            drives.allSatisfy({ $0?.isValid ?? true })
        else { throw SnapshotError("the recording is inconsistent") }
    }

    func configuration(firmware: [UInt8], images: [any DiskImage]) throws(SnapshotError) -> Machine.Configuration {
        guard firmware.count == firmwareSize, Self.hash(firmware) == firmwareHash else {
            throw SnapshotError("the recording was made with another BIOS ROM")
        }
        let expected = drives.count { $0 != nil }
        guard images.count == expected else {
            throw SnapshotError("the recording is of a machine with \(expected) disks; \(images.count) are given")
        }
        var configuration = Machine.Configuration()
        configuration.memorySize = Int(memorySize)
        configuration.processorModel = processorModel
        configuration.nanosecondsPerStep = nanosecondsPerStep
        configuration.memoryFill = memoryFill
        // The host's date is part of the recorded input.
        if case .fixed = clockStart { configuration.clockStart = clockStart }
        configuration.serialPorts = Int(serialPorts)
        configuration.hostility = Machine.Hostility(rawValue: hostility)
        configuration.hasShadowRAM = hasShadowRAM
        for index in stride(from: 0, to: cmosOverrides.count - 1, by: 2) {
            configuration.cmosOverrides[cmosOverrides[index]] = cmosOverrides[index + 1]
        }
        configuration.firmware = firmware
        var remaining = images[...]
        var index = 0
        for drive in drives {
            defer { index += 1 }
            guard let drive, let image = remaining.popFirst() else {
                configuration.drives.append(nil)
                continue
            }
            configuration.drives.append(try drive.drive(on: image, number: index))
        }
        return configuration
    }

    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        var hasher = Hasher64()
        hasher.add(bytes)
        return hasher.value
    }
}

/// A disk as it was at power-on.
private struct RecordedDrive: Codable, Sendable {
    private struct Block: Codable, Sendable {
        var number: UInt64
        var bytes: [UInt8]
    }

    private let sectorCount: UInt64
    private let contentHash: UInt64
    /// The guest could not write.
    private let isReadOnly: Bool
    private let model: String
    /// What was in the blocks that have been overwritten.
    private let originals: [Block]

    init(_ disk: Disk, model: String) throws(DiskError) {
        sectorCount = disk.sectorCount
        isReadOnly = disk.isReadOnly
        self.model = model
        originals = disk.originals.sorted { $0.key < $1.key }.map { Block(number: $0.key, bytes: $0.value) }
        contentHash = try Self.hash(OriginalDisk(disk.image, originals: disk.originals, isReadOnly: true))
    }

    var isValid: Bool {
        originals.allSatisfy {
            $0.bytes.count == Disk.blockSize && $0.number <= sectorCount / Disk.sectorsPerBlock
                && $0.number * Disk.sectorsPerBlock < sectorCount
        }
    }

    /// The drive with `image`, if that holds what the recorded machine's disk did.
    func drive(on image: any DiskImage, number: Int) throws(SnapshotError) -> Machine.Drive {
        guard image.sectorCount == sectorCount else {
            throw SnapshotError(
                "disk \(number) is not that of the recording: "
                    + "it has \(image.sectorCount) sectors instead of \(sectorCount)")
        }
        let blocks = Dictionary(originals.map { ($0.number, $0.bytes) }) { $1 }
        let disk = OriginalDisk(image, originals: blocks, isReadOnly: isReadOnly)
        do {
            guard try Self.hash(disk) == contentHash else {
                throw SnapshotError("disk \(number) is not that of the recording: its contents differ")
            }
        } catch let error as DiskError {
            throw SnapshotError(error.description)
        } catch let error as SnapshotError {
            throw error
        } catch {
            throw SnapshotError("disk \(number) cannot be read")
        }
        // A drive whose image is read-only refuses writes only if they are meant to reach it.
        return Machine.Drive(image: disk, policy: isReadOnly ? .writeThrough : .discard, model: model)
    }

    private static func hash(_ disk: OriginalDisk) throws(DiskError) -> UInt64 {
        var hasher = Hasher64()
        var sector: UInt64 = 0
        while sector < disk.sectorCount {
            let count = Int(min(2048, disk.sectorCount - sector))
            hasher.add(try disk.read(count, at: sector))
            sector += UInt64(count)
        }
        return hasher.value
    }
}

/// A disk image as it was before blocks of it were overwritten. Never written.
private final class OriginalDisk: DiskImage {
    private let image: any DiskImage
    private let originals: [UInt64: [UInt8]]
    let isReadOnly: Bool

    init(_ image: any DiskImage, originals: [UInt64: [UInt8]], isReadOnly: Bool) {
        self.image = image
        self.originals = originals
        self.isReadOnly = isReadOnly
    }

    var sectorCount: UInt64 { image.sectorCount }

    func read(_ count: Int, at sector: UInt64) throws(DiskError) -> [UInt8] {
        var bytes = try image.read(count, at: sector)
        guard !originals.isEmpty, count > 0 else { return bytes }
        for index in 0..<count {
            let (block, offset) = (sector + UInt64(index)).quotientAndRemainder(dividingBy: Disk.sectorsPerBlock)
            guard let original = originals[block] else { continue }
            let start = Int(offset) * Disk.sectorSize
            let target = index * Disk.sectorSize
            guard target + Disk.sectorSize <= bytes.count, start + Disk.sectorSize <= original.count else { continue }
            bytes.replaceSubrange(target..<target + Disk.sectorSize, with: original[start..<start + Disk.sectorSize])
        }
        return bytes
    }

    func write(_ bytes: [UInt8], at sector: UInt64) throws(DiskError) {
        throw DiskError("the disk of a recording is not written")
    }
}
