extension Board {
    /// The odd ends: system control ports, POST code, the ports that only emulators have.
    var systemReport: ChipReport {
        var report = ChipReport(
            "system", "system control, POST code, debug console, exit port",
            ports: ports(of: [.systemControl, .debugConsole, .exit, .numericError]))
        report.add("post", systemControl.postCode, "the last code written to port 80h")
        report.add(
            "port61", systemControl.portB,
            ChipReport.words(
                systemControl.portB, [(1, "speaker timer runs"), (2, "speaker on")], none: "speaker off"))
        report.add(
            "port92", systemControl.portA, systemControl.portA & 2 != 0 ? "asks for A20" : "does not ask for A20")
        report.add("a20", flag: processor.isA20Enabled, processor.isA20Enabled ? "open" : "closed")
        report.add(
            "speaker", count: Int(systemControl.speakerFrequency), systemControl.speakerFrequency > 0 ? "Hz" : "silent")
        report.add(
            "ferr", flag: processor.state.pointee.x87.errorOutput, "the FPU reports an error by IRQ 13 (port F0h)")
        report.add("console", words: "e9", "bytes written there go to the debug console")
        report.add("exit", words: "501", "a value v written there ends the machine with code 2v + 1")
        return report
    }

    /// The ports at which any of `devices` answers, in ranges.
    func ports(of devices: Set<PortDevice>) -> [ClosedRange<UInt16>] {
        var ranges: [ClosedRange<UInt16>] = []
        for port in UInt16.min...UInt16.max where devices.contains(device(at: port)) {
            if let last = ranges.last, port > 0, last.upperBound == port - 1 {
                ranges[ranges.count - 1] = last.lowerBound...port
            } else {
                ranges.append(port...port)
            }
        }
        return ranges
    }
}

extension Board.PortDevice {
    /// As ``ChipReport/name``.
    var chipName: String? {
        switch self {
        case .none: nil
        case .interrupts: "pic"
        case .timer: "pit"
        case .realTimeClock: "rtc"
        case .keyboardController: "kbc"
        case .serial0: "com1"
        case .serial1: "com2"
        case .display: "vga"
        case .disk0: "ide0"
        case .disk1: "ide1"
        case .systemControl, .debugConsole, .exit, .numericError: "system"
        }
    }
}
