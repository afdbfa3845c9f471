// The local APIC, where the processor has one (SDM volume 3, chapter 11; MultiProcessor Specification 1.4, 3.6.2.2).
//
// It stands between the 8259 and the processor, and after reset its interrupt inputs are masked: no timer, no
// keyboard. "Virtual wire" mode lets the 8259 through and is how a PC has to be handed to its boot loader.

import Hardware

enum LocalAPIC {
    private static let baseRegister: UInt32 = 0x1B
    private static let enabled: UInt32 = 1 << 11

    private static let spuriousVector: UInt32 = 0x0F0
    private static let localInterrupt0: UInt32 = 0x350
    private static let localInterrupt1: UInt32 = 0x360

    static func initialize() {
        // CPUID leaf 1, EDX: bit 5 MSRs, bit 9 an APIC that is not switched off.
        guard processor_has_cpuid() != 0, processor_cpuid(0).eax >= 1, processor_cpuid(1).edx & 0x220 == 0x220 else {
            return
        }
        let base = processor_read_msr(baseRegister)
        guard base & enabled != 0 else { return }
        let registers = base & 0xFFFF_F000
        memory_write32(registers &+ spuriousVector, 0x1FF)  // software enable; else the masks cannot be cleared
        memory_write32(registers &+ localInterrupt0, 0x700)  // ExtINT: the 8259 supplies the vector
        memory_write32(registers &+ localInterrupt1, 0x400)  // NMI
    }
}
