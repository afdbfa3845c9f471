#ifndef MARTLET_CUSER_H
#define MARTLET_CUSER_H

#include <stddef.h>
#include <stdint.h>

/* What a program cannot say in Swift: the system call instruction, port instructions, and the heap below Swift's. */

/* EAX at the start of the program's first thread. */
extern const uint32_t program_argument;

/* What the one who started the program says is there; bit 0: sysenter, bit 1: x87, bit 2: SSE. */
extern const uint32_t system_call_flags;

/* The registers of a system call, before and after (see KernelABI's SystemCall). */
struct system_call_registers {
    uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
};

/* Makes the system call in registers->eax, with all registers as given; puts back what the kernel answers. */
void system_call(struct system_call_registers *registers);

/* A system call that takes nothing but its number; for loops that measure the call itself. */
static inline int32_t system_call_plain(uint32_t number) {
    int32_t result;
    __asm__ volatile("int $0x80" : "=a"(result) : "0"(number) : "ecx", "edx", "cc", "memory");
    return result;
}

/* Port input and output; a process without the port in its permission bitmap gets a general protection fault. */
static inline uint8_t port_read8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void port_write8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint16_t port_read16(uint16_t port) {
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void port_write16(uint16_t port, uint16_t value) {
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

/* Moves `count` 16-bit words between a port and memory, in one instruction. */
static inline void port_read_words(uint16_t port, void *words, uint32_t count) {
    __asm__ volatile("rep insw" : "+D"(words), "+c"(count) : "d"(port) : "memory");
}

static inline void port_write_words(uint16_t port, const void *words, uint32_t count) {
    __asm__ volatile("rep outsw" : "+S"(words), "+c"(count) : "d"(port) : "memory");
}

/* Reads memory at an address that no compiler has an opinion on: address 0, for example. */
static inline uint32_t memory_read32(uint32_t address) {
    uint32_t value;
    __asm__ volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void memory_write32(uint32_t address, uint32_t value) {
    __asm__ volatile("movl %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

/* An instruction that only ring 0 may execute. */
static inline void processor_halt(void) {
    __asm__ volatile("hlt" : : : "memory");
}

/* Where the program lies in memory: program.ld. */
extern uint8_t program_start[], program_end[];
static inline uint32_t program_start_address(void) { return (uint32_t)program_start; }
static inline uint32_t program_end_address(void) { return (uint32_t)program_end; }

/* A lock of a program's threads: 0 while nobody has it. */
void lock_take(uint32_t *lock);
void lock_release(uint32_t *lock);

/* The heap: see heap.c. */
int posix_memalign(void **result, size_t alignment, size_t size);
void free(void *block);

#endif
