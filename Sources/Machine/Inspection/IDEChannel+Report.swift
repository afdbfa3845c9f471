extension IDEChannel {
    private static let commands: [UInt8: String] = [
        0x10: "RECALIBRATE", 0x20: "READ SECTORS", 0x21: "READ SECTORS", 0x30: "WRITE SECTORS", 0x31: "WRITE SECTORS",
        0x40: "READ VERIFY", 0x41: "READ VERIFY", 0x70: "SEEK", 0x90: "EXECUTE DEVICE DIAGNOSTIC",
        0x91: "INITIALIZE DEVICE PARAMETERS", 0xC4: "READ MULTIPLE", 0xC5: "WRITE MULTIPLE", 0xC6: "SET MULTIPLE MODE",
        0xE0: "STANDBY IMMEDIATE", 0xE1: "IDLE IMMEDIATE", 0xE2: "STANDBY", 0xE3: "IDLE", 0xE4: "READ BUFFER",
        0xE5: "CHECK POWER MODE", 0xE6: "SLEEP", 0xE7: "FLUSH CACHE", 0xE8: "WRITE BUFFER", 0xEC: "IDENTIFY DEVICE",
        0xEF: "SET FEATURES", 0xF8: "READ NATIVE MAX ADDRESS",
    ]

    func report(_ board: Board) -> ChipReport {
        var report = ChipReport(
            "ide\(number)", "\(number == 0 ? "primary" : "secondary") IDE channel, IRQ \(number == 0 ? 14 : 15)",
            ports: board.ports(of: [number == 0 ? .disk0 : .disk1]))
        let registers = registers
        let selected = Int(registers.device >> 4 & 1)
        guard disks.contains(where: { $0 != nil }) else {
            report.add("drives", count: 0, "no drive is connected")
            return report
        }
        report.add("selected", count: selected, disks[selected] == nil ? "no such drive" : "")
        let status = registers.drives[selected].status
        report.add(
            "status", status,
            ChipReport.words(
                status,
                [
                    (Status.busy, "busy"), (Status.ready, "ready"), (Status.fault, "fault"),
                    (Status.seekComplete, "seek complete"), (Status.dataRequest, "data request"),
                    (Status.error, "error"),
                ]))
        report.add(
            "error", registers.drives[selected].error,
            status & Status.error == 0
                ? ""
                : ChipReport.words(
                    registers.drives[selected].error,
                    [
                        (ErrorBit.abort, "aborted"), (ErrorBit.notFound, "sector not found"),
                        (ErrorBit.uncorrectable, "unreadable"),
                    ]))
        report.add("command", registers.command, Self.commands[registers.command] ?? "")
        let phase =
            switch registers.phase {
            case .idle: "nothing is going on"
            case .commandPending: "the command waits to be carried out"
            case .dataIn: "the host reads the buffer"
            case .dataOut: "the host fills the buffer"
            case .writing: "the drive writes the buffer"
            case .reading: "the drive reads the next block"
            case .resetting: "a software reset"
            }
        report.add("phase", words: "\(registers.phase)", phase)
        let usesLBA = registers.device & 0x40 != 0
        let sector =
            UInt32(registers.lbaLow) | UInt32(registers.lbaMid) << 8 | UInt32(registers.lbaHigh) << 16
            | UInt32(registers.device & 0xF) << 24
        report.add(
            "address", words: ChipReport.hexadecimal(sector),
            usesLBA
                ? "LBA \(sector)"
                : "cylinder \(UInt16(registers.lbaHigh) << 8 | UInt16(registers.lbaMid)), head \(registers.device & 0xF), "
                    + "sector \(registers.lbaLow)")
        report.add("count", registers.sectorCount, "sectors (0 means 256)")
        report.add("remaining", count: registers.remaining, "sectors of the command still to be transferred")
        report.add(
            "buffer", count: registers.buffer.count, "bytes, of which the host has transferred \(registers.position)")
        report.add(
            "interrupt", flag: registers.interrupt, registers.control & 2 != 0 ? "disabled by nIEN" : "enabled")
        for index in 0..<2 {
            guard let disk = disks[index] else { continue }
            let drive = registers.drives[index]
            report.add(
                "drive\(index)", words: models[index],
                "\(disk.sectorCount) sectors, \(drive.geometry.cylinders)/\(drive.geometry.heads)/"
                    + "\(drive.geometry.sectors), "
                    + (drive.multiple == 0
                        ? "no multiple mode" : "\(drive.multiple) sectors per interrupt in multiple mode"))
        }
        return report
    }
}
