/// Virtual time: a count of steps, and how long a step takes.
///
/// **Constraint.** Nothing in the machine may depend on how fast the host is, or two runs would differ.
///
/// **Choice.** The processor's step count is the only clock. Everything else (PIT, RTC, baud rates, disk latencies) is
/// nanoseconds derived from it, and events are kept in nanoseconds, so that a change of the rate moves them all
/// together.
///
/// **Example.** At 10 ns per step the PIT's tick (838 ns) comes every 83.8 steps. The tick number is computed as
/// `nanoseconds * 1193182 / 10^9` with a 128-bit product: no rounding error ever accumulates.
struct VirtualClock: Codable, Sendable, Equatable {
    private(set) var nanosecondsPerStep: UInt64
    /// Where the present rate began.
    private var baseStep: UInt64 = 0
    private var baseNanoseconds: UInt64 = 0

    init(nanosecondsPerStep: UInt32) {
        self.nanosecondsPerStep = Self.clamp(nanosecondsPerStep)
    }

    private static func clamp(_ rate: UInt32) -> UInt64 {
        UInt64(min(max(rate, 1), 1_000_000))
    }

    /// Virtual nanoseconds since power-on at `step`.
    @inline(__always)
    func nanoseconds(at step: UInt64) -> UInt64 {
        baseNanoseconds &+ (step &- baseStep) &* nanosecondsPerStep
    }

    /// The first step at which ``nanoseconds(at:)`` is at least `nanoseconds`.
    func step(at nanoseconds: UInt64) -> UInt64 {
        guard nanoseconds > baseNanoseconds else { return baseStep }
        let (quotient, remainder) = (nanoseconds - baseNanoseconds).quotientAndRemainder(dividingBy: nanosecondsPerStep)
        let (step, overflow) = baseStep.addingReportingOverflow(quotient &+ (remainder > 0 ? 1 : 0))
        return overflow ? .max : step
    }

    /// From `step` on, a step takes `rate` nanoseconds.
    mutating func setRate(nanosecondsPerStep rate: UInt32, at step: UInt64) {
        baseNanoseconds = nanoseconds(at: step)
        baseStep = step
        nanosecondsPerStep = Self.clamp(rate)
    }

    /// Throws unless the rate is allowed and the time at `step` is one that a machine can have reached: so far from the
    /// end of 64 bits that no event's time wraps around.
    func validate(at step: UInt64) throws(SnapshotError) {
        let age: UInt64 = 1 << 61
        guard (1...1_000_000).contains(nanosecondsPerStep), baseNanoseconds < age, step >= baseStep,
            step - baseStep < age / nanosecondsPerStep
        else { throw SnapshotError("the clock is out of range") }
    }
}

/// A frequency in hertz, to turn nanoseconds into ticks and back without error.
struct Frequency {
    private let hertz: UInt64
    private static let second: UInt64 = 1_000_000_000

    /// `hertz`: 1 to 10^9.
    init(_ hertz: UInt64) {
        self.hertz = min(max(hertz, 1), Self.second)
    }

    /// Whole ticks in `nanoseconds`.
    func ticks(in nanoseconds: UInt64) -> UInt64 {
        // The product's high half is below `second` because `hertz` is at most `second`: the division cannot trap.
        let product = nanoseconds.multipliedFullWidth(by: hertz)
        return Self.second.dividingFullWidth(product).quotient
    }

    /// The first nanosecond at which `ticks` ticks have passed; saturates.
    func nanoseconds(afterTicks ticks: UInt64) -> UInt64 {
        let product = ticks.multipliedFullWidth(by: Self.second)
        guard product.high < hertz else { return .max }
        let (quotient, remainder) = hertz.dividingFullWidth(product)
        return remainder == 0 || quotient == .max ? quotient : quotient + 1
    }
}
