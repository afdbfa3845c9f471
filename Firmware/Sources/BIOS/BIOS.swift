// POST: the power-on self-test, from the first instruction in flat 32-bit mode to the moment the boot sector is read.
//
// Constraint: this code executes from ROM, in front of everything: no heap, no interrupts, no C library, a few
// kilobytes of stack in low RAM. What it finds must survive it, and the only places for that are the BIOS data area
// and the EBDA, which the 16-bit services read.
//
// Choice: plain values and static functions, one file per chip. Each probe puts its result in the data areas and
// returns what a person wants to know, which `Report` shows on the screen and repeats on the debug port 0E9h.
// Every wait is bounded, because a missing chip must not hang the machine.
//
// Example: `MemoryMap.size()` reads the sizes from the CMOS, touches a few words to see whether the RAM is there,
// `MemoryMap.store()` turns them into the table int 15h AX=E820h hands out.

import Hardware

@main
struct BIOS {
    static let version: StaticString = "0.1"

    static func main() {
        var report = Report()
        report.title("Martlet BIOS ", version)

        PIC8259.initialize()
        LocalAPIC.initialize()
        PIT8254.initialize()
        BIOSDataArea.initialize()

        report.label("Processor")
        Processor.describe(in: &report)

        report.label("Memory")
        let memory = MemorySize.probe()
        MemoryMap.store(memory)
        memory.describe(in: &report)

        report.label("Clock")
        MC146818.initialize()
        MC146818.describe(in: &report)

        report.label("Keyboard")
        report.text(I8042.initialize() ? "PS/2" : "none answers")
        report.endLine()

        UART16550.probe(reportingTo: &report)
        ATADisk.probeAll(reportingTo: &report)

        report.finish()
    }
}
