extension PIT8254 {
    private static let modes = [
        "interrupt on terminal count", "one-shot", "rate generator", "square wave", "software strobe",
        "hardware strobe",
    ]
    private static let purposes = ["IRQ 0", "memory refresh", "speaker"]

    func report(_ board: Board) -> ChipReport {
        var report = ChipReport("pit", "Intel 8254 timer, 1.193182 MHz", ports: board.ports(of: [.timer]))
        for (index, registers) in registers.counters.enumerated() {
            var counter = registers
            counter.advance(to: PIT8254.clock.ticks(in: board.now))
            let name = "counter\(index)"
            let mode = Int(counter.mode)
            report.add(
                "\(name).mode", counter.mode,
                (mode < Self.modes.count ? Self.modes[mode] : "") + ", for \(Self.purposes[index])"
                    + (counter.isBCD ? ", BCD" : ""))
            let isPeriodic = counter.mode == 2 || counter.mode == 3
            let hertz = 1_193_182 / Double(counter.reload)
            report.add(
                "\(name).reload", count: Int(counter.reload),
                counter.hasCount
                    ? isPeriodic ? "\(Self.rounded(hertz)) times a second" : "" : "no count has been written")
            report.add("\(name).count", word: counter.reading, counter.isLoaded ? "now" : "not running")
            report.add("\(name).output", flag: counter.output)
            report.add("\(name).gate", flag: counter.gate, counter.gate ? "" : "counting is held")
            let access = ["", "low byte", "high byte", "low byte, then high byte"][Int(counter.access & 3)]
            report.add(
                "\(name).access", counter.access, access + (counter.readsHigh ? "; the high byte is read next" : ""))
            if let latch = counter.latch { report.add("\(name).latch", word: latch, "latched for reading") }
            if let status = counter.statusLatch { report.add("\(name).status", status, "latched for reading") }
        }
        return report
    }

    /// With two digits behind the point.
    private static func rounded(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let fraction = String(hundredths % 100)
        return "\(hundredths / 100).\(fraction.count < 2 ? "0" : "")\(fraction)"
    }
}
