extension UART16550 {
    func report(_ board: Board) -> ChipReport {
        var report = ChipReport(
            "com\(number + 1)", "16550A serial port, IRQ \(number == 0 ? 4 : 3)",
            ports: board.ports(of: [number == 0 ? .serial0 : .serial1]))
        let registers = registers
        let parity = registers.lineControl & 0x08 == 0 ? "N" : registers.lineControl & 0x10 == 0 ? "O" : "E"
        let stop = registers.lineControl & 0x04 == 0 ? "1" : "2"
        report.add(
            "divisor", word: registers.divisor,
            registers.divisor == 0 ? "no clock" : "\(115_200 / Int(registers.divisor)) baud")
        report.add(
            "lcr", registers.lineControl,
            "\(5 + (registers.lineControl & 3))\(parity)\(stop)"
                + ChipReport.words(registers.lineControl, [(0x40, ", break"), (0x80, ", divisor latch")]))
        report.add(
            "ier", registers.interruptEnable,
            ChipReport.words(
                registers.interruptEnable,
                [(1, "data received"), (2, "transmitter empty"), (4, "line status"), (8, "modem status")],
                none: "no interrupts"))
        let identity = interruptIdentity
        let causes: [UInt8: String] = [
            0: "modem status", 2: "transmitter empty", 4: "data received", 6: "line status", 0xC: "receiver time-out",
        ]
        report.add("iir", identity | (registers.fifoControl & 1 != 0 ? 0xC0 : 0), causes[identity] ?? "no interrupt")
        report.add("fifo", flag: registers.fifoControl & 1 != 0, "trigger level \(triggerLevel)")
        report.add(
            "mcr", registers.modemControl,
            ChipReport.words(
                registers.modemControl,
                [(1, "DTR"), (2, "RTS"), (4, "OUT1"), (8, "OUT2 (interrupt connected)"), (0x10, "loop-back")],
                none: "nothing"))
        report.add(
            "lsr", lineStatus,
            ChipReport.words(
                lineStatus,
                [
                    (LineStatus.dataReady, "data ready"), (LineStatus.overrun, "overrun"),
                    (LineStatus.breakInterrupt, "break"), (LineStatus.holdingEmpty, "holding register empty"),
                    (LineStatus.transmitterEmpty, "transmitter empty"),
                ], none: "transmitting"))
        report.add(
            "msr", modemLines(registers.modemControl) | registers.modemDeltas,
            ChipReport.words(
                modemLines(registers.modemControl), [(0x10, "CTS"), (0x20, "DSR"), (0x40, "RI"), (0x80, "DCD")]))
        report.add("scratch", registers.scratch)
        report.add("received", bytes: registers.receive, "wait to be read")
        let sending = (registers.shifting.map { [$0] } ?? []) + registers.transmit
        report.add("sending", bytes: sending, "on their way out")
        report.add(
            "incoming", count: registers.incoming.count - registers.incomingOffset,
            "bytes from outside that wait for room")
        return report
    }
}
