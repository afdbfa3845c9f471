#!/usr/bin/env python3
"""Prints Tests/ProcessorTests/FloatingPointVectors/transcendentals.txt. Needs mpmath (PyPI).

A line: instruction, ST(0), ST(1), and the result as its significand rounded toward zero, followed by < or > as the rest
is below or above one half. Numbers are sign and exponent, colon, significand, in hexadecimal. Trigonometric functions
have the period that the 66 bits of pi in SDM vol. 1, 8.3.8 give them.
"""
import random

import mpmath as mp

random.seed(20261122)
PI66 = 0xC90FDAA22168C234C  # in units of 2^-66


def value(number):
    sign_exponent, significand = number
    exponent = max(sign_exponent & 0x7FFF, 1) - 16383 - 63
    result = mp.ldexp(mp.mpf(significand), exponent)
    return -result if sign_exponent & 0x8000 else result


def reduced(x):
    half = mp.mpf(PI66) / mp.mpf(2) ** 67
    n = mp.nint(x / half)
    return int(n) % 4, x - n * half


def sine(x):
    quadrant, r = reduced(x)
    return (mp.sin(r), mp.cos(r), -mp.sin(r), -mp.cos(r))[quadrant]


def cosine(x):
    quadrant, r = reduced(x)
    return (mp.cos(r), -mp.sin(r), -mp.cos(r), mp.sin(r))[quadrant]


FUNCTIONS = {
    "fsin": lambda x, y: sine(x),
    "fcos": lambda x, y: cosine(x),
    "fptan": lambda x, y: sine(x) / cosine(x),
    "f2xm1": lambda x, y: mp.expm1(x * mp.log(2)),
    "fyl2x": lambda x, y: y * mp.log(x) / mp.log(2),
    "fyl2xp1": lambda x, y: y * mp.log1p(x) / mp.log(2),
    "fpatan": lambda x, y: mp.atan2(y, x),
}


def significand():
    kind = random.randrange(6)
    if kind == 0:
        return 1 << 63
    if kind == 1:
        return (1 << 64) - 1
    if kind == 2:
        return 1 << 63 | 1 << random.randrange(63)
    return random.getrandbits(64) | 1 << 63


def argument(name):
    sign = random.choice((0, 0x8000))
    kind = random.randrange(5)
    if name in ("fsin", "fcos", "fptan"):
        exponent = (
            random.randrange(-12, 3), random.randrange(0, 63), random.randrange(-70, 4), random.randrange(-2, 6),
            random.randrange(-16382, 0) if random.randrange(4) == 0 else -1)[kind]
        number = significand()
        if kind == 3 and random.randrange(2):
            # As near as can be to a multiple of pi/2.
            product = PI66 * random.randrange(1, 1 << random.randrange(1, 40))
            length = product.bit_length()
            number, exponent = product >> (length - 64), length - 1 - 67
            number += random.randrange(2)
        return (sign | (16383 + exponent), number)
    if name == "f2xm1":
        exponent = (-1, -2, -random.randrange(1, 12), -random.randrange(1, 80), -random.randrange(1, 16382))[kind]
        return (sign | (16383 + exponent), significand())
    if name == "fyl2x":
        number = significand()
        if kind == 0:
            return (0x3FFF, 1 << 63 | random.getrandbits(random.randrange(2, 63)) | 1)
        if kind == 1:
            return (0x3FFE, (1 << 64) - 1 - random.getrandbits(random.randrange(1, 63)))
        return ((random.randrange(1, 0x7FFE), 0x3FFF + random.randrange(-3, 4), 0x3FFF)[kind - 2], number | 1)
    if name == "fyl2xp1":
        exponent = (-2, -random.randrange(3, 12), -random.randrange(3, 80), -random.randrange(3, 16382), -7)[kind]
        number = significand()
        return (sign | (16383 + exponent), min(number, 0x95F619980C4336F7) if exponent == -2 else number)
    return (sign | (16383 + random.randrange(-9, 9)), significand())


def second(name, first):
    sign = random.choice((0, 0x8000))
    if name in ("fyl2x", "fyl2xp1"):
        return (sign | 0x3FFF + random.choice((0, random.randrange(-40, 40), random.randrange(-1000, 1000))), significand())
    if name == "fpatan":
        distance = random.choice((0, random.randrange(-9, 9), random.randrange(-80, 80), random.randrange(-8000, 8000)))
        return (sign | (first[0] & 0x7FFF) + distance, significand())
    return (0x3FFF, 1 << 63)


for name, function in FUNCTIONS.items():
    count = 0
    while count < 120:
        x = argument(name)
        y = second(name, x)
        exponents = abs((x[0] & 0x7FFF) - 16383) + (abs((y[0] & 0x7FFF) - (x[0] & 0x7FFF)) if name == "fpatan" else 0)
        with mp.workprec(400 + 3 * exponents):
            result = function(value(x), value(y))
            if result == 0:
                continue
            magnitude, exponent = mp.frexp(abs(result))
            scaled = mp.ldexp(magnitude, 64)
            whole = int(mp.floor(scaled))
            rest = scaled - whole
            biased = int(exponent) - 1 + 16383
            if rest == 0 or not 1 <= biased < 0x7FFE:
                continue
            above = rest > mp.mpf(1) / 2
        print(f"{name} {x[0]:04X}:{x[1]:016X} {y[0]:04X}:{y[1]:016X} "
              f"{biased | (0x8000 if result < 0 else 0):04X}:{whole:016X} {'>' if above else '<'}")
        count += 1
