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

/* x87 and SSE: fill all eight registers with a number; count those that hold another; and the words of the state that a
   thread begins with which are not as they should be. Flag 4 of `flags` says that there is SSE. */
void fpu_fill(uint32_t value, uint32_t flags);
uint32_t fpu_differences(uint32_t value, uint32_t flags);
uint32_t fpu_first_state(uint32_t flags);

/* x87: divides by zero with the exception unmasked, and leaves it to be reported; waits for such a one. SSE: the same at once. */
void fpu_leave_exception(void);
void fpu_report_exception(void);
void sse_divide_by_zero(void);

/* Executes `ud2` with EAX = `value`, then stores EFLAGS; returns EAX. */
uint32_t undefined_instruction(uint32_t value, volatile uint32_t *flags);

/* The first word of thread-local storage: after loading GS, and as GS is. */
uint32_t thread_local_load(void);
uint32_t thread_local_read(void);

/* Code for a process without any: its thread's argument is the address of its memory. It writes there; passes to
   `memoryWrite` the page behind, and then the one behind that, both of which are not there; and notes the results. */
extern const uint8_t child_code[], child_code_end[];
static inline uint32_t child_code_address(void) { return (uint32_t)child_code; }
static inline uint32_t child_code_length(void) { return child_code_end - child_code; }

/* Code for such a process that creates a process and ends; and that unmaps memory of its own, and notes the result where its
   argument says. */
extern const uint8_t creating_code[], creating_code_end[], own_slot_code[], own_slot_code_end[];
static inline uint32_t creating_code_address(void) { return (uint32_t)creating_code; }
static inline uint32_t creating_code_length(void) { return creating_code_end - creating_code; }
static inline uint32_t own_slot_code_address(void) { return (uint32_t)own_slot_code; }
static inline uint32_t own_slot_code_length(void) { return own_slot_code_end - own_slot_code; }

/* Where a thread begins that notes its registers where EAX points to, EAX to EDX, ESI, EDI, EBP, ESP and EFLAGS, and ends. */
extern const uint8_t first_registers[];
static inline uint32_t first_registers_address(void) { return (uint32_t)first_registers; }

/* Code for such a process that reads port 71h, and then port 60h. */
extern const uint8_t port_code[], port_code_end[];
static inline uint32_t port_code_address(void) { return (uint32_t)port_code; }
static inline uint32_t port_code_length(void) { return port_code_end - port_code; }

#endif
