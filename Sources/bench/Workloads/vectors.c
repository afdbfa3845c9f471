// MMX, SSE and SSE2 at work, by the compiler's vector types.
#include <emmintrin.h>

#include "workload.h"

WORKLOAD(sse) {
    __m128 x = _mm_set_ps(0.1f, 0.2f, 0.3f, 0.4f), y = _mm_set1_ps(0.75f), sum = _mm_setzero_ps();
    for (uint32_t i = 0; i < iterations; i++) {
        // The logistic map, four at a time; then a division, a square root, a comparison, a shuffle.
        x = _mm_mul_ps(_mm_mul_ps(_mm_set1_ps(3.7f), x), _mm_sub_ps(_mm_set1_ps(1), x));
        y = _mm_sqrt_ps(_mm_add_ps(_mm_div_ps(y, _mm_add_ps(x, _mm_set1_ps(1))), x));
        sum = _mm_add_ps(_mm_and_ps(_mm_cmplt_ps(x, y), x), _mm_shuffle_ps(sum, sum, 0x39));
        sum = _mm_min_ps(sum, _mm_set1_ps(64));
        sum = _mm_add_ss(sum, _mm_mul_ss(x, y));
    }
    __m128i bits = _mm_castps_si128(_mm_add_ps(sum, _mm_add_ps(x, y)));
    return (uint32_t)_mm_cvtsi128_si32(bits) ^ (uint32_t)_mm_cvtsi128_si32(_mm_srli_si128(bits, 4));
}

WORKLOAD(sse2) {
    // What a compiler makes of `double`: mostly scalar, with memory operands, and some packed.
    static double table[64];
    double x = 0.4, total = 0;
    __m128d pair = _mm_set_pd(0.3, 0.6);
    for (int n = 0; n < 64; n++) table[n] = n * 0.25;
    for (uint32_t i = 0; i < iterations; i++) {
        x = 3.7 * x * (1 - x);
        double old = table[i & 63];
        total = (total + old / (x + 1)) * 0.5;
        if (total > 8) total -= x;
        table[i & 63] = old * 0.5 + x + (double)(int32_t)(total * 16);
        pair = _mm_add_pd(_mm_mul_pd(pair, _mm_set1_pd(0.5)), _mm_set_pd(x, total));
        pair = _mm_shuffle_pd(pair, pair, 1);
    }
    __m128i bits = _mm_castpd_si128(pair);
    return (uint32_t)_mm_cvtsi128_si32(bits) ^ (uint32_t)_mm_cvtsi128_si32(_mm_srli_si128(bits, 4));
}

WORKLOAD(sse2integer) {
    static __m128i data[64];
    __m128i sum = _mm_set1_epi32(0x01234567);
    for (int n = 0; n < 64; n++) data[n] = _mm_set_epi32(n, n * 3, n * 5, n * 7);
    for (uint32_t i = 0; i < iterations; i++) {
        __m128i value = _mm_load_si128(&data[i & 63]);
        sum = _mm_add_epi32(_mm_xor_si128(sum, value), _mm_srli_epi32(sum, 7));
        sum = _mm_add_epi16(sum, _mm_mullo_epi16(value, sum));
        sum = _mm_unpacklo_epi8(sum, _mm_shuffle_epi32(sum, 0x4E));
        value = _mm_adds_epu8(value, _mm_packs_epi32(sum, value));
        sum = _mm_or_si128(sum, _mm_and_si128(_mm_cmpgt_epi32(value, sum), _mm_slli_epi32(value, 3)));
        _mm_store_si128(&data[i & 63], _mm_sub_epi32(value, sum));
    }
    return (uint32_t)_mm_cvtsi128_si32(sum) ^ (uint32_t)_mm_cvtsi128_si32(_mm_srli_si128(sum, 8));
}

WORKLOAD(mmx) {
    // In assembly: compilers have given up MMX registers.
    static uint64_t data[64] __attribute__((aligned(8)));
    uint32_t result;
    for (uint32_t n = 0; n < 64; n++) data[n] = n * 0x0102030405060708;
    uint32_t index = 0;
    if (!iterations) return 0;
    __asm__ volatile(
        "movd %[seed], %%mm0\n punpckldq %%mm0, %%mm0\n"
        "1: movq (%[data],%[index],8), %%mm1\n"
        "paddw %%mm1, %%mm0\n pmullw %%mm0, %%mm1\n movq %%mm0, %%mm2\n psrlq $9, %%mm2\n pxor %%mm2, %%mm0\n"
        "punpcklbw %%mm1, %%mm2\n paddusb %%mm2, %%mm1\n packuswb %%mm0, %%mm2\n psubd %%mm2, %%mm0\n"
        "movq %%mm1, (%[data],%[index],8)\n"
        "incl %[index]\n andl $63, %[index]\n decl %[count]\n jnz 1b\n"
        "movd %%mm0, %[result]\n emms"
        : [result] "=&r"(result), [index] "+r"(index), [count] "+r"(iterations)
        : [data] "r"(data), [seed] "r"(0x2545F491)
        : "memory", "cc", "mm0", "mm1", "mm2");
    return result;
}
