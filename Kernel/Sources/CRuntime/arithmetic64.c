/* 64-bit shifts and divisions. The names and meanings are those of compiler-rt and libgcc; shift counts are 0...63. */

typedef union {
    unsigned long long whole;
    long long whole_signed;
    struct {
        unsigned int low, high;
    };
} Wide;

unsigned long long __udivmoddi4(unsigned long long dividend, unsigned long long divisor, unsigned long long *remainder);
unsigned long long __udivdi3(unsigned long long dividend, unsigned long long divisor);
unsigned long long __umoddi3(unsigned long long dividend, unsigned long long divisor);
long long __divdi3(long long dividend, long long divisor);
long long __moddi3(long long dividend, long long divisor);
long long __ashldi3(long long value, int count);
long long __ashrdi3(long long value, int count);
long long __lshrdi3(long long value, int count);
long long __muldi3(long long left, long long right);

long long __ashldi3(long long value, int count) {
    Wide wide = {.whole_signed = value};
    if (count & 32) {
        wide.high = wide.low << (count & 31);
        wide.low = 0;
    } else if (count) {
        wide.high = wide.high << count | wide.low >> (32 - count);
        wide.low <<= count;
    }
    return wide.whole_signed;
}

long long __lshrdi3(long long value, int count) {
    Wide wide = {.whole_signed = value};
    if (count & 32) {
        wide.low = wide.high >> (count & 31);
        wide.high = 0;
    } else if (count) {
        wide.low = wide.low >> count | wide.high << (32 - count);
        wide.high >>= count;
    }
    return wide.whole_signed;
}

long long __ashrdi3(long long value, int count) {
    Wide wide = {.whole_signed = value};
    int high = (int)wide.high;
    if (count & 32) {
        wide.low = (unsigned int)(high >> (count & 31));
        wide.high = (unsigned int)(high >> 31);
    } else if (count) {
        wide.low = wide.low >> count | wide.high << (32 - count);
        wide.high = (unsigned int)(high >> count);
    }
    return wide.whole_signed;
}

/* One `div` step: (high:low) / divisor, where high < divisor, so that the quotient fits. */
static inline unsigned int divide_step(unsigned int high, unsigned int low, unsigned int divisor, unsigned int *rest) {
    unsigned int quotient;
    __asm__("divl %4" : "=a"(quotient), "=d"(*rest) : "0"(low), "1"(high), "rm"(divisor) : "cc");
    return quotient;
}

unsigned long long __udivmoddi4(
    unsigned long long dividend, unsigned long long divisor, unsigned long long *remainder) {
    Wide n = {.whole = dividend}, d = {.whole = divisor}, quotient = {.whole = 0}, rest = {.whole = 0};
    if (d.high == 0) {
        /* Schoolbook division by one 32-bit digit; the first digit's remainder is below the divisor. A divisor of 0
           raises #DE here, as a 32-bit division does. */
        quotient.high = divide_step(0, n.high, d.low, &rest.high);
        quotient.low = divide_step(rest.high, n.low, d.low, &rest.low);
        rest.high = 0;
    } else {
        /* The quotient has at most 32 bits: shift and subtract. */
        rest.whole = n.high;
        for (int bit = 31; bit >= 0; bit--) {
            rest.high = rest.high << 1 | rest.low >> 31;
            rest.low = rest.low << 1 | (n.low >> bit & 1);
            if (rest.whole >= d.whole) {
                rest.whole -= d.whole;
                quotient.low |= 1u << bit;
            }
        }
    }
    if (remainder) {
        *remainder = rest.whole;
    }
    return quotient.whole;
}

unsigned long long __udivdi3(unsigned long long dividend, unsigned long long divisor) {
    return __udivmoddi4(dividend, divisor, 0);
}

unsigned long long __umoddi3(unsigned long long dividend, unsigned long long divisor) {
    unsigned long long remainder;
    __udivmoddi4(dividend, divisor, &remainder);
    return remainder;
}

long long __divdi3(long long dividend, long long divisor) {
    unsigned long long n = dividend < 0 ? -(unsigned long long)dividend : (unsigned long long)dividend;
    unsigned long long d = divisor < 0 ? -(unsigned long long)divisor : (unsigned long long)divisor;
    unsigned long long quotient = __udivmoddi4(n, d, 0);
    return (long long)((dividend < 0) != (divisor < 0) ? -quotient : quotient);
}

long long __moddi3(long long dividend, long long divisor) {
    unsigned long long n = dividend < 0 ? -(unsigned long long)dividend : (unsigned long long)dividend;
    unsigned long long d = divisor < 0 ? -(unsigned long long)divisor : (unsigned long long)divisor;
    unsigned long long remainder;
    __udivmoddi4(n, d, &remainder);
    return (long long)(dividend < 0 ? -remainder : remainder);
}

long long __muldi3(long long left, long long right) {
    Wide a = {.whole_signed = left}, b = {.whole_signed = right}, product;
    product.whole = (unsigned long long)a.low * b.low;
    product.high += a.low * b.high + a.high * b.low;
    return product.whole_signed;
}
