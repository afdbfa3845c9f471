#ifndef MARTLET_CBENCH_H
#define MARTLET_CBENCH_H

#include <stdint.h>

/* Loops that make system calls with as few instructions around them as there can be, and count with the time-stamp
   counter; what the processor must have is checked by the caller. Each returns what the loop took. */

/* The counter, as it is now. */
uint32_t measure_start(void);
/* Nothing, `count` times: what to subtract. */
uint32_t measure_loop(uint32_t count);
/* A system call without arguments, by `int 0x80` and by `sysenter`. */
uint32_t measure_interrupt(uint32_t count, uint32_t number);
uint32_t measure_sysenter(uint32_t count, uint32_t number);
/* Messages to the endpoint in `slot`, each answered, by `int 0x80` and by `sysenter`: in registers alone, and with the
   `MessageBuffers` at `buffers`. */
uint32_t measure_calls_interrupt(uint32_t count, uint32_t slot);
uint32_t measure_calls_sysenter(uint32_t count, uint32_t slot);
uint32_t measure_buffers_interrupt(uint32_t count, uint32_t slot, uint32_t buffers);
uint32_t measure_buffers_sysenter(uint32_t count, uint32_t slot, uint32_t buffers);
/* Writes to the first word of `count` pages, from `address` on. */
uint32_t measure_touches(uint32_t count, uint32_t address);

/* Where threads of another process begin: answer register messages at the endpoint whose slot is the argument; answer
   messages with the `MessageBuffers` at `bench_buffers`; yield for ever. */
void serve_by_interrupt(void);
void serve_by_sysenter(void);
void serve_buffers_by_interrupt(void);
void serve_buffers_by_sysenter(void);
void yield_by_interrupt(void);
void yield_by_sysenter(void);

/* A `MessageBuffers`, and a page for the bytes. */
extern uint32_t bench_buffers[6];
extern uint8_t bench_bytes[4096];

static inline uint32_t address_of_function(void (*function)(void)) { return (uint32_t)function; }
static inline uint32_t address_of_bench_buffers(void) { return (uint32_t)bench_buffers; }
static inline uint32_t address_of_bench_bytes(void) { return (uint32_t)bench_bytes; }
static inline void set_bench_buffers(uint32_t length) {
    bench_buffers[0] = (uint32_t)bench_bytes;
    bench_buffers[1] = length;
    bench_buffers[2] = (uint32_t)bench_bytes;
    bench_buffers[3] = sizeof bench_bytes;
}

#endif
