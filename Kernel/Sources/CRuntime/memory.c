#include "CRuntime.h"

/* String instructions rather than loops: the compiler would turn a loop into a call of the function it stands in, and
   `rep movsl` is the fastest copy that a 486 has. */

void *memcpy(void *restrict destination, const void *restrict source, size_t count) {
    void *to = destination;
    size_t words = count >> 2, bytes = count & 3;
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(source), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(source), "+c"(bytes) : : "memory");
    return destination;
}

void *memmove(void *destination, const void *source, size_t count) {
    if ((size_t)destination - (size_t)source >= count) {
        return memcpy(destination, source, count);
    }
    /* The destination begins inside the source: copy from the end. */
    char *to = (char *)destination + count - 1;
    const char *from = (const char *)source + count - 1;
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(to), "+S"(from), "+c"(count) : : "memory", "cc");
    return destination;
}

void *memset(void *destination, int value, size_t count) {
    void *to = destination;
    size_t words = count >> 2, bytes = count & 3;
    unsigned int pattern = (unsigned char)value * 0x01010101u;
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(pattern) : "memory");
    return destination;
}

int memcmp(const void *left, const void *right, size_t count) {
    const unsigned char *a = left, *b = right;
    for (; count != 0; count--, a++, b++) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *string) {
    size_t length = 0;
    while (string[length] != 0) {
        length++;
        __asm__ volatile("");
    }
    return length;
}
