#include "workload.h"

#define ENTRY(name) {#name, name}

const struct entry workloads[] = {
    ENTRY(compute), ENTRY(memory), ENTRY(recursion), ENTRY(branches), ENTRY(sieve), ENTRY(crc), ENTRY(sort),
    ENTRY(divide), ENTRY(bits), ENTRY(copy), ENTRY(scan), ENTRY(x87), ENTRY(x87functions), ENTRY(sse), ENTRY(sse2),
    ENTRY(sse2integer), ENTRY(mmx), ENTRY(patch),
#ifdef METAL
    ENTRY(pages), ENTRY(faults), ENTRY(interrupts), ENTRY(sysenter), ENTRY(ports), ENTRY(disk),
#endif
    {0, 0},
};
