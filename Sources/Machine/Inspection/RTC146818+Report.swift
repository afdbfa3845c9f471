extension RTC146818 {
    func report(_ board: Board) -> ChipReport {
        var report = ChipReport(
            "rtc", "Motorola MC146818A clock and CMOS RAM", ports: board.ports(of: [.realTimeClock]))
        let memory = registers.memory
        func byte(_ index: Int) -> UInt8 { memory[index & 0x7F] }
        let isBinary = byte(Index.registerB) & RegisterB.binary != 0
        func number(_ index: Int) -> String {
            let text = isBinary ? String(byte(index)) : String(byte(index), radix: 16)
            return text.count < 2 ? "0" + text : text
        }
        let century = String(byte(Index.century), radix: 16)
        report.add(
            "date", words: "\(century)\(number(Index.year))-\(number(Index.month))-\(number(Index.day))",
            "weekday \(number(Index.weekday)), where 1 is Sunday; the century is byte 0x32")
        report.add("time", words: "\(number(Index.hours)):\(number(Index.minutes)):\(number(Index.seconds))")
        report.add(
            "alarm",
            words: "\(number(Index.hoursAlarm)):\(number(Index.minutesAlarm)):\(number(Index.secondsAlarm))",
            "c0 and above match everything")
        let rate = Int(byte(Index.registerA) & 0xF)
        let hertz = rate == 0 ? 0 : 32_768 >> ((rate < 3 ? rate + 7 : rate) - 1)
        report.add(
            "a", byte(Index.registerA),
            (byte(Index.registerA) & 0x70 == 0x20 ? "divider running" : "divider held") + ", periodic rate \(hertz) Hz")
        report.add(
            "b", byte(Index.registerB),
            ChipReport.words(
                byte(Index.registerB),
                [
                    (RegisterB.set, "set (the time stands still)"), (RegisterB.periodic, "periodic interrupt"),
                    (RegisterB.alarm, "alarm interrupt"), (RegisterB.update, "update interrupt"),
                    (RegisterB.binary, "binary"), (RegisterB.hours24, "24 hours"),
                ]))
        report.add(
            "c", byte(Index.registerC),
            ChipReport.words(
                byte(Index.registerC),
                [
                    (RegisterB.periodic, "periodic flag"), (RegisterB.alarm, "alarm flag"),
                    (RegisterB.update, "update flag"),
                ],
                none: "no flag set"))
        report.add(
            "d", byte(Index.registerD), byte(Index.registerD) & 0x80 != 0 ? "battery is good" : "battery is empty")
        report.add("index", registers.index, registers.masksNMI ? "NMI masked (port 70h bit 7)" : "NMI not masked")
        let base = Int(byte(0x15)) | Int(byte(0x16)) << 8
        let extended = Int(byte(0x30)) | Int(byte(0x31)) << 8
        let above = Int(byte(0x34)) | Int(byte(0x35)) << 8
        report.add(
            "memory", words: "\(base) KiB, \(extended) KiB above 1 MiB, \(above * 64) KiB above 16 MiB",
            "as set up in CMOS RAM")
        for row in 0..<8 {
            let start = row * 16
            report.add(
                "cmos." + (row == 0 ? "00" : String(start, radix: 16)), bytes: Array(memory[start..<start + 16]))
        }
        return report
    }
}
