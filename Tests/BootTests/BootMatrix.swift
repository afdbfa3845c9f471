/// The machines that the image is booted on: every pair of two properties occurs in some row, as far as it can exist.
enum BootMatrix {
    /// Media in the matrix; the 2.88 MB floppy has a row of its own.
    static let media: [BootMedium] = [.disk, .usb, .floppy1440, .kernel, .grubLinux, .grubLinux16]
    /// RAM in MiB.
    static let memories = [4, 16, 64, 1024, 4096]

    /// Why a machine cannot exist, or nil if it can. Each reason forbids a pair of properties.
    static func impossibility(_ machine: MachineConfiguration) -> String? {
        if machine.medium == .usb, machine.board == .isapc {
            return "a USB controller needs PCI, which isapc does not have"
        }
        if machine.medium.isGRUB, machine.memory < 8 {
            return "GRUB itself needs 8 MB"
        }
        return nil
    }

    /// All machines that can exist.
    static let candidates: [MachineConfiguration] = media.flatMap { medium in
        MachineConfiguration.Board.allCases.flatMap { board in
            MachineConfiguration.Processor.allCases.flatMap { processor in
                memories.map { memory in
                    MachineConfiguration(medium: medium, board: board, processor: processor, memory: memory)
                }
            }
        }
    }.filter { impossibility($0) == nil }

    /// The pairs of properties that a machine shows.
    static func pairs(_ machine: MachineConfiguration) -> Set<String> {
        let properties = [
            machine.medium.rawValue, machine.board.rawValue, machine.processor.rawValue, "\(machine.memory) MB",
        ]
        var pairs: Set<String> = []
        for (index, first) in properties.enumerated() {
            for second in properties[(index + 1)...] { pairs.insert("\(first) + \(second)") }
        }
        return pairs
    }

    /// Rows that show every pair: at each step the machine with the most pairs not yet seen.
    static let rows: [MachineConfiguration] = {
        var missing = candidates.reduce(into: Set<String>()) { $0.formUnion(pairs($1)) }
        var rows: [MachineConfiguration] = []
        while !missing.isEmpty {
            var best: (machine: MachineConfiguration, count: Int)?
            for machine in candidates {
                let count = pairs(machine).intersection(missing).count
                if count > best?.count ?? 0 { best = (machine, count) }
            }
            guard let best else { break }
            rows.append(best.machine)
            missing.subtract(pairs(best.machine))
        }
        rows.append(MachineConfiguration(medium: .floppy2880, memory: 6144))
        return rows
    }()
}
