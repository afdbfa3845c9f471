extension VGA {
    func report(_ board: Board) -> ChipReport {
        let window: ClosedRange<UInt32> =
            switch registers.graphics[6] >> 2 & 3 {
            case 0: 0xA0000...0xBFFFF
            case 1: 0xA0000...0xAFFFF
            case 2: 0xB0000...0xB7FFF
            default: 0xB8000...0xBFFFF
            }
        var report = ChipReport("vga", "VGA display adapter", ports: board.ports(of: [.display]), memory: [window])
        if let screen = textScreen() {
            report.add("mode", words: "text", "\(screen.columns) columns, \(screen.lines.count) lines")
        } else {
            report.add(
                "mode", words: "graphics or blank",
                "\(Int(registers.crtc[1]) + 1) characters of 8 dots, \(verticalDisplayEnd) scan lines")
        }
        let start = UInt16(registers.crtc[0xC]) << 8 | UInt16(registers.crtc[0xD])
        let cursor = UInt16(registers.crtc[0xE]) << 8 | UInt16(registers.crtc[0xF])
        report.add("start", word: start, "where the picture begins in video memory")
        report.add("cursor", word: cursor, registers.crtc[0xA] & 0x20 != 0 ? "off" : "on")
        report.add(
            "misc", registers.miscellaneous,
            (registers.miscellaneous & 1 != 0 ? "CRTC at 3d4h" : "CRTC at 3b4h")
                + (registers.miscellaneous & 2 != 0 ? ", memory on" : ", memory off"))
        report.add("palette", flag: registers.attributeIndex & 0x20 != 0, "connected to the screen")
        report.add("sequencer", bytes: Array(registers.sequencer.prefix(5)), "SR0-SR4")
        report.add("graphics", bytes: Array(registers.graphics.prefix(9)), "GR0-GR8")
        report.add("crtc", bytes: Array(registers.crtc.prefix(25)), "CR0-CR18h")
        report.add("attribute", bytes: Array(registers.attribute.prefix(21)), "AR0-AR14h")
        report.add("dac.mask", registers.dacMask)
        return report
    }
}
