import Processor

/// Registers of FPU and SSE as numbers.
public enum NumberText {
    /// The number in an x87 register, rounded to a `Double`, in words where it is none.
    public static func extended(significand: UInt64, signExponent: UInt16) -> String {
        let sign = signExponent >> 15 != 0 ? "-" : ""
        let exponent = Int(signExponent & 0x7FFF)
        if exponent == 0x7FFF {
            if significand == 1 << 63 { return sign + "infinity" }
            guard significand >> 63 != 0 else { return "(unsupported)" }
            return significand & 1 << 62 != 0 ? sign + "NaN" : sign + "signalling NaN"
        }
        if significand == 0 { return exponent == 0 ? sign + "0.0" : "(unsupported)" }
        if exponent != 0, significand >> 63 == 0 { return "(unsupported)" }
        let power = max(exponent, 1) - 16383 - 63
        let value = Double(sign: .plus, exponent: power, significand: Double(significand))
        if value.isFinite, value >= Double.leastNormalMagnitude { return sign + "\(value)" }
        // Beyond what a Double can hold.
        return "\(sign)\(Double(significand) / 0x1p63) * 2^\(power + 63)"
    }

    /// The two double-precision and the four single-precision numbers in an SSE register, lowest first.
    public static func vector(low: UInt64, high: UInt64) -> (doubles: [Double], singles: [Float]) {
        let quadwords = [low, high]
        return (
            quadwords.map { Double(bitPattern: $0) },
            quadwords.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)] }
                .map { Float(bitPattern: $0) }
        )
    }
}
