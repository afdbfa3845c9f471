#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Which rows of the opcode table have been executed: for the question whether tests left any out.
///
/// **Constraint.** The answer must be true (an instruction that was decoded but never reached, or raised a fault, was
/// not executed), must add up over many test processes, and must cost a machine that nobody asks nothing.
///
/// **Choice.** With `MARTLET_COVERAGE=directory` in the environment, every processor of the process executes one
/// instruction at a time, and the run loop notes each that retires. When the process ends, it writes what it saw to a
/// file of its own in the directory, a line for each ``OpcodeRow/Variant``. Without the variable there is a comparison
/// with nil in the run loop, which is not where time is spent. `scripts/coverage.sh` runs the tests so, and
/// `CoverageReport` in `DisassemblerTests` puts the files together and fails if a variant is missing without a reason.
///
/// **Example.** `0f 58 addss f3 register` is the line of `addss xmm0, xmm1`.
struct RowCoverage {
    /// One byte for each row, form and operand size; not zero if it was executed.
    private let seen: UnsafeMutablePointer<UInt8>

    /// Nil unless the environment asks for it. All processors of a process write to the same bytes: each only ever
    /// stores 1, so that it does not matter who comes first.
    nonisolated(unsafe) static let shared: RowCoverage? = {
        guard getenv("MARTLET_COVERAGE") != nil else { return nil }
        let seen = UnsafeMutablePointer<UInt8>.allocate(capacity: OpcodeTable.rows.count * 4)
        seen.initialize(repeating: 0, count: OpcodeTable.rows.count * 4)
        atexit { RowCoverage.shared?.write() }
        return RowCoverage(seen: seen)
    }()

    /// `seen` is never freed.
    private init(seen: UnsafeMutablePointer<UInt8>) { self.seen = seen }

    private static func index(_ row: Int, isMemory: Bool, is32Bit: Bool) -> Int {
        row * 4 + (isMemory ? 2 : 0) + (is32Bit ? 1 : 0)
    }

    /// `instruction` has retired. It may have been prepared for execution.
    func note(_ instruction: Instruction) {
        let place = Self.index(
            Int(instruction.row), isMemory: instruction.hasMemoryOperand, is32Bit: instruction.is32BitOperand)
        seen[place] = 1
    }

    private func write() {
        guard let directory = getenv("MARTLET_COVERAGE") else { return }
        let name = String(cString: directory) + "/\(getpid()).txt"
        guard let file = fopen(name, "w") else { return }
        defer { fclose(file) }
        for (number, row) in OpcodeTable.rows.enumerated() {
            for variant in row.variants {
                let sizes = variant.is32Bit.map { [$0] } ?? [false, true]
                let isSeen = sizes.contains {
                    seen[Self.index(number, isMemory: variant.isMemory ?? false, is32Bit: $0)] != 0
                }
                if isSeen { fputs(row.name(of: variant) + "\n", file) }
            }
        }
    }
}

extension OpcodeRow {
    /// One of the ways to execute a row.
    public struct Variant: Hashable, Sendable {
        /// The form of the ModRM byte; nil if there is none, or only one form.
        public let isMemory: Bool?
        /// The operand size; nil where it makes no difference.
        public let is32Bit: Bool?
    }

    /// The ways in which the row can be executed; none if all it does is #UD.
    public var variants: [Variant] {
        let forms: [Bool?] = flags.contains(.modRM) && !flags.contains(.ignoresMod) ? [false, true] : [nil]
        return forms.filter { form in
            let operation = form == true ? memory : register
            let isThere = fixedModRM == nil || form != true
            return isThere && operation != .invalid && operation != .x87Reserved
        }.flatMap { form in
            (flags.contains(.sized) ? [false, true] : [nil] as [Bool?]).map { Variant(isMemory: form, is32Bit: $0) }
        }
    }

    /// A name for a row and one of its variants that does not depend on the order of rows.
    public func name(of variant: Variant) -> String {
        func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        var words = (map == 0 ? "" : "0f ") + hexadecimal(opcode)
        if let fixedModRM {
            words += " " + hexadecimal(fixedModRM)
        } else if let opcodeExtension {
            words += " /\(opcodeExtension)"
        }
        words += " " + mnemonic
        if let prefix, let byte = prefix.byte { words += " " + hexadecimal(byte) }
        if let isMemory = variant.isMemory { words += isMemory ? " memory" : " register" }
        if let is32Bit = variant.is32Bit { words += is32Bit ? " 32" : " 16" }
        return words
    }
}
