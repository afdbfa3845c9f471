// The x87 at work: compiled without SSE. The results of `x87` are exact and the same everywhere; those of `x87functions`
// are not, because no two processors compute a sine alike.
#include "workload.h"

WORKLOAD(x87) {
    // Points of the Mandelbrot set with 80-bit values, and a division and a square root for each point.
    uint32_t sum = 0;
    long double total = 1;
    for (uint32_t i = 0; i < iterations; i++) {
        const double a = (double)(i & 63) / 32 - 1.5, b = (double)(i >> 6 & 63) / 32 - 1;
        long double x = 0, y = 0;
        int steps = 0;
        while (steps < 50 && x * x + y * y < 4) {
            long double next = x * x - y * y + a;
            y = 2 * x * y + b;
            x = next;
            steps++;
        }
        total = __builtin_sqrtl(total / (steps + 1) + 3);
        sum = sum * 3 + (uint32_t)steps + (uint32_t)(int32_t)(total * 65536);
    }
    return sum;
}

WORKLOAD(x87functions) {
    double x = 0.25;
    for (uint32_t i = 0; i < iterations; i++) {
        __asm__("fldl %0; fsin; fldl %0; fcos; fld1; fpatan; faddp; fstpl %0" : "+m"(x));
        __asm__("fldl %0; f2xm1; fld1; faddp; fldln2; fxch; fyl2x; fstpl %0" : "+m"(x));
        // Keeps the value where every function takes it.
        x = x < 0 ? -x : x;
        x = x > 0.9 ? x * 0.3 + 0.1 : x + 0.01;
    }
    return (uint32_t)(int32_t)(x * 16);
}
