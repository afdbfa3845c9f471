#ifndef MARTLET_CRUNTIME_H
#define MARTLET_CRUNTIME_H

#include <stddef.h>

/* What compiled Swift and C call without being asked to: the C library's memory functions, and 64-bit arithmetic that
   a 32-bit processor has no instruction for (the toolchain ships no compiler-rt for this triple). */

void *memcpy(void *restrict destination, const void *restrict source, size_t count);
void *memmove(void *destination, const void *source, size_t count);
void *memset(void *destination, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);
size_t strlen(const char *string);

#endif
