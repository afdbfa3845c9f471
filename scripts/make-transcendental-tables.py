#!/usr/bin/env python3
"""Prints Sources/Processor/FloatingPoint/TranscendentalTables.swift. Needs mpmath (PyPI)."""
import mpmath as mp

mp.mp.prec = 400


def fixed(value, bits=128):
    """The integer nearest to value * 2^bits."""
    return int(mp.floor(mp.mpf(value) * mp.mpf(2) ** bits + mp.mpf(1) / 2))


def table(name, comment, values):
    print(f"\n    /// {comment}")
    print(f"    static let {name}: InlineArray<{len(values)}, UInt128> = [")
    for value in values:
        print(f"        0x{value:032X},")
    print("    ]")


def constant(name, comment, value):
    print(f"\n    /// {comment}")
    print(f"    static let {name}: UInt128 = 0x{value:032X}")


def reciprocal(j):
    """In units of 2^-9: an approximation of 1/m for m in [j/128, (j+1)/128), exactly 1 around 1."""
    return 512 if j in (127, 128) else int(mp.nint(mp.mpf(512 * 256) / (2 * j + 1)))


print("""/// Constants of ``Transcendentals``, in units of 2⁻¹²⁸ unless they say otherwise.
///
/// Made by scripts/make-transcendental-tables.py, not by hand.
enum TranscendentalTables {""", end="")
table("sine", "sin(i/64).", [fixed(mp.sin(mp.mpf(i) / 64)) for i in range(51)])
table("cosine", "cos(i/64); for 0, a unit less than 1.",
      [min(fixed(mp.cos(mp.mpf(i) / 64)), 2**128 - 1) for i in range(51)])
table("power", "2^(i/64) - 1.", [fixed(mp.power(2, mp.mpf(i) / 64) - 1) for i in range(64)])
table("inversePower", "1 - 2^(-i/64).", [fixed(1 - mp.power(2, -mp.mpf(i) / 64)) for i in range(65)])
table("arcTangent", "atan(i/64).", [fixed(mp.atan(mp.mpf(i) / 64)) for i in range(65)])
print(f"\n    /// The first interval of ``reciprocal`` and ``logarithm``: that of 85/128.")
print("    static let firstInterval = 85")
js = range(85, 171)
print("\n    /// About 1/m for m from j/128 on, in units of 2⁻⁹.")
print(f"    static let reciprocal: InlineArray<{len(js)}, UInt16> = [")
for start in range(0, len(js), 14):
    print("        " + ", ".join(str(reciprocal(j)) for j in js[start:start + 14]) + ",")
print("    ]")
table("logarithm", "The magnitude of log2 of ``reciprocal``; below m = 1 the reciprocal is above 1.",
      [fixed(abs(mp.log(mp.mpf(reciprocal(j)) / 512, 2))) for j in js])
table("sineSeries", "1/3!, 1/5!, ...", [fixed(1 / mp.factorial(2 * k + 1)) for k in range(1, 9)])
table("cosineSeries", "1/2!, 1/4!, ...", [fixed(1 / mp.factorial(2 * k)) for k in range(1, 9)])
table("exponentialSeries", "1/2!, 1/3!, ...", [fixed(1 / mp.factorial(k)) for k in range(2, 16)])
table("logarithmSeries", "1/2, 1/3, ...", [fixed(mp.mpf(1) / k) for k in range(2, 20)])
table("arcTangentSeries", "1/3, 1/5, ...", [fixed(mp.mpf(1) / (2 * k + 1)) for k in range(1, 11)])
constant("naturalLogarithmOf2", "ln 2.", fixed(mp.log(2)))
constant("binaryLogarithmOfE", "log2 e, in units of 2⁻¹²⁷.", fixed(1 / mp.log(2), 127))
constant("pi", "π, in units of 2⁻¹²⁶.", fixed(mp.pi, 126))
print("}")
