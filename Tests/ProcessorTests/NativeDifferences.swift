@testable import Processor

/// In what two results of a case differ.
struct NativeDifferences {
    /// One line each.
    private(set) var all: [String] = []

    /// Parts of a result that are not compared: ``NativeException`` says when.
    struct Ignored: Sendable {
        var isEverything = false
        var flags: UInt32 = 0
        var memory = false
        /// Of a page fault.
        var faultAddress = false
        /// Those of the x87 FPU.
        var conditionCodes = false
        /// Singles in XMM registers may differ in what two approximations of 12 bits may.
        var approximations = false

        static let everything = Ignored(isEverything: true)
        static let memory = Ignored(memory: true)
        static let faultAddress = Ignored(faultAddress: true)
        static let comparison = Ignored(flags: Flag.arithmetic, conditionCodes: true)
        static let approximations = Ignored(approximations: true)

        mutating func formUnion(_ other: Ignored) {
            isEverything = isEverything || other.isEverything
            flags |= other.flags
            memory = memory || other.memory
            faultAddress = faultAddress || other.faultAddress
            conditionCodes = conditionCodes || other.conditionCodes
            approximations = approximations || other.approximations
        }
    }

    init(_ expected: NativeResult, _ actual: NativeResult, _ ignored: Ignored = Ignored()) {
        guard !ignored.isEverything else { return }
        compare("vector", expected.vector, actual.vector)
        compare("eip", expected.eip, actual.eip)
        // I/D in the error code of a page fault is set only where no-execute pages are in use (SDM vol. 3A, 4.7).
        var open: UInt32 = expected.vector == 14 ? 1 << 4 : 0
        // P is about the address.
        if ignored.faultAddress { open |= 1 }
        compare("error code", expected.errorCode & ~open, actual.errorCode & ~open)
        if !ignored.faultAddress { compare("cr2", expected.cr2, actual.cr2) }
        compare("eflags", expected.eflags & ~ignored.flags, actual.eflags & ~ignored.flags)
        for (index, name) in ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"].enumerated() {
            compare(name, expected.general[index], actual.general[index])
        }
        for (index, name) in ["es", "cs", "ss", "ds", "fs", "gs"].enumerated() {
            // When the host's kernel runs another thread in between, it gives back 0 for any null selector.
            let isNull = expected.selectors[index] < 4 && actual.selectors[index] < 4
            if !isNull { compare(name, expected.selectors[index], actual.selectors[index]) }
        }
        if !ignored.memory { compareMemory(expected, actual) }
        compareFX(expected.fx, actual.fx, ignored)
    }

    private mutating func compare<T: BinaryInteger>(_ name: String, _ expected: T, _ actual: T) {
        if expected != actual {
            all.append("\(name) \(String(expected, radix: 16)) but \(String(actual, radix: 16))")
        }
    }

    private mutating func compareMemory(_ expected: NativeResult, _ actual: NativeResult) {
        compare("changes", expected.changeCount, actual.changeCount)
        for index in 0..<Int(min(expected.changeCount, actual.changeCount, 192)) {
            let (address, value) = (expected.changes[index * 2], expected.changes[index * 2 + 1])
            if address == actual.changes[index * 2] {
                compare("[\(String(address, radix: 16))]", value, actual.changes[index * 2 + 1])
            } else {
                compare("address", address, actual.changes[index * 2])
                break
            }
        }
    }

    /// The pointers to the last x87 instruction and its operand are compared only while an unmasked exception is
    /// pending: at other times processors of AMD do not keep them up to date (APM vol. 2, 11.4.4).
    private mutating func compareFX(_ expected: FXImage, _ actual: FXImage, _ ignored: Ignored) {
        compare("fcw", expected.control, actual.control)
        let conditions = ignored.conditionCodes ? X87Status.conditions : 0
        compare("fsw", expected.status & ~conditions, actual.status & ~conditions)
        compare("valid x87 registers", expected.validRegisters, actual.validRegisters)
        compare("mxcsr", expected.mxcsr, actual.mxcsr)
        if expected.status & X87Status.errorSummary != 0 {
            compare("fop", expected.opcode, actual.opcode)
            compare("fip", expected.instructionOffset, actual.instructionOffset)
            compare("fdp", expected.dataOffset, actual.dataOffset)
        }
        for index in 0..<8 {
            let (left, right) = (expected.st(index), actual.st(index))
            compare("st\(index) significand", left.significand, right.significand)
            compare("st\(index) sign and exponent", left.signExponent, right.signExponent)
            let (wide, other) = (expected.xmm(index), actual.xmm(index))
            if ignored.approximations, Self.areClose(XMM(wide.low, wide.high), XMM(other.low, other.high)) { continue }
            compare("xmm\(index) low", wide.low, other.low)
            compare("xmm\(index) high", wide.high, other.high)
        }
    }

    /// Each lane the same, or off by at most 1.5 · 2⁻¹² in both (SDM vol. 2, RCPPS); near the denormal numbers results
    /// may be flushed to zero or not.
    private static func areClose(_ left: XMM, _ right: XMM) -> Bool {
        (0..<4).allSatisfy { lane in
            let (first, second) = (left.singles[lane], right.singles[lane])
            if first.bitPattern == second.bitPattern { return true }
            let areTiny = first.magnitude < 0x1p-124 && second.magnitude < 0x1p-124
            return areTiny || abs(Double(first) / Double(second) - 1) < 3.0 / 4096
        }
    }
}
