@testable import Processor

/// In what two results of a case differ.
struct NativeDifferences {
    /// One line each.
    private(set) var all: [String] = []

    /// `undefinedFlags` are not compared. `fx`: compare x87, MMX and SSE registers, too.
    init(_ expected: NativeResult, _ actual: NativeResult, undefinedFlags: UInt32 = 0, fx: Bool = false) {
        compare("vector", expected.vector, actual.vector)
        compare("eip", expected.eip, actual.eip)
        // I/D in the error code of a page fault is set only where no-execute pages are in use (SDM vol. 3A, 4.7).
        let fetch: UInt32 = expected.vector == 14 ? 1 << 4 : 0
        compare("error code", expected.errorCode & ~fetch, actual.errorCode & ~fetch)
        compare("cr2", expected.cr2, actual.cr2)
        compare("eflags", expected.eflags & ~undefinedFlags, actual.eflags & ~undefinedFlags)
        for (index, name) in ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"].enumerated() {
            compare(name, expected.general[index], actual.general[index])
        }
        for (index, name) in ["es", "cs", "ss", "ds", "fs", "gs"].enumerated() {
            compare(name, expected.selectors[index], actual.selectors[index])
        }
        compareMemory(expected, actual)
        if fx { compareFX(expected.fx, actual.fx) }
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

    /// The pointers to the last x87 instruction and its operand are compared only while an unmasked exception is pending:
    /// at other times processors of AMD do not keep them up to date (APM vol. 2, 11.4.4).
    private mutating func compareFX(_ expected: FXImage, _ actual: FXImage) {
        compare("fcw", expected.control, actual.control)
        compare("fsw", expected.status, actual.status)
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
            compare("xmm\(index) low", wide.low, other.low)
            compare("xmm\(index) high", wide.high, other.high)
        }
    }
}
