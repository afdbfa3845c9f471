// What the workloads and their two surroundings (metal.c, native.c) share.
#pragma once

#include <stdint.h>

/// A workload does its work `iterations` times and returns a number that depends on every iteration.
typedef uint32_t (*workload)(uint32_t iterations);

struct entry {
    const char *name;
    workload run;
};

/// All that can be asked for here; the last entry's name is 0.
extern const struct entry workloads[];

/// Reads commands ("NAME COUNT") and answers them ("NAME COUNT RESULT"), with a prompt before each, for ever.
_Noreturn void serve(void);

/// What a surrounding provides: the line on which commands come and answers go.
int read_character(void);
void write_character(char character);
void print(const char *text);
void print_hexadecimal(uint32_t value);

/// Marsaglia's xorshift32 (2003): the next number after `state`, which must not be 0.
static inline uint32_t xorshift(uint32_t state) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

#define WORKLOAD(name) uint32_t name(uint32_t iterations)

// Each of these is described in Workload.swift.
WORKLOAD(compute);
WORKLOAD(memory);
WORKLOAD(recursion);
WORKLOAD(branches);
WORKLOAD(sieve);
WORKLOAD(crc);
WORKLOAD(sort);
WORKLOAD(divide);
WORKLOAD(bits);
WORKLOAD(copy);
WORKLOAD(scan);
WORKLOAD(x87);
WORKLOAD(x87functions);
WORKLOAD(sse);
WORKLOAD(sse2);
WORKLOAD(sse2integer);
WORKLOAD(mmx);
WORKLOAD(patch);
WORKLOAD(pages);
WORKLOAD(faults);
WORKLOAD(interrupts);
WORKLOAD(sysenter);
WORKLOAD(ports);
WORKLOAD(disk);
