#ifndef MARTLET_KERNEL_ASSEMBLY_H
#define MARTLET_KERNEL_ASSEMBLY_H

/* The instructions that Swift has no words for, as inline functions, and the symbols that assembly and linker script
   define. */

#include <stdint.h>

static inline void port_write8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t port_read8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void processor_halt(void) {
    __asm__ volatile("hlt" : : : "memory");
}

#endif
