// The C library functions that the compiler itself calls. There is deliberately no allocator (`posix_memalign`):
// Swift code that needs the heap does not link.

#include <stddef.h>
#include "Hardware.h"

void *memset(void *destination, int value, size_t count) {
    void *result = destination;
    __asm__ volatile("rep stosb" : "+D"(destination), "+c"(count) : "a"(value) : "memory");
    return result;
}

void *memcpy(void *destination, const void *source, size_t count) {
    void *result = destination;
    __asm__ volatile("rep movsb" : "+D"(destination), "+S"(source), "+c"(count) : : "memory");
    return result;
}

void *memmove(void *destination, const void *source, size_t count) {
    if ((char *)destination <= (const char *)source) {
        return memcpy(destination, source, count);
    }
    char *to = (char *)destination + count - 1;
    const char *from = (const char *)source + count - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    return destination;
}
