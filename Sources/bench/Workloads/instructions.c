// Integer instructions that compilers use rarely: by name.
#include "workload.h"

WORKLOAD(divide) {
    uint32_t state = 0x2545F491, sum = 0;
    for (uint32_t i = 0; i < iterations; i++) {
        state = xorshift(state);
        uint32_t divisor = state | 0x10000, low = state * 5, high = divisor - 1, quotient, remainder, product;
        __asm__("divl %4" : "=a"(quotient), "=d"(remainder) : "0"(low), "1"(high), "r"(divisor) : "cc");
        sum += quotient ^ remainder;
        __asm__("cltd; idivl %3" : "=a"(quotient), "=&d"(remainder) : "0"(state), "r"(sum | 0x101) : "cc");
        __asm__("mull %3" : "=a"(low), "=d"(product) : "0"(quotient), "r"(state) : "cc");
        sum += low ^ product ^ remainder;
        __asm__("imull %2" : "=a"(low), "=d"(product) : "r"(sum), "0"(state) : "cc");
        sum ^= product;
    }
    return sum;
}

WORKLOAD(bits) {
    static uint32_t map[64];
    uint32_t state = 0x2545F491, sum = 0;
    for (int n = 0; n < 64; n++) map[n] = 0;
    for (uint32_t i = 0; i < iterations; i++) {
        state = xorshift(state);
        uint32_t found = 0, bit = state & 2047;
        __asm__("bsfl %1, %0" : "=r"(found) : "r"(state) : "cc");
        sum += found;
        __asm__("bsrl %1, %0" : "=r"(found) : "r"(state) : "cc");
        sum = sum * 3 + found;
        __asm__("btsl %2, %0; adcl $0, %1" : "+m"(map), "+r"(sum) : "r"(bit) : "cc", "memory");
        __asm__("btrl %2, %0; adcl $0, %1" : "+m"(map), "+r"(sum) : "r"(bit ^ 33) : "cc", "memory");
        __asm__("btl %1, %2; rcll $3, %0" : "+r"(sum) : "r"(state & 31), "r"(sum ^ state) : "cc");
        __asm__("shldl $7, %1, %0; shrdl %%cl, %1, %0" : "+r"(sum) : "r"(state), "c"(state) : "cc");
        __asm__("bswapl %0; rorl %%cl, %0; testl %1, %0; setpe %b2; addl %2, %0"
                : "+r"(sum) : "r"(state), "q"(found), "c"(state) : "cc");
    }
    return sum;
}

static uint8_t source[4096 + 4], destination[4096 + 4];

static void prepare(void) {
    for (uint32_t n = 0; n < sizeof source; n++) {
        source[n] = (uint8_t)(n * 11 + 1 | 1);
        destination[n] = source[n];
    }
}

WORKLOAD(copy) {
    uint32_t sum = 0;
    prepare();
    for (uint32_t i = 0; i < iterations; i++) {
        void *to = destination, *from = source;
        uint32_t count = 1024;
        __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
        to = source + 1024;
        count = 512;
        __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(sum + i) : "memory");
        to = destination + 1;
        from = source + 3;
        count = 1021;
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
        sum = sum * 5 + destination[i & 4095];
    }
    return sum;
}

WORKLOAD(scan) {
    uint32_t sum = 0;
    prepare();
    for (uint32_t i = 0; i < iterations; i++) {
        const uint32_t end = 2048 + (i & 1023);
        destination[end] = 0;
        void *to = destination;
        const void *from = source;
        uint32_t count = 4096;
        __asm__ volatile("repne scasb" : "+D"(to), "+c"(count) : "a"(0) : "cc", "memory");
        sum += count;
        to = destination;
        count = 1024;
        __asm__ volatile("repe cmpsl" : "+D"(to), "+S"(from), "+c"(count) : : "cc", "memory");
        sum = sum * 3 + count;
        destination[end] = source[end];
    }
    return sum;
}
