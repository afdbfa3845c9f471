// Serial ports (National PC16550D data sheet).

import Hardware

enum UART16550 {
    /// Looks for COM1 and COM2, enters them at 40:00 and in the equipment word, and tells.
    static func probe(reportingTo report: inout Report) {
        var count: UInt16 = 0
        enter(0x3F8, count: &count, reportingTo: &report)
        enter(0x2F8, count: &count, reportingTo: &report)
        BIOSDataArea.setWord(BDA_EQUIPMENT, BIOSDataArea.word(BDA_EQUIPMENT) | count << 9)
    }

    private static func enter(_ port: UInt16, count: inout UInt16, reportingTo report: inout Report) {
        guard answers(port) else { return }
        BIOSDataArea.setWord(BDA_COM_PORTS &+ Int32(count) &* 2, port)
        BIOSDataArea.setByte(BDA_COM_TIMEOUTS &+ Int32(count), 1)
        count &+= 1
        report.label("Serial")
        report.text("COM")
        report.decimal(UInt32(count))
        report.text(" at ")
        report.hexadecimal(UInt32(port), digits: 3)
        report.text(hasFIFO(port) ? "h, 16550A" : "h")
        report.endLine()
    }

    /// The upper half of the interrupt enable register always reads zero, the lower half what was written.
    private static func answers(_ port: UInt16) -> Bool {
        port_write8(port &+ 3, 0x03)
        port_write8(port &+ 1, 0x0F)
        let enabled = port_read8(port &+ 1)
        port_write8(port &+ 1, 0x00)
        return enabled == 0x0F && port_read8(port &+ 1) == 0x00
    }

    private static func hasFIFO(_ port: UInt16) -> Bool {
        port_write8(port &+ 2, 0x01)
        let identification = port_read8(port &+ 2)
        port_write8(port &+ 2, 0x00)
        return identification & 0xC0 == 0xC0
    }
}
