import Testing

/// The lines of a kernel's log that describe the machine, held against the machine.
struct MachineLines {
    private let log: KernelLog

    init(_ log: KernelLog) {
        self.log = log
    }

    func check(_ machine: MachineConfiguration) {
        checkProcessor(machine.processor)
        checkBootPath(machine.medium)
        checkBIOSMap(machine)
        checkMemory(machine)
        checkKernelMap()
    }

    private func checkProcessor(_ processor: MachineConfiguration.Processor) {
        let lines = log.lines("cpu")
        #expect(lines.count == 1)
        let expected =
            switch processor {
            case .i486: "family 4 "
            case .pentium: "family 5 "
            case .pentium3: "GenuineIntel family 6 "
            case .max: "pge"
            }
        #expect(lines.first?.contains(expected) == true, "cpu: \(lines)")
        #expect(lines.first?.contains("pge") == (processor == .pentium3 || processor == .max))
    }

    private func checkBootPath(_ medium: BootMedium) {
        let expected =
            switch medium {
            case .disk, .usb: "loader 0xff, boot sector, drive 0x80 by int 13h extensions, map by E820"
            case .floppy1440, .floppy2880: "loader 0xff, boot sector, drive 0x00 by CHS, map by E820"
            case .kernel: "loader 0xb0, 16-bit protocol, map by E820"
            case .grubLinux: "loader 0x72, 32-bit protocol"
            case .grubLinux16: "loader 0x72, 16-bit protocol, map by E820"
            }
        #expect(log.lines("boot").first?.hasPrefix(expected) == true, "boot: \(log.lines("boot"))")
    }

    /// The BIOS keeps some of the RAM to itself: at most what lies between 640 KB and 1 MB, and 256 KB at the top.
    private func isPlausible(kilobytes: Int, of machine: MachineConfiguration) -> Bool {
        let installed = machine.memory * 1024
        return installed - 640...installed ~= kilobytes
    }

    private func checkBIOSMap(_ machine: MachineConfiguration) {
        // Lines such as "0000000000100000 + 0000000000ee0000 RAM".
        var ram = 0
        for line in log.lines("bios-map") where line.hasSuffix(" RAM") {
            let fields = line.split(separator: " ")
            guard fields.count == 4, fields[1] == "+", let length = Int(fields[2], radix: 16) else {
                Issue.record("not an entry of the BIOS's map: \(line)")
                return
            }
            ram += length / 1024
        }
        #expect(isPlausible(kilobytes: ram, of: machine), "\(ram) KiB of RAM in the BIOS's map")
    }

    private func checkMemory(_ machine: MachineConfiguration) {
        // "15868 KiB of RAM, 15472 KiB free", and for large machines "2048 MiB of RAM above 4 GB, not used".
        let lines = log.lines("memory").map { $0.split(separator: " ") }
        guard let first = lines.first, first.count >= 6, let usable = Int(first[0]), let free = Int(first[4]) else {
            Issue.record("no report of memory: \(log.lines("memory"))")
            return
        }
        var total = usable
        if lines.count > 1, let above = Int(lines[1][0]) { total += above * 1024 }
        #expect(isPlausible(kilobytes: total, of: machine), "\(total) KiB of RAM")
        #expect(usable <= 4 << 20)
        #expect(free < usable && free > usable / 2)
    }

    private func checkKernelMap() {
        #expect(log.lines("kernel-map").contains { $0.hasPrefix("0x00100000-") && $0.hasSuffix(" image") })
    }
}
