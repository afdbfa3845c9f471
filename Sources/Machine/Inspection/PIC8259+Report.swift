extension PIC8259 {
    func report(_ board: Board) -> ChipReport {
        var report = ChipReport(
            "pic", "two Intel 8259A interrupt controllers", ports: board.ports(of: [.interrupts]))
        Self.describe(registers.master, "master", firstLine: 0, in: &report)
        Self.describe(registers.slave, "slave", firstLine: 8, in: &report)
        report.add(
            "output", flag: isRequesting, isRequesting ? "INTR: an interrupt is requested from the processor" : "")
        return report
    }

    private static func lines(_ set: UInt8, from first: Int, none: String = "none") -> String {
        let names = (0..<8).filter { set >> UInt8($0) & 1 != 0 }.map { String(first + $0) }
        return names.isEmpty ? none : "IRQ " + names.joined(separator: " ")
    }

    private static func describe(_ chip: Chip, _ name: String, firstLine: Int, in report: inout ChipReport) {
        report.add("\(name).irr", chip.requests, "requested: " + lines(chip.requests, from: firstLine))
        report.add("\(name).isr", chip.inService, "in service: " + lines(chip.inService, from: firstLine))
        report.add("\(name).imr", chip.mask, "masked: " + lines(chip.mask, from: firstLine))
        report.add("\(name).lines", chip.lines, "high: " + lines(chip.lines, from: firstLine))
        report.add("\(name).level", chip.levelMask, "level-triggered: " + lines(chip.levelMask, from: firstLine))
        report.add(
            "\(name).vectors", chip.vectorBase,
            "IRQ \(firstLine)-\(firstLine + 7) are vectors \(ChipReport.hexadecimal(chip.vectorBase))-"
                + ChipReport.hexadecimal(Int(chip.vectorBase) + 7))
        let modes = [
            (chip.automaticEOI, "automatic EOI"), (chip.speciallyNested, "specially fully nested"),
            (chip.specialMask, "special mask"), (chip.rotateOnAutomaticEOI, "rotating"), (chip.polling, "to be polled"),
        ].filter(\.0).map(\.1)
        var words = modes.isEmpty ? "fully nested, EOI by command" : modes.joined(separator: ", ")
        words += chip.readsInService ? ", reads ISR" : ", reads IRR"
        report.add("\(name).mode", words: words)
        report.add(
            "\(name).lowest", chip.lowestPriority, "IRQ \(firstLine + Int(chip.lowestPriority)) has the lowest priority"
        )
        if chip.expectedICW != 0 {
            report.add("\(name).expects", chip.expectedICW, "being initialised: ICW\(chip.expectedICW) comes next")
        }
    }
}
