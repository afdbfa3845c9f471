#include "CUser.h"

/* The heap of a program, which Swift's arrays and classes ask for by the C library's names.

   Blocks come in sizes of four steps between one power of two and the next; a free block is kept in its size's list for
   the next of that size. Memory comes from the kernel in larger pieces and stays. That wastes up to a fifth of a block,
   but it takes few steps, and programs here are small. There is one thread: a process with more must not allocate from
   two of them. */

enum {
    SIZES = 21 * 4,                 /* from 16 bytes, the header included, to just below 32 MiB */
    LARGEST = 16 << 20,             /* the most that is given out */
    HEAP_START = 0x40000000,
    HEAP_END = 0x50000000,
    GROWTH = 0x4000,                /* ask the kernel for at least this much at once */
    MEMORY_MAP = 15,                /* SystemCall.memoryMap */
    OWN_PROCESS = 1,                /* InitialSlot.process */
    WRITABLE = 1,                   /* MemoryAccess.write */
    OUT_OF_MEMORY = 12              /* ENOMEM */
};

/* Before each block: which size it has, and where it really begins, which alignment can move. */
struct header {
    uint32_t size;
    void *start;
};

struct free_block {
    struct free_block *next;
};

static struct free_block *free_blocks[SIZES];
static uint32_t heap_next = HEAP_START, heap_mapped = HEAP_START;

/* 16, 20, 24, 28, 32, 40, ... */
static uint32_t block_size(uint32_t index) {
    uint32_t power = 16u << (index >> 2);
    return power + (power >> 2) * (index & 3);
}

/* Takes fresh memory from the end of the heap. */
static void *extend(uint32_t size) {
    if (size > HEAP_END - heap_next) {
        return 0;
    }
    uint32_t end = heap_next + size;
    if (end > heap_mapped) {
        uint32_t bytes = (end - heap_mapped + 4095) & ~4095u;
        if (bytes < GROWTH && heap_mapped + GROWTH <= HEAP_END) {
            bytes = GROWTH;
        }
        struct system_call_registers call = {
            .eax = MEMORY_MAP, .ebx = OWN_PROCESS, .ecx = heap_mapped, .edx = bytes, .esi = WRITABLE};
        system_call(&call);
        if ((int32_t)call.eax < 0) {
            return 0;
        }
        heap_mapped += bytes;
    }
    void *block = (void *)heap_next;
    heap_next = end;
    return block;
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    *result = 0;
    size_t slack = sizeof(struct header) + (alignment > 8 ? alignment : 8);
    if (size > LARGEST || slack > LARGEST || size + slack > LARGEST) {
        return OUT_OF_MEMORY;
    }
    uint32_t index = 0;
    while (block_size(index) < size + slack) {
        index++;
    }
    void *start = free_blocks[index];
    if (start) {
        free_blocks[index] = free_blocks[index]->next;
    } else {
        start = extend(block_size(index));
        if (!start) {
            return OUT_OF_MEMORY;
        }
    }
    uintptr_t address = (uintptr_t)start + sizeof(struct header);
    size_t boundary = alignment > 8 ? alignment : 8;
    address = (address + boundary - 1) & ~(uintptr_t)(boundary - 1);
    struct header *header = (struct header *)address - 1;
    header->size = index;
    header->start = start;
    *result = (void *)address;
    return 0;
}

void free(void *block) {
    if (!block) {
        return;
    }
    struct header header = ((struct header *)block)[-1];
    struct free_block *freed = header.start;
    freed->next = free_blocks[header.size];
    free_blocks[header.size] = freed;
}
