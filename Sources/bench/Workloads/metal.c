// A PC without an operating system: paging, exceptions and a serial line, and the workloads that need a whole machine.
#include "metal.h"

#include "workload.h"

static inline void out8(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline uint8_t in8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

enum { serial_port = 0x3F8 };

int read_character(void) {
    while (!(in8(serial_port + 5) & 0x01)) {}
    return in8(serial_port);
}

void write_character(char character) {
    while (!(in8(serial_port + 5) & 0x20)) {}
    out8(serial_port, (uint8_t)character);
}

static uint32_t directory[1024] __attribute__((aligned(4096)));
static uint32_t tables[IDENTITY_SIZE >> 22][1024] __attribute__((aligned(4096)));
uint32_t window_table[1024] __attribute__((aligned(4096)));
uint32_t task_state[26];
uint32_t call_count;
static uint32_t gates[256][2];

extern uint32_t gdt[][2];
extern char exceptions[], page_fault[], call_gate[], leave_user[], user_interrupts[], user_sysenter[], sysenter_entry[];
uint32_t enter_user(const void *code, uint32_t iterations);
_Noreturn void start_over(void);

static void set_gate(uint8_t vector, const char *handler, uint32_t privilege) {
    gates[vector][0] = KERNEL_CODE << 16 | ((uint32_t)handler & 0xFFFF);
    gates[vector][1] = ((uint32_t)handler & 0xFFFF0000) | 0x8E00 | privilege << 13;
}

_Noreturn void report_exception(uint32_t number) {
    print(" exception ");
    print_hexadecimal(number);
    print("\n");
    start_over();
}

static void write_msr(uint32_t number, uint32_t value) {
    __asm__ volatile("wrmsr" : : "c"(number), "a"(value), "d"(0));
}

/// Called once, with paging and interrupts off.
void prepare_machine(void) {
    // 115200 baud, 8 bits, no interrupts.
    static const uint8_t settings[][2] = {{1, 0}, {3, 0x80}, {0, 1}, {1, 0}, {3, 0x03}, {2, 0}, {4, 0x03}};
    for (unsigned n = 0; n < sizeof settings / sizeof settings[0]; n++) out8(serial_port + settings[n][0], settings[n][1]);

    for (uint32_t n = 0; n < IDENTITY_SIZE >> 22; n++) {
        directory[n] = (uint32_t)tables[n] | 7;
        for (uint32_t page = 0; page < 1024; page++) tables[n][page] = n << 22 | page << 12 | 7;
    }
    directory[WINDOW >> 22] = (uint32_t)window_table | 7;
    __asm__ volatile("movl %0, %%cr3" : : "r"(directory));

    for (unsigned vector = 0; vector < 32; vector++) set_gate((uint8_t)vector, exceptions + vector * 16, 0);
    set_gate(14, page_fault, 0);
    set_gate(0x80, call_gate, 3);
    set_gate(0x81, leave_user, 3);
    struct { uint16_t limit; uint32_t base; } __attribute__((packed)) pointer = {sizeof gates - 1, (uint32_t)gates};
    __asm__ volatile("lidt %0" : : "m"(pointer));

    task_state[1] = KERNEL_STACK;
    task_state[2] = KERNEL_DATA;
    task_state[25] = 104 << 16;
    gdt[TASK_STATE / 8][0] |= (uint32_t)task_state << 16;
    gdt[TASK_STATE / 8][1] |= ((uint32_t)task_state >> 16 & 0xFF) | ((uint32_t)task_state & 0xFF000000);
    __asm__ volatile("ltr %w0" : : "r"(TASK_STATE));

    uint32_t features = 0, unused = 1;
    __asm__ volatile("cpuid" : "+a"(unused), "=d"(features) : : "ebx", "ecx");
    uint32_t cr0;
    __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
    // Paging, write protection; x87 errors as exceptions; no emulation.
    __asm__ volatile("movl %0, %%cr0" : : "r"((cr0 & ~0xCu) | 0x80010022u) : "memory");
    if (features & 1) __asm__ volatile("fninit");
    if (features & 1 << 25) {
        uint32_t cr4, mxcsr = 0x1F80;
        __asm__ volatile("movl %%cr4, %0" : "=r"(cr4));
        __asm__ volatile("movl %0, %%cr4" : : "r"(cr4 | 0x600));
        __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
    }
    if (features & 1 << 11) {
        write_msr(0x174, KERNEL_CODE);
        write_msr(0x175, KERNEL_STACK);
        write_msr(0x176, (uint32_t)sysenter_entry);
    }
}

WORKLOAD(pages) {
    // One word in each of 1024 pages, and now and then a new address space.
    uint32_t sum = 0, state = 0x2545F491;
    for (uint32_t i = 0; i < iterations; i++) {
        state = xorshift(state);
        volatile uint32_t *word = (volatile uint32_t *)(0x400000 + (state & 1023) * 4096 + (state >> 10 & 1023) * 4);
        *word = *word + state;
        if ((i & 255) == 0) __asm__ volatile("movl %0, %%cr3" : : "r"(directory) : "memory");
        sum = sum * 31 + (state & 1023);
    }
    return sum;
}

WORKLOAD(faults) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < iterations; i++) {
        uint32_t page = i & 63;
        volatile uint32_t *word = (volatile uint32_t *)(WINDOW + page * 4096 + (page & 1023) * 4);
        *word = i;
        sum = sum * 31 + *word;
        window_table[page] = 0;
        __asm__ volatile("invlpg %0" : : "m"(*word) : "memory");
    }
    return sum;
}

WORKLOAD(interrupts) {
    call_count = 0;
    return iterations ? enter_user(user_interrupts, iterations) : 0;
}

WORKLOAD(sysenter) {
    call_count = 0;
    return iterations ? enter_user(user_sysenter, iterations) : 0;
}

WORKLOAD(ports) {
    // POST code port out, system control port in: devices that do next to nothing.
    uint32_t sum = 0;
    out8(0x61, 0);
    for (uint32_t i = 0; i < iterations; i++) {
        out8(0x80, (uint8_t)i);
        sum += in8(0x61) & 0x03;
    }
    return sum ^ iterations;
}

WORKLOAD(disk) {
    // An iteration reads 8 sectors of the primary master by programmed I/O, from the image itself.
    static uint16_t sectors[8 * 256];
    uint32_t sum = 0;
    out8(0x3F6, 0x02);
    for (uint32_t i = 0; i < iterations; i++) {
        uint32_t first = (i & 1023) * 8;
        while (in8(0x1F7) & 0x80) {}
        out8(0x1F6, (uint8_t)(0xE0 | first >> 24));
        out8(0x1F2, 8);
        out8(0x1F3, (uint8_t)first);
        out8(0x1F4, (uint8_t)(first >> 8));
        out8(0x1F5, (uint8_t)(first >> 16));
        out8(0x1F7, 0x20);
        for (uint32_t n = 0; n < 8; n++) {
            uint8_t status;
            do status = in8(0x1F7);
            while (status & 0x80 || !(status & 0x09));
            if (status & 0x01) return 0xFFFFFFFF;
            void *to = sectors + n * 256;
            uint32_t count = 256;
            __asm__ volatile("rep insw" : "+D"(to), "+c"(count) : "d"(0x1F0) : "memory");
        }
        sum = sum * 31 + sectors[i & 2047];
    }
    return sum;
}
