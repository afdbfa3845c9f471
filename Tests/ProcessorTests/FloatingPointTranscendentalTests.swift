import Foundation
import RandomTestSupport
import Testing

@testable import Processor

/// Transcendental instructions in all rounding modes, against numbers computed with hundreds of digits
/// (`scripts/make-transcendental-vectors.py`): correctly rounded, all of them, with PE and the direction in C1.
@Suite("Transcendental functions")
struct FloatingPointTranscendentalTests {
    private struct Vector {
        var name: String
        var first: Extended
        var second: Extended
        /// Rounded toward zero.
        var result: Extended
        var isAboveHalf: Bool
    }

    private static func vectors() throws -> [Vector] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "FloatingPointVectors/transcendentals.txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            let fields = line.split(separator: " ")
            try #require(fields.count == 5)
            return Vector(
                name: String(fields[0]), first: try number(fields[1]), second: try number(fields[2]),
                result: try number(fields[3]), isAboveHalf: fields[4] == ">")
        }
    }

    private static func number(_ text: Substring) throws -> Extended {
        let parts = text.split(separator: ":")
        try #require(parts.count == 2)
        return Extended(
            significand: try #require(UInt64(parts[1], radix: 16)),
            signExponent: try #require(UInt16(parts[0], radix: 16)))
    }

    private static let code: [String: [UInt8]] = [
        "fsin": [0xD9, 0xFE], "fcos": [0xD9, 0xFF], "fptan": [0xD9, 0xF2], "f2xm1": [0xD9, 0xF0],
        "fyl2x": [0xD9, 0xF1], "fyl2xp1": [0xD9, 0xF9], "fpatan": [0xD9, 0xF3],
    ]

    /// Executes an instruction with `first` in ST(0) and `second` in ST(1), in physical registers 3 and 4.
    private func execute(
        _ machine: SystemFixture, _ bytes: [UInt8], _ first: Extended, _ second: Extended, control: UInt16 = 0x37F
    ) {
        var state = X87State()
        state.control = control
        state.top = 3
        state.emptyRegisters = 0xE7
        state.significands[3] = first.significand
        state.signExponents[3] = first.signExponent
        state.significands[4] = second.significand
        state.signExponents[4] = second.signExponent
        machine.state.pointee.x87 = state
        machine.memory.write(bytes, at: 0x5000)
        machine.state.pointee.eip = 0x5000
        _ = machine.processor.run(until: machine.processor.steps + 1)
    }

    @Test("Results are correctly rounded")
    func vectors() throws {
        let machine = try SystemFixture()
        let vectors = try Self.vectors()
        #expect(vectors.count == 840)
        for vector in vectors {
            let bytes = try #require(Self.code[vector.name])
            let isNegative = vector.result.isNegative
            for mode in 0..<4 as Range<UInt16> {
                let increments = [vector.isAboveHalf, isNegative, !isNegative, false][Int(mode)]
                var expected = vector.result
                if increments {
                    expected.significand &+= 1
                    if expected.significand == 0 {
                        expected.significand = 1 << 63
                        expected.signExponent += 1
                    }
                }
                execute(machine, bytes, vector.first, vector.second, control: 0x37F | mode << 10)
                let isTangent = vector.name == "fptan"
                let result = machine.core.st(isTangent ? 1 : 0)
                #expect(result == expected, "\(vector), rounding mode \(mode)")
                if isTangent { #expect(machine.core.st(0) == .one) }
                let status = machine.state.pointee.x87.status
                #expect(status == X87Status.precision | (increments ? X87Status.c1 : 0), "\(vector)")
            }
        }
    }

    @Test("fsincos gives what fsin and fcos give")
    func both() throws {
        let machine = try SystemFixture()
        for vector in try Self.vectors() where vector.name == "fsin" || vector.name == "fcos" {
            execute(machine, [0xD9, 0xFE], vector.first, .one)
            let sine = machine.core.st(0)
            execute(machine, [0xD9, 0xFF], vector.first, .one)
            let cosine = machine.core.st(0)
            execute(machine, [0xD9, 0xFB], vector.first, .one)
            #expect(machine.core.st(0) == cosine)
            #expect(machine.core.st(1) == sine)
        }
    }

    @Test("Angles are reduced by a π of 66 bits")
    func shortPi() throws {
        let machine = try SystemFixture()
        let pi = Extended(significand: 0xC90F_DAA2_2168_C235, signExponent: 0x4000)
        execute(machine, [0xD9, 0xFE], pi, .one)
        #expect(machine.core.st(0) == Extended(significand: 1 << 63, signExponent: 0xBFFF &- 64))
    }

    @Test(
        "From 2⁶³ on, C2 is set and nothing changes",
        arguments: [[0xD9, 0xFE], [0xD9, 0xFF], [0xD9, 0xFB], [0xD9, 0xF2]] as [[UInt8]])
    func outOfRange(bytes: [UInt8]) throws {
        let machine = try SystemFixture()
        for (exponent, isOutside) in [(UInt16(0x403D), false), (0x403E, true), (0xC03E, true), (0x7FFE, true)] {
            let value = Extended(significand: 0x9234_5678_9ABC_DEF1, signExponent: exponent)
            execute(machine, bytes, value, .one)
            let x87 = machine.state.pointee.x87
            #expect((x87.status & X87Status.c2 != 0) == isOutside)
            if isOutside {
                #expect(x87.top == 3)
                #expect(machine.core.st(0) == value)
                #expect(x87.status == X87Status.c2)
            }
        }
    }

    // MARK: Quick and full evaluations

    /// A significand with random bits, of which some numbers have few.
    private static func random(_ exponents: ClosedRange<Int32>, _ generator: inout SplitMix64) -> Unpacked {
        let bits = generator.next() | 1 << 63
        let significand = generator.next() % 8 == 0 ? bits & ~0 << (generator.next() % 64) : bits
        return Unpacked(
            isNegative: generator.next() % 2 != 0, exponent: Int32.random(in: exponents, using: &generator),
            significand: significand)
    }

    private typealias Function = (name: String, exponents: ClosedRange<Int32>, body: (Unpacked, Unpacked) -> Wide?)

    /// Each function of one or two numbers, and of which exponents.
    private static func functions<Series: SeriesEvaluation>(_ series: Series.Type) -> [Function] {
        typealias Functions = Transcendentals<Series>
        return [
            ("sine", -40...62, { x, _ in Functions.Angle(x).sine }),
            ("cosine", -40...62, { x, _ in Functions.Angle(x).cosine }),
            ("sine of small angles", -8...2, { x, _ in Functions.Angle(x).sine }),
            ("cosine of small angles", -8...2, { x, _ in Functions.Angle(x).cosine }),
            (
                "tangent", -8...4,
                { x, _ in
                    let both = Functions.Angle(x)
                    return both.sine / both.cosine
                }
            ),
            ("exponential", -70 ... -1, { x, _ in Functions.exponential(x) }),
            ("exponential of large numbers", -7 ... -1, { x, _ in Functions.exponential(x) }),
            ("logarithm", -3...3, { x, _ in Functions.logarithm(Wide(x).significand, exponent: x.exponent) }),
            (
                "logarithm near 1", -60 ... -6,
                { x, _ in
                    let sum = Extended.one.unpacked + x
                    return Functions.logarithm(Wide(sum).significand, exponent: sum.exponent)
                }
            ),
            ("logarithm of 1 + x", -90 ... -8, { x, _ in Functions.logarithm(onePlus: Wide(x)) }),
            ("arc tangent", -10...10, { y, x in Functions.arcTangent(y, x) }),
            ("arc tangent of small quotients", -60...0, { y, x in Functions.arcTangent(y, x) }),
        ]
    }

    /// In units of the last place of the smaller one.
    private static func distance(_ first: Wide, _ second: Wide) throws -> UInt128 {
        let (larger, smaller) = first.exponent < second.exponent ? (second, first) : (first, second)
        if larger.exponent == smaller.exponent {
            return max(larger.significand, smaller.significand) - min(larger.significand, smaller.significand)
        }
        // On both sides of a power of two.
        try #require(larger.exponent == smaller.exponent + 1)
        return larger.significand &<< 1 &- smaller.significand
    }

    @Test("A quick evaluation is within 2⁻⁷³ of the full one", arguments: 0..<12)
    func quick(index: Int) throws {
        let (name, exponents, quickBody) = Self.functions(QuickSeries.self)[index]
        let fullBody = Self.functions(FullSeries.self)[index].body
        var generator = SplitMix64(seed: 20_261_128 &+ UInt64(index))
        var largest: UInt128 = 0
        var undecided = 0
        for _ in 0..<100_000 {
            let first = Self.random(exponents, &generator)
            let second = Self.random(exponents, &generator)
            let quick = quickBody(first, second)
            guard let full = fullBody(first, second) else {
                #expect(quick == nil)
                continue
            }
            let quickly = try #require(quick)
            #expect(quickly.isNegative == full.isNegative)
            if !quickly.decidesRounding { undecided += 1 }
            let distance = try Self.distance(quickly, full)
            largest = max(largest, distance)
        }
        #expect(largest <= 1 << 54, "\(name)")
        // Arguments with few bits, and small ones, are undecided more often than the others' one in 128.
        #expect(undecided > 0 && undecided < 60_000, "\(name): \(undecided)")
    }

    @Test("A quick arc tangent is, too, where the table's intervals meet")
    func intervals() throws {
        // The quotients are multiples of 1/64 and the numbers next to them.
        for index in 1...64 as ClosedRange<UInt64> {
            for denominator in [1 << 63, 0xFFFF_FFFF_0000_0000, ~0 - 62] as [UInt64] {
                let x = Unpacked(isNegative: false, exponent: 6, significand: denominator)
                let product = UInt128(denominator) * UInt128(index)
                let exponent = 64 - product.leadingZeroBitCount
                let significand = UInt64(truncatingIfNeeded: product >> UInt128(exponent))
                for neighbour in [significand - 1, significand, significand + 1] where neighbour >> 63 != 0 {
                    let y = Unpacked(isNegative: false, exponent: Int32(exponent), significand: neighbour)
                    let quick = Transcendentals<QuickSeries>.arcTangent(y, x)
                    let full = Transcendentals<FullSeries>.arcTangent(y, x)
                    #expect(try Self.distance(quick, full) <= 1 << 54, "\(index), \(denominator), \(neighbour)")
                }
            }
        }
    }

    @Test("What is near a number of 64 bits or the middle of two does not decide")
    func decision() {
        for (fraction, decides) in [
            (0, false), (1 << 55, false), (1 << 56, true), (0x4000_0000_0000_0000, true),
            ((1 << 63) - (1 << 55), false),
            (1 << 63, false), ((1 << 63) + (1 << 55), false), ((1 << 63) + (1 << 56), true), (~0, false),
            (~0 << 56, true),
            (~0 << 55, false),
        ] as [(UInt64, Bool)] {
            let value = Wide(isNegative: false, exponent: 0, significand: 1 << 127 | UInt128(fraction))
            #expect(value.decidesRounding == decides, "\(String(fraction, radix: 16))")
        }
    }

    @Test("Exact results are exact")
    func exact() throws {
        let machine = try SystemFixture()
        let two = Extended(integer: 2)
        let half = Extended(significand: 1 << 63, signExponent: 0x3FFE)
        let cases: [([UInt8], Extended, Extended, Extended)] = [
            ([0xD9, 0xF0], .one, .one, .one),
            ([0xD9, 0xF0], .one.negated, .one, half.negated),
            ([0xD9, 0xF0], .zero(isNegative: true), .one, .zero(isNegative: true)),
            ([0xD9, 0xF1], Extended(integer: 1024), Extended(integer: 3), Extended(integer: 30)),
            ([0xD9, 0xF1], .one, two.negated, .zero(isNegative: true)),
            ([0xD9, 0xF9], .zero(isNegative: true), two, .zero(isNegative: true)),
            ([0xD9, 0xF3], .one, .zero(isNegative: true), .zero(isNegative: true)),
            ([0xD9, 0xFE], .zero(isNegative: true), .one, .zero(isNegative: true)),
            ([0xD9, 0xFF], .zero(isNegative: true), .one, .one),
        ]
        for (bytes, first, second, expected) in cases {
            execute(machine, bytes, first, second)
            #expect(machine.core.st(0) == expected, "\(bytes)")
            #expect(machine.state.pointee.x87.status == 0, "\(bytes)")
        }
    }
}
