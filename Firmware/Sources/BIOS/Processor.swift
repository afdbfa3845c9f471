// What the processor says of itself.

import Hardware

enum Processor {
    static func describe(in report: inout Report) {
        if processor_has_cpuid() == 0 {
            report.text(processor_has_alignment_check() == 0 ? "80386" : "80486")
        } else if processor_cpuid(0x8000_0000).eax >= 0x8000_0004 {
            brand(in: &report)
        } else {
            vendor(in: &report)
        }
        report.text(processor_has_fpu() != 0 ? "" : ", no FPU")
        report.endLine()
    }

    /// The name in CPUID leaves 80000002h to 80000004h, which some processors fill with leading blanks.
    private static func brand(in report: inout Report) {
        var started = false
        for leaf in UInt32(0x8000_0002)...0x8000_0004 {
            let r = processor_cpuid(leaf)
            characters(r.eax, in: &report, started: &started)
            characters(r.ebx, in: &report, started: &started)
            characters(r.ecx, in: &report, started: &started)
            characters(r.edx, in: &report, started: &started)
        }
    }

    private static func vendor(in report: inout Report) {
        var started = true
        let name = processor_cpuid(0)
        characters(name.ebx, in: &report, started: &started)
        characters(name.edx, in: &report, started: &started)
        characters(name.ecx, in: &report, started: &started)
        guard name.eax >= 1 else { return }
        let signature = processor_cpuid(1).eax
        report.text(", family ")
        report.decimal((signature >> 8) & 0xF)
        report.text(" model ")
        report.decimal((signature >> 4) & 0xF)
        report.text(" stepping ")
        report.decimal(signature & 0xF)
    }

    private static func characters(_ register: UInt32, in report: inout Report, started: inout Bool) {
        var rest = register
        for _ in 0..<4 {
            let character = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
            guard character != 0, started || character != 0x20 else { continue }
            started = true
            report.put(character >= 0x20 && character < 0x7F ? character : 0x3F)
        }
    }
}
