#ifndef MARTLET_CSELFTEST_H
#define MARTLET_CSELFTEST_H

#include <stdint.h>

/* System calls as no program should make them; the processor must have sysenter. Each returns EAX. */

/* `yield` with TF set, which then is a trap in the kernel's first instruction; with NT, DF and AC set. */
int32_t sysenter_with_flags(uint32_t flags);
/* `yield` with null selectors in all data segment registers, and with the code segment's in them. */
int32_t sysenter_with_segments(uint32_t selector);
/* A call whose arguments are said to lie on a stack at `stack`. */
int32_t sysenter_with_stack(uint32_t number, uint32_t stack);
/* The same by `int 0x80`, with flags and segments. */
int32_t interrupt_with_flags(uint32_t flags);
int32_t interrupt_with_segments(uint32_t selector);

#endif
