// Integer work as a compiler makes it: for an i586, which is what kernels are compiled for.
#include "workload.h"

WORKLOAD(compute) {
    uint32_t state = 0x2545F491, sum = 0;
    for (uint32_t i = 0; i < iterations; i++) {
        state = xorshift(state);
        sum = sum * 31 + state;
        if ((state & 15) == 0) sum ^= state / (sum | 1);
    }
    return sum;
}

WORKLOAD(memory) {
    static uint32_t words[65536];
    const uint32_t mask = 65535;
    uint32_t index = 0, sum = 0;
    for (uint32_t i = 0; i < 65536; i++) words[i] = i;
    for (uint32_t i = 0; i < iterations; i++) {
        words[index & mask] += i ^ sum;
        sum += words[index * 5 & mask];
        index += 17;
    }
    return sum;
}

__attribute__((noinline)) static uint32_t fibonacci(uint32_t number) {
    // Without the barrier the compiler would turn one of the calls into a loop.
    if (number < 2) return number;
    uint32_t first = fibonacci(number - 1);
    __asm__ volatile("" : "+r"(first));
    uint32_t second = fibonacci(number - 2);
    __asm__ volatile("" : "+r"(second));
    return first + second;
}

WORKLOAD(recursion) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < iterations; i++) sum = sum * 7 + fibonacci(14 + (sum & 1)) + i;
    return sum;
}

static uint32_t f0(uint32_t x) { return x + 1; }
static uint32_t f1(uint32_t x) { return x * 3; }
static uint32_t f2(uint32_t x) { return x ^ 0x5A5A5A5A; }
static uint32_t f3(uint32_t x) { return x << 7 | x >> 25; }
static uint32_t f4(uint32_t x) { return x - 0x12345678; }
static uint32_t f5(uint32_t x) { return ~x; }
static uint32_t f6(uint32_t x) { return x * 0x9E3779B1; }
static uint32_t f7(uint32_t x) { return x >> 3 ^ x; }

WORKLOAD(branches) {
    static uint32_t (*const volatile table[8])(uint32_t) = {f0, f1, f2, f3, f4, f5, f6, f7};
    uint32_t value = 0x0BADF00D;
    for (uint32_t i = 0; i < iterations; i++) value = table[(value ^ i) & 7](value) + i;
    return value;
}

WORKLOAD(sieve) {
    static uint8_t composite[8192];
    uint32_t count = 0;
    for (uint32_t i = 0; i < iterations; i++) {
        for (uint32_t n = 0; n < sizeof composite; n++) composite[n] = 0;
        for (uint32_t n = 2; n < sizeof composite; n++) {
            if (composite[n]) continue;
            count++;
            for (uint32_t multiple = n * 2; multiple < sizeof composite; multiple += n) composite[multiple] = 1;
        }
    }
    return count;
}

WORKLOAD(crc) {
    static uint32_t table[256];
    static uint8_t data[1024];
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t value = n;
        for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xEDB88320 : 0);
        table[n] = value;
    }
    for (uint32_t n = 0; n < sizeof data; n++) data[n] = (uint8_t)(n * 7);
    uint32_t crc = 0xFFFFFFFF;
    for (uint32_t i = 0; i < iterations; i++)
        for (uint32_t n = 0; n < sizeof data; n++) crc = crc >> 8 ^ table[(crc ^ data[n]) & 0xFF];
    return ~crc;
}

static void quicksort(uint32_t *first, uint32_t *last) {
    while (first < last) {
        uint32_t pivot = first[(last - first) / 2];
        uint32_t *left = first, *right = last;
        while (left <= right) {
            while (*left < pivot) left++;
            while (*right > pivot) right--;
            if (left <= right) {
                uint32_t value = *left;
                *left++ = *right;
                *right-- = value;
            }
        }
        if (right - first < last - left) {
            quicksort(first, right);
            first = left;
        } else {
            quicksort(left, last);
            last = right;
        }
    }
}

WORKLOAD(sort) {
    static uint32_t values[1024];
    uint32_t state = 1, sum = 0;
    for (uint32_t i = 0; i < iterations; i++) {
        for (int n = 0; n < 1024; n++) values[n] = state = xorshift(state);
        quicksort(values, values + 1023);
        sum = sum * 31 + values[512];
    }
    return sum;
}
