import Machine
import Processor

/// The registers of the FPU and of SSE, in words.
extension Debugger {
    /// A register, or a part of the state, and what it says.
    public struct Field: Sendable, Equatable {
        public let name: String
        public let text: String
    }

    /// `st0`...`st7`, then `control`, `status` and `tags` of the FPU.
    public var x87Fields: [Field] {
        let state = machine.processor.state.pointee.x87
        var fields = (0..<8).map { index in
            let (significand, exponent, isEmpty) = state.register(index)
            let number = isEmpty ? "empty" : NumberText.extended(significand: significand, signExponent: exponent)
            return Field(name: "st\(index)", text: "\(exponent.digits) \(significand.digits)  \(number)")
        }
        func names(_ value: UInt16, _ more: [(UInt16, String)] = []) -> String {
            let set = (Self.x87Exceptions + more).filter { value & $0.0 != 0 }.map(\.1)
            return set.isEmpty ? "none" : set.joined(separator: ", ")
        }
        let precision = ["24 bits", "reserved", "53 bits", "64 bits"][Int(state.control >> 8 & 3)]
        fields.append(
            Field(
                name: "control",
                text: "\(state.control.digits)  masked: \(names(state.control)); precision \(precision), "
                    + "rounding \(Self.roundings[Int(state.control >> 10 & 3)])"))
        let flags: [(UInt16, String)] = [
            (X87Status.stackFault, "stack fault"), (X87Status.errorSummary, "error"), (X87Status.c0, "C0"),
            (X87Status.c1, "C1"), (X87Status.c2, "C2"), (X87Status.c3, "C3"),
        ]
        fields.append(
            Field(
                name: "status",
                text: "\(state.statusWord.digits)  top \(state.top); flags: \(names(state.statusWord, flags))"))
        fields.append(Field(name: "tags", text: state.tagWord.digits))
        return fields
    }

    /// `xmm0`...`xmm7`, then `mxcsr`.
    public var sseFields: [Field] {
        let state = machine.processor.state
        var fields = (0..<8).map { index in
            let value = state.pointee.xmm[index]
            var text = "\(value.high.digits)_\(value.low.digits)"
            if value.low != 0 || value.high != 0 {
                let numbers = NumberText.vector(low: value.low, high: value.high)
                text += "  doubles \(numbers.doubles.map { "\($0)" }.joined(separator: ", "));  singles "
                text += numbers.singles.map { "\($0)" }.joined(separator: ", ")
            }
            return Field(name: "xmm\(index)", text: text)
        }
        let mxcsr = state.pointee.mxcsr
        let flags: [(UInt32, String)] = [
            (MXCSR.invalidOperation, "invalid"), (MXCSR.denormalOperand, "denormal"), (MXCSR.zeroDivide, "zero-divide"),
            (MXCSR.overflow, "overflow"), (MXCSR.underflow, "underflow"), (MXCSR.precision, "inexact"),
            (MXCSR.denormalsAreZeros, "denormals are zeros"), (MXCSR.flushToZero, "flush to zero"),
        ]
        let set = flags.filter { mxcsr & $0.0 != 0 }.map(\.1).joined(separator: ", ")
        fields.append(
            Field(
                name: "mxcsr",
                text: "\(mxcsr.digits)  flags: \(set.isEmpty ? "none" : set); "
                    + "rounding \(Self.roundings[Int(mxcsr >> 13 & 3)])"))
        return fields
    }

    private static let x87Exceptions: [(UInt16, String)] = [
        (X87Status.invalidOperation, "invalid"), (X87Status.denormalOperand, "denormal"),
        (X87Status.zeroDivide, "zero-divide"), (X87Status.overflow, "overflow"), (X87Status.underflow, "underflow"),
        (X87Status.precision, "inexact"),
    ]
    private static let roundings = ["to nearest", "down", "up", "towards zero"]
}

extension X87State {
    /// The register that is `st(index)` now.
    func register(_ index: Int) -> (significand: UInt64, signExponent: UInt16, isEmpty: Bool) {
        let physical = (Int(top) + index) & 7
        return (significands[physical], signExponents[physical], emptyRegisters >> UInt8(physical) & 1 != 0)
    }
}
