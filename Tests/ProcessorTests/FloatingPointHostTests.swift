#if os(Linux) && arch(x86_64)
    import Foundation
    import Testing

    @testable import Processor

    /// Every x87 instruction on random states, against the FPU of this host: registers, tags, control and status word,
    /// memory, EFLAGS and AX must agree. `MARTLET_X87_CASES` and `MARTLET_SEED` ask for more.
    ///
    /// Not compared: the pointers (AMD's processors keep them for exceptions only). Transcendental results differ
    /// between processors: they may be off by a few units, and so may what follows from rounding them.
    @Suite("x87 against the host's FPU")
    struct FloatingPointHostTests {
        private static let cases = Int(ProcessInfo.processInfo.environment["MARTLET_X87_CASES"] ?? "") ?? 2000
        private static let isLong = ProcessInfo.processInfo.environment["MARTLET_X87_CASES"] != nil
        private static let seed = UInt64(ProcessInfo.processInfo.environment["MARTLET_SEED"] ?? "") ?? 20_261_122

        private static let code: UInt32 = 0x5000
        private static let operand: UInt32 = 0x7000

        /// An instruction, in bytes that mean the same in both modes: RSI or ESI addresses memory.
        struct Case: CustomTestStringConvertible, Sendable {
            var name: String
            var bytes: [UInt8]
            var testDescription: String { name }
        }

        private static let memoryForms: [(UInt8, [String])] = [
            (0xD8, ["fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"]),
            (0xD9, ["fld m32", "", "fst m32", "fstp m32", "", "fldcw", "", "fnstcw"]),
            (0xDA, ["fiadd m32", "fimul", "ficom", "ficomp", "fisub", "fisubr", "fidiv", "fidivr"]),
            (0xDB, ["fild m32", "", "fist m32", "fistp m32", "", "fld m80", "", "fstp m80"]),
            (0xDC, ["fadd m64", "fmul m64", "fcom m64", "fcomp m64", "fsub m64", "fsubr m64", "fdiv m64", "fdivr m64"]),
            (0xDD, ["fld m64", "", "fst m64", "fstp m64", "", "", "", "fnstsw"]),
            (0xDE, ["fiadd m16", "fimul", "ficom", "ficomp", "fisub", "fisubr", "fidiv", "fidivr"]),
            (0xDF, ["fild m16", "", "fist m16", "fistp m16", "fbld", "fild m64", "fbstp", "fistp m64"]),
        ]

        static let memoryCases = memoryForms.flatMap { opcode, names in
            names.enumerated().filter { $0.element != "" }.map { index, name in
                Case(name: name, bytes: [opcode, UInt8(index) << 3 | 6])
            }
        }

        /// All register forms but transcendental functions and what no processor has.
        static let registerCases: [Case] = (UInt8(0xD8)...0xDF).flatMap { opcode in
            (UInt8(0xC0)...0xFF).compactMap { modRM in
                let exists: Bool =
                    switch (opcode, modRM) {
                    case (0xD9, 0xD1...0xD7), (0xD9, 0xE2...0xE3), (0xD9, 0xE6...0xE7), (0xD9, 0xEF): false
                    case (0xD9, 0xF0...0xF3), (0xD9, 0xF9), (0xD9, 0xFB), (0xD9, 0xFE...0xFF): false
                    case (0xDA, 0xE0...0xE8), (0xDA, 0xEA...0xFF), (0xDB, 0xE0...0xE1), (0xDB, 0xE4...0xE7): false
                    case (0xDB, 0xF8...0xFF), (0xDD, 0xF0...0xFF), (0xDE, 0xD8), (0xDE, 0xDA...0xDF): false
                    case (0xDF, 0xE1...0xE7), (0xDF, 0xF8...0xFF): false
                    default: true
                    }
                let name = String(opcode, radix: 16) + " " + String(modRM, radix: 16)
                return exists ? Case(name: name, bytes: [opcode, modRM]) : nil
            }
        }

        @Test("Instructions with a memory operand", arguments: memoryCases)
        func memory(test: Case) throws {
            try compare(test, cases: Self.cases)
        }

        @Test("Instructions on registers", arguments: registerCases)
        func registers(test: Case) throws {
            // Eight registers share most opcodes.
            try compare(test, cases: Self.cases / 4)
        }

        static let transcendentalCases = [
            Case(name: "f2xm1", bytes: [0xD9, 0xF0]), Case(name: "fyl2x", bytes: [0xD9, 0xF1]),
            Case(name: "fptan", bytes: [0xD9, 0xF2]), Case(name: "fpatan", bytes: [0xD9, 0xF3]),
            Case(name: "fyl2xp1", bytes: [0xD9, 0xF9]), Case(name: "fsincos", bytes: [0xD9, 0xFB]),
            Case(name: "fsin", bytes: [0xD9, 0xFE]), Case(name: "fcos", bytes: [0xD9, 0xFF]),
        ]

        @Test("Transcendental instructions", arguments: transcendentalCases)
        func transcendentals(test: Case) throws {
            try compare(test, cases: Self.cases, isApproximate: true)
        }

        /// Whether the manual leaves the result of a transcendental instruction open, or the host's may be quite
        /// another.
        private static func isOpen(_ test: Case, _ state: X87State) -> Bool {
            let exponent = state.signExponents[state.physical(0)] & 0x7FFF
            switch test.bytes[1] {
            case 0xF0: return exponent >= 0x3FFF && exponent != 0x7FFF
            case 0xF9:
                return exponent >= 0x3FFD && exponent != 0x7FFF || state.signExponents[state.physical(0)] == 0xFFFF
            // Multiples of π show how long the host's is.
            case 0xF2, 0xFB, 0xFE, 0xFF: return exponent >= 0x3FFF && exponent < 0x403E
            default: return false
            }
        }

        private func compare(_ test: Case, cases: Int, isApproximate: Bool = false) throws {
            let host = try #require(HostFPU())
            let instruction = host.prepare(test.bytes)
            let machine = try SystemFixture()
            machine.memory.write(test.bytes, at: Self.code)
            let seed = test.bytes.reduce(Self.seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            var operands = RandomOperands(seed: seed)
            let image = UnsafeMutableRawPointer.allocate(byteCount: HostFPU.imageSize, alignment: 16)
            let memory = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
            defer {
                image.deallocate()
                memory.deallocate()
            }
            var failures = 0
            // In the long form, for its summary; 470 instructions would be too much to read otherwise.
            if Self.isLong { print("counted \(cases) cases compared with the host's FPU") }
            for _ in 0..<cases where failures < 3 {
                let (state, bytes) = Self.randomCase(test, &operands)
                if isApproximate && Self.isOpen(test, state) { continue }
                let flags = 0x202 | (operands.chance(1, of: 2) ? 0 : UInt32(operands.random.next() & 0x8D5))
                state.store(to: image)
                memory.copyMemory(from: bytes, byteCount: 16)
                let expected = host.run(instruction, image: image, memory: memory, flags: UInt(flags))

                machine.state.pointee.x87 = state
                machine.memory.write(bytes, at: Self.operand)
                machine.state.pointee.eip = Self.code
                machine.state.pointee.general[0] = 0x1234_5678
                machine.state.pointee.general[6] = Self.operand
                machine.state.pointee.arithmeticFlags = LazyFlags(bits: flags)
                _ = machine.processor.run(until: machine.processor.steps + 1)

                let actual = machine.state.pointee.x87
                let isSilent = Self.isSilentComparison(test, image)
                let ignored =
                    isApproximate
                    ? X87Status.c1 | X87Status.precision | X87Status.underflow | X87Status.errorSummary | X87Status.busy
                    : isSilent ? X87Status.conditions : 0
                var differences = actual.differences(
                    from: image, ignoring: ignored, tolerance: isApproximate ? 4 : 0)
                let length = UInt32(test.bytes.count)
                if machine.state.pointee.eip != Self.code + length { differences.append("EIP") }
                let stored = machine.memory.read(Self.operand, count: 16)
                if stored != Array(UnsafeRawBufferPointer(start: memory, count: 16)) {
                    differences.append("memory \(stored) != \(Array(UnsafeRawBufferPointer(start: memory, count: 16)))")
                }
                let arithmetic = machine.state.pointee.arithmeticFlags.bits & 0x8D5
                if arithmetic != UInt32(expected.flags & 0x8D5), !isSilent {
                    differences.append("EFLAGS \(arithmetic) != \(expected.flags & 0x8D5)")
                }
                if test.bytes == [0xDF, 0xE0],
                    machine.state.pointee.general[0] & 0xFFFF != expected.accumulator & 0xFFFF
                {
                    differences.append("AX")
                }
                if !differences.isEmpty {
                    failures += 1
                    Issue.record("\(test.name) with \(state.text), \(bytes), flags \(flags): \(differences)")
                }
            }
        }

        /// A comparison that finds an exception which is not masked sets neither condition codes nor flags (SDM vol. 2,
        /// FCOM and FCOMI); AMD's processors do.
        private static func isSilentComparison(_ test: Case, _ image: UnsafeRawPointer) -> Bool {
            let isComparison: Bool =
                switch (test.bytes[0], test.bytes[1]) {
                case (0xD8, 0xD0...0xDF), (0xD9, 0xE4), (0xDC, 0xD0...0xDF), (0xDD, 0xE0...0xEF), (0xDE, 0xD0...0xDF):
                    true
                case (0xDA, 0xE9), (0xDB, 0xE8...0xF7), (0xDF, 0xE8...0xF7): true
                case (0xD8, 0x10...0x1F), (0xDA, 0x10...0x1F), (0xDC, 0x10...0x1F), (0xDE, 0x10...0x1F): true
                default: false
                }
            let status = image.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
            return isComparison && status & X87Status.errorSummary != 0
        }

        private static func randomCase(
            _ test: Case, _ operands: inout RandomOperands
        ) -> (X87State, [UInt8]) {
            var state = X87State()
            for index in 0..<8 {
                let value = operands.extended()
                state.significands[index] = value.significand
                state.signExponents[index] = value.signExponent
            }
            state.top = operands.below(8)
            // Mostly the registers near the top are full and the one above it is empty.
            switch operands.below(8) {
            case 0: state.emptyRegisters = UInt8(truncatingIfNeeded: operands.random.next())
            case 1: state.emptyRegisters = 0
            default: state.emptyRegisters = 1 << ((state.top &- 1) & 7)
            }
            let masks: UInt16 = operands.chance(1, of: 2) ? 0x3F : operands.below(64)
            state.control = 0x40 | masks | operands.below(16) << 8
            // Masked exceptions of earlier instructions, and condition codes.
            let earlier = UInt16(truncatingIfNeeded: operands.random.next())
            state.status = earlier & (X87Status.conditions | X87Status.stackFault | masks)
            var bytes = (0..<16).map { _ in UInt8(truncatingIfNeeded: operands.random.next()) }
            func put<T>(_ value: T) {
                withUnsafeBytes(of: value) { bytes.replaceSubrange(0..<$0.count, with: $0) }
            }
            switch (test.bytes[0], test.bytes[1] >> 3) {
            case (0xD8, _), (0xD9, 0): put(operands.single())
            case (0xDC, _), (0xDD, 0): put(operands.double())
            case (0xDB, 5):
                let value = operands.extended()
                put(value.significand)
                bytes[8] = UInt8(truncatingIfNeeded: value.signExponent)
                bytes[9] = UInt8(value.signExponent >> 8)
            case (0xDA, _), (0xDE, _):
                if operands.chance(1, of: 4) { put(operands.below(3) - 1 as Int32) }
            case (0xD9, 5):
                put(UInt16(truncatingIfNeeded: operands.random.next()) | ~masks & 0x3F | state.status & 0x3F)
            default: break
            }
            return (state, bytes)
        }
    }

    extension Extended {
        /// Whether `other` is at most `distance` units in the last place away.
        fileprivate func isNear(_ other: Extended, _ distance: UInt64) -> Bool {
            if signExponent == other.signExponent {
                return max(significand, other.significand) - min(significand, other.significand) <= distance
            }
            // Just below a power of two, and just above it.
            let (low, high) = signExponent < other.signExponent ? (self, other) : (other, self)
            return high.signExponent - low.signExponent == 1 && ~low.significand <= distance
                && high.significand & ~(1 << 63) <= distance
        }
    }

    extension X87State {
        /// As `frstor` takes it in 32-bit protected mode.
        func store(to image: UnsafeMutableRawPointer) {
            let words: [UInt32] = [UInt32(control), UInt32(statusWord), UInt32(tagWord), 0, 0, 0, 0]
            for (index, word) in words.enumerated() {
                image.storeBytes(of: word, toByteOffset: 4 * index, as: UInt32.self)
            }
            for index in 0..<8 as Range<UInt8> {
                let number = physical(index)
                let offset = 28 + 10 * Int(index)
                image.storeBytes(of: significands[number], toByteOffset: offset, as: UInt64.self)
                image.storeBytes(of: signExponents[number], toByteOffset: offset + 8, as: UInt16.self)
            }
        }

        /// What of this state is different from that in `image`, which `fnsave` stored.
        func differences(from image: UnsafeRawPointer, ignoring ignored: UInt16, tolerance: UInt64) -> [String] {
            func hexadecimal(_ value: some FixedWidthInteger & UnsignedInteger) -> String { String(value, radix: 16) }
            var result: [String] = []
            let words = (0..<3).map { image.loadUnaligned(fromByteOffset: 4 * $0, as: UInt16.self) }
            if control != words[0] { result.append("control \(hexadecimal(control)) != \(hexadecimal(words[0]))") }
            if (statusWord ^ words[1]) & ~ignored != 0 {
                result.append("status \(hexadecimal(statusWord)) != \(hexadecimal(words[1]))")
            }
            if tagWord != words[2] { result.append("tags \(hexadecimal(tagWord)) != \(hexadecimal(words[2]))") }
            for index in 0..<8 as Range<UInt8> {
                let number = physical(index)
                let significand = image.loadUnaligned(fromByteOffset: 28 + 10 * Int(index), as: UInt64.self)
                let signExponent = image.loadUnaligned(fromByteOffset: 36 + 10 * Int(index), as: UInt16.self)
                let ours = Extended(significand: significands[number], signExponent: signExponents[number])
                let theirs = Extended(significand: significand, signExponent: signExponent)
                if tolerance == 0 ? ours != theirs : !ours.isNear(theirs, tolerance) {
                    result.append(
                        "ST(\(index)) \(hexadecimal(signExponents[number])):\(hexadecimal(significands[number])) != "
                            + "\(hexadecimal(signExponent)):\(hexadecimal(significand))")
                }
            }
            return result
        }

        var text: String {
            let registers = (0..<8 as Range<UInt8>).map { index in
                let number = physical(index)
                let isEmpty = emptyRegisters >> UInt8(number) & 1 != 0
                return String(signExponents[number], radix: 16) + ":" + String(significands[number], radix: 16)
                    + (isEmpty ? " empty" : "")
            }
            return "control \(String(control, radix: 16)), status \(String(statusWord, radix: 16)), \(registers)"
        }
    }
#else
    import Testing

    @Suite("x87 against the host's FPU")
    struct FloatingPointHostTests {
        @Test("Every instruction", .disabled("this host has no x87 FPU, or not as Linux has it"))
        func skipped() {}
    }
#endif
