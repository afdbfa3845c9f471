/// When a driver that died is started again.
///
/// The first time at once, since most deaths are accidents. One that dies again soon after waits longer every time, so
/// that it does not keep the machine busy; and one that never comes to live is given up, in words, unless the machine
/// would be of no use without it. A driver that has lived for a while begins anew.
public struct RestartPolicy: Sendable {
    /// What to do about a death.
    public enum Decision: Equatable, Sendable {
        /// Start it again in so many milliseconds.
        case restart(after: UInt32)
        case giveUp
    }

    /// A driver that lived that long is taken for healthy, in milliseconds.
    public static var healthyAge: UInt32 { 10_000 }
    /// The most deaths in a row.
    public static var mostDeaths: UInt32 { 6 }

    /// Deaths in a row, each soon after its start.
    public private(set) var deaths: UInt32 = 0
    private var started: UInt32 = 0
    /// Whether the seventh death in a row is the last.
    private let givesUp: Bool

    /// - Parameter givesUp: False for what the machine cannot do without: it is started again as long as it dies, with
    ///   the longest delay between.
    public init(givesUp: Bool = true) { self.givesUp = givesUp }

    /// Notes a start, at a time in milliseconds (which may wrap).
    public mutating func noteStart(at time: UInt32) { started = time }

    /// Notes a death, and decides.
    public mutating func noteDeath(at time: UInt32) -> Decision {
        if time &- started >= Self.healthyAge { deaths = 0 }
        if deaths == Self.mostDeaths {
            if givesUp { return .giveUp }
        } else {
            deaths += 1
        }
        return .restart(after: deaths == 1 ? 0 : 50 << deaths)
    }
}
