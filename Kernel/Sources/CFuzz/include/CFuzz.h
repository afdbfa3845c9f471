#ifndef MARTLET_CFUZZ_H
#define MARTLET_CFUZZ_H

#include <stdint.h>

/* Where a child's first thread begins: calls `fuzz_child` with its argument. */
void fuzz_child_entry(void);
/* Where a bystander's thread begins: counts in the word that its argument points to, for ever. */
void fuzz_bystander_entry(void);

static inline uint32_t address_of_child_entry(void) { return (uint32_t)fuzz_child_entry; }
static inline uint32_t address_of_bystander_entry(void) { return (uint32_t)fuzz_bystander_entry; }

#endif
