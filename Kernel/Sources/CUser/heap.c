#include "CUser.h"

/* The heap of a program, which Swift's arrays and classes ask for by the C library's names.

   Blocks come in sizes of four steps between one power of two and the next; a free block is kept in its size's list for
   the next of that size. That wastes up to a fifth of a block, but it takes few steps, and programs here are small.
   A lock keeps the threads of a program apart.

   The heap reaches as far as the process manager has been told, and its pages appear as they are touched, so it is told
   seldom and far ahead. The process manager itself, which has nobody to ask, gets its pages from the kernel at once. */

enum {
    SIZES = 21 * 4,                 /* from 16 bytes, the header included, to just below 32 MiB */
    LARGEST = 16 << 20,             /* the most that is given out */
    HEAP_START = 0x40000000,
    HEAP_END = 0x50000000,
    REACH = 0x40000,                /* how far ahead the process manager is told */
    GROWTH = 0x4000,                /* what the kernel is asked for at least */
    SLEEP = 3,                      /* SystemCall.sleep */
    CALL = 6,                       /* SystemCall.call */
    MEMORY_MAP = 15,                /* SystemCall.memoryMap */
    OWN_PROCESS = 1,                /* InitialSlot.process */
    MANAGER = 2,                    /* ProgramSlot.manager */
    EXTEND_HEAP = 16,               /* ManagerRequest.extendHeap */
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
static uint32_t heap_next = HEAP_START, heap_end = HEAP_START;
static uint32_t lock;

/* Who has the lock may have a lower priority than who wants it, and must run to give it back: so this sleeps. */
void lock_take(uint32_t *lock) {
    while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {
        struct system_call_registers call = {.eax = SLEEP, .ecx = 1};
        system_call(&call);
    }
}

void lock_release(uint32_t *lock) { __atomic_store_n(lock, 0, __ATOMIC_RELEASE); }

/* 16, 20, 24, 28, 32, 40, ... */
static uint32_t block_size(uint32_t index) {
    uint32_t power = 16u << (index >> 2);
    return power + (power >> 2) * (index & 3);
}

/* `end`, further away by `distance`, but not behind the heap's last address. */
static uint32_t ahead(uint32_t end, uint32_t distance) {
    return end > HEAP_END - distance ? HEAP_END : (end + distance - 1) & ~(distance - 1);
}

/* Makes the heap reach to `end` at least. */
static int reach(uint32_t end) {
    uint32_t far = ahead(end, REACH);
    struct system_call_registers call = {.eax = CALL | EXTEND_HEAP << 16, .ebx = MANAGER, .esi = far};
    system_call(&call);
    if (call.eax == 0) {            /* an answer with label 0 and nothing else */
        heap_end = far;
        return 1;
    }
    if ((int32_t)call.eax > 0) {
        return 0;
    }
    uint32_t near = ahead(end, GROWTH);
    call = (struct system_call_registers){
        .eax = MEMORY_MAP, .ebx = OWN_PROCESS, .ecx = heap_end, .edx = near - heap_end, .esi = WRITABLE};
    system_call(&call);
    if ((int32_t)call.eax < 0) {
        return 0;
    }
    heap_end = near;
    return 1;
}

/* Takes fresh memory from the end of the heap. */
static void *extend(uint32_t size) {
    if (size > HEAP_END - heap_next) {
        return 0;
    }
    uint32_t end = heap_next + size;
    if (end > heap_end && !reach(end)) {
        return 0;
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
    lock_take(&lock);
    void *start = free_blocks[index];
    if (start) {
        free_blocks[index] = free_blocks[index]->next;
    } else {
        start = extend(block_size(index));
    }
    lock_release(&lock);
    if (!start) {
        return OUT_OF_MEMORY;
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
    lock_take(&lock);
    freed->next = free_blocks[header.size];
    free_blocks[header.size] = freed;
    lock_release(&lock);
}
