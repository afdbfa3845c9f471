import Processor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Machine.Configuration {
    /// Throws if no machine can be built like this; else the processor's model.
    func validated() throws(Machine.ConfigurationError) -> ProcessorModel {
        guard (1 << 20...3 << 30).contains(memorySize), memorySize % 4096 == 0 else {
            throw Machine.ConfigurationError("memory must be 1 MiB to 3 GiB, in steps of 4 KiB")
        }
        guard let model = ProcessorModel.named(processorModel) else {
            let names = Machine.processorModels.joined(separator: ", ")
            throw Machine.ConfigurationError("there is no processor model \(processorModel); choose one of \(names)")
        }
        guard firmware.count <= 512 << 10, firmware.count % 4096 == 0 else {
            throw Machine.ConfigurationError("the firmware ROM must be at most 512 KiB and a multiple of 4 KiB long")
        }
        guard drives.count <= 4 else {
            throw Machine.ConfigurationError("at most four disks can be connected, not \(drives.count)")
        }
        guard drives.allSatisfy({ $0 == nil || $0?.image.sectorCount ?? 0 > 0 }) else {
            throw Machine.ConfigurationError("a disk image is empty")
        }
        guard drives.allSatisfy({ $0?.image.sectorCount ?? 0 <= DiskGeometry.addressableSectors }) else {
            throw Machine.ConfigurationError(
                "a disk image is larger than 128 GiB, which 28-bit sector numbers cannot reach")
        }
        guard (1...1_000_000).contains(nanosecondsPerStep) else {
            throw Machine.ConfigurationError("a step must take 1 to 1,000,000 nanoseconds")
        }
        guard (0...2).contains(serialPorts) else {
            throw Machine.ConfigurationError("there can be 0 to 2 serial ports")
        }
        return model
    }

    /// The drives as the board takes them.
    var driveSlots: [Board.DriveSlot?] {
        drives.map { drive in
            guard let drive else { return nil }
            let disk = Disk(image: drive.image, policy: drive.policy)
            // A disk that cannot be read gets a default geometry; its reads will fail where the guest sees it.
            let bootSector = (try? disk.read(0)) ?? []
            return Board.DriveSlot(
                disk: disk, model: drive.model,
                geometry: DiskGeometry(sectorCount: disk.sectorCount, bootSector: bootSector))
        }
    }

    /// What must be equal for a snapshot of one machine to fit another.
    var hash: UInt64 {
        var hasher = Hasher64()
        hasher.add(UInt64(memorySize))
        hasher.add(Array(processorModel.utf8))
        hasher.add(firmware)
        hasher.add(UInt64(serialPorts))
        hasher.add(UInt64(hostility.rawValue))
        hasher.add(hasShadowRAM ? 1 : 0)
        for index in 0..<4 {
            hasher.add(index < drives.count ? drives[index]?.image.sectorCount ?? 0 : 0)
        }
        return hasher.value
    }
}

/// The only look at the host's clock: it becomes a recorded input event.
enum HostClock {
    static var secondsSince1970: Int64 { Int64(time(nil)) }
}
