#ifndef MARTLET_KERNEL_ASSEMBLY_H
#define MARTLET_KERNEL_ASSEMBLY_H

/* The instructions that Swift has no words for, as inline functions, and what assembly and linker script define. */

#include <stdint.h>

/* A thread's registers as the stubs in traps.S leave them on its kernel stack, lowest address first. */
struct TrapFrame {
    uint32_t gs, fs, es, ds;
    uint32_t edi, esi, ebp, ignored_esp, ebx, edx, ecx, eax;
    uint32_t vector, error;
    uint32_t eip, cs, eflags;
    /* Only when the processor came from user mode: */
    uint32_t esp, ss;
};

/* traps.S */
void resume_frame(struct TrapFrame *frame) __attribute__((noreturn));
void call_on_stack(void *top, void (*function)(void)) __attribute__((noreturn));
void exhaust_stack(void);
void load_segments(void);
void idle_loop(void);
void double_fault_entry(void);
void sysenter_entry(void);

/* floating-point.S */
uint32_t fpu_is_present(void);
void fpu_save(void *state);
void fpu_restore(const void *state);
void fpu_save_extended(void *state);
void fpu_restore_extended(const void *state);

extern const uint32_t trap_stubs[48];
extern const uint32_t system_call_stub;
extern uint32_t global_descriptor_table[16];
extern uint32_t interrupt_descriptor_table[512];
extern uint32_t double_fault_task_state[26];
extern uint8_t task_state[104 + 8192 + 1];
extern uint8_t log_memory[8192];
extern uint8_t double_fault_stack_top[], sysenter_stack_top[];

/* start.S and kernel.ld */
extern const uint32_t kernel_checksum;
extern uint8_t boot_parameters_copy[4096];
extern uint8_t kernel_image_start[], kernel_text_end[], kernel_constants_end[], kernel_end[];

/* Addresses of the above, as numbers: Swift imports an array as a tuple. */
static inline uint32_t address_of_trap_stub(uint32_t vector) { return vector < 48 ? trap_stubs[vector] : 0; }
static inline uint32_t address_of_system_call_stub(void) { return system_call_stub; }
static inline uint32_t *address_of_gdt(void) { return global_descriptor_table; }
static inline uint32_t *address_of_idt(void) { return interrupt_descriptor_table; }
static inline uint32_t *address_of_double_fault_task_state(void) { return double_fault_task_state; }
static inline uint8_t *address_of_log_memory(void) { return log_memory; }
static inline uint32_t size_of_log_memory(void) { return sizeof log_memory; }
static inline uint8_t *address_of_task_state(void) { return task_state; }
static inline uint32_t address_of_double_fault_stack_top(void) { return (uint32_t)double_fault_stack_top; }
static inline uint32_t address_of_double_fault_entry(void) { return (uint32_t)double_fault_entry; }
static inline uint32_t address_of_sysenter_entry(void) { return (uint32_t)sysenter_entry; }
static inline uint32_t address_of_sysenter_stack_top(void) { return (uint32_t)sysenter_stack_top; }
static inline uint32_t address_of_idle_loop(void) { return (uint32_t)idle_loop; }
static inline uint8_t *address_of_boot_parameters(void) { return boot_parameters_copy; }
static inline uint32_t address_of_text_end(void) { return (uint32_t)kernel_text_end; }
static inline uint32_t address_of_constants_end(void) { return (uint32_t)kernel_constants_end; }
static inline uint32_t address_of_kernel_end(void) { return (uint32_t)kernel_end; }

/* Ports */

static inline void port_write8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t port_read8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* Control registers, descriptor tables, paging */

static inline uint32_t read_cr0(void) { uint32_t v; __asm__ volatile("movl %%cr0, %0" : "=r"(v)); return v; }
static inline uint32_t read_cr2(void) { uint32_t v; __asm__ volatile("movl %%cr2, %0" : "=r"(v)); return v; }
static inline uint32_t read_cr3(void) { uint32_t v; __asm__ volatile("movl %%cr3, %0" : "=r"(v)); return v; }
static inline uint32_t read_cr4(void) { uint32_t v; __asm__ volatile("movl %%cr4, %0" : "=r"(v)); return v; }
static inline __attribute__((always_inline)) void write_cr3(uint32_t v) { __asm__ volatile("movl %0, %%cr3" : : "r"(v) : "memory"); }
static inline void write_cr4(uint32_t v) { __asm__ volatile("movl %0, %%cr4" : : "r"(v) : "memory"); }

/* The jump makes an old processor fetch anew after paging has been switched on (Intel SDM volume 3, section 9.9). */
static inline void write_cr0(uint32_t v) {
    __asm__ volatile("movl %0, %%cr0\n\tjmp 1f\n1:" : : "r"(v) : "memory");
}

/* Model-specific registers, on processors that have them. */
static inline void write_msr(uint32_t number, uint32_t low) {
    __asm__ volatile("wrmsr" : : "c"(number), "a"(low), "d"(0));
}

/* FS and GS, which the kernel does not use, to and from a frame: traps.S. */
void save_user_segments(struct TrapFrame *frame);
void load_user_segments(const struct TrapFrame *frame);

static inline void clear_task_switched(void) { __asm__ volatile("clts"); }

static inline void invalidate_page(uint32_t address) {
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

struct __attribute__((packed)) TableRegister {
    uint16_t limit;
    uint32_t base;
};

static inline void load_gdt(uint32_t base, uint16_t limit) {
    struct TableRegister table = {limit, base};
    __asm__ volatile("lgdt %0" : : "m"(table) : "memory");
}

static inline void load_idt(uint32_t base, uint16_t limit) {
    struct TableRegister table = {limit, base};
    __asm__ volatile("lidt %0" : : "m"(table) : "memory");
}

static inline void load_task_register(uint16_t selector) {
    __asm__ volatile("ltr %0" : : "r"(selector) : "memory");
}

/* The processor */

/* The time-stamp counter, on processors that have it: traps.S. */
uint64_t read_timestamp(void);

static inline void processor_halt(void) { __asm__ volatile("hlt" : : : "memory"); }
static inline void interrupts_off(void) { __asm__ volatile("cli" : : : "memory"); }

static inline void raise_invalid_opcode(void) { __asm__ volatile("ud2"); }

/* The address of the caller's stack frame: the first link of a backtrace. */
static inline uint32_t frame_address(void) {
    uint32_t address;
    __asm__ volatile("movl %%ebp, %0" : "=r"(address));
    return address;
}

/* Which of the EFLAGS bits in `mask` the processor lets be changed: a 386 keeps AC (bit 18) fixed, a 486 without CPUID
   keeps ID (bit 21) fixed (Intel SDM volume 1, section 20.1.2). */
static inline uint32_t changeable_flags(uint32_t mask) {
    uint32_t before, after;
    __asm__ volatile(
        "pushfl\n\tpushfl\n\tpopl %0\n\tmovl %0, %1\n\txorl %2, %1\n\tpushl %1\n\tpopfl\n\tpushfl\n\tpopl %1\n\tpopfl"
        : "=&r"(before), "=&r"(after) : "r"(mask) : "cc");
    return (before ^ after) & mask;
}

struct CPUIDResult {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct CPUIDResult cpuid(uint32_t leaf) {
    struct CPUIDResult result;
    __asm__ volatile("cpuid" : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                     : "0"(leaf), "2"(0));
    return result;
}

/* Copies between mapped memory that does not overlap: the fastest copy of a 486 without the calls around `memmove`. */
/* How many words are 0 before the first that is not, at most `count`: a step for each, where a loop takes several. */
static inline uint32_t count_zero_words(const uint32_t *words, uint32_t count) {
    uint32_t left = count;
    const uint32_t *end = words;
    if (count == 0) {
        return 0;
    }
    __asm__("repe scasl" : "+D"(end), "+c"(left) : "a"(0), "m"(*(const uint32_t (*)[1024])words) : "cc");
    return end[-1] ? (uint32_t)(end - words) - 1 : count;
}

static inline __attribute__((always_inline)) void copy_bytes(void *to, const void *from, uint32_t count) {
    uint32_t words = count >> 2, bytes = count & 3;
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

/* Device memory: one access each, not to be merged or left out by the compiler. */

static inline void memory_write32(uint32_t address, uint32_t value) { *(volatile uint32_t *)address = value; }
static inline uint32_t memory_read32(uint32_t address) { return *(volatile uint32_t *)address; }
static inline void memory_write16(uint32_t address, uint16_t value) { *(volatile uint16_t *)address = value; }
static inline uint16_t memory_read16(uint32_t address) { return *(volatile uint16_t *)address; }

#endif
