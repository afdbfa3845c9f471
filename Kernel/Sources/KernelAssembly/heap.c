#include "KernelAssembly.h"

#include <stddef.h>

/* The names by which Swift's runtime asks for memory. Only start-up asks: see BootHeap.swift. */

void *boot_heap_allocate(uint32_t count, uint32_t alignment);
int posix_memalign(void **result, size_t alignment, size_t count);
void free(void *memory);

int posix_memalign(void **result, size_t alignment, size_t count) {
    *result = boot_heap_allocate(count, alignment);
    return *result ? 0 : 12; /* ENOMEM */
}

void free(void *memory) {
    (void)memory; /* the boot heap never shrinks */
}
