// Instructions that Swift has no words for, and memory at fixed addresses.
//
// Every function is one or two instructions, inlined into the Swift that calls it. Memory access is volatile: these
// addresses belong to devices, to the BIOS data areas, or to RAM under test.

#ifndef FIRMWARE_HARDWARE_H
#define FIRMWARE_HARDWARE_H

#include <stdint.h>
#include "layout.h"

static inline uint8_t port_read8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint16_t port_read16(uint16_t port) {
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void port_write8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t memory_read8(uint32_t address) { return *(volatile uint8_t *)address; }
static inline uint16_t memory_read16(uint32_t address) { return *(volatile uint16_t *)address; }
static inline uint32_t memory_read32(uint32_t address) { return *(volatile uint32_t *)address; }
static inline void memory_write8(uint32_t address, uint8_t value) { *(volatile uint8_t *)address = value; }
static inline void memory_write16(uint32_t address, uint16_t value) { *(volatile uint16_t *)address = value; }
static inline void memory_write32(uint32_t address, uint32_t value) { *(volatile uint32_t *)address = value; }

// Whether EFLAGS.ID can be changed, which is how a 486 or later says that it has CPUID (SDM volume 1, 20.1.2).
static inline uint32_t processor_has_cpuid(void) {
    uint32_t before, after;
    __asm__ volatile(
        "pushfl; popl %0; movl %0, %1; xorl $0x200000, %1; pushl %1; popfl; pushfl; popl %1; pushl %0; popfl"
        : "=&r"(before), "=&r"(after) : : "cc", "memory");
    return (before ^ after) & 0x200000;
}

// Whether EFLAGS.AC can be changed: a 386 cannot.
static inline uint32_t processor_has_alignment_check(void) {
    uint32_t before, after;
    __asm__ volatile(
        "pushfl; popl %0; movl %0, %1; xorl $0x40000, %1; pushl %1; popfl; pushfl; popl %1; pushl %0; popfl"
        : "=&r"(before), "=&r"(after) : : "cc", "memory");
    return (before ^ after) & 0x40000;
}

// Whether an FPU answers: its status word reads 0 after initialisation, and is not written at all without one.
static inline uint32_t processor_has_fpu(void) {
    uint16_t status = 0x5A5A;
    __asm__ volatile("fninit; fnstsw %0" : "+m"(status));
    return status == 0;
}

struct cpuid_registers {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_registers processor_cpuid(uint32_t leaf) {
    struct cpuid_registers r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}

// The low half of a model-specific register; Pentium and later.
static inline uint32_t processor_read_msr(uint32_t number) {
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return low;
}

#endif
