import Machine
import Processor

/// When a breakpoint, catchpoint or watchpoint stops, once its place or event has come.
public struct StopRule: Sendable, Equatable {
    public var isEnabled = true
    /// Stop only if this is true; nil: always.
    public var condition: Condition?
    /// How many more times to go on although all else holds.
    public var ignoreCount = 0
    /// Gone after the first stop.
    public var isTemporary = false
    /// What the command language executes at a stop.
    public var commands: [String] = []
    /// How often execution has stopped here.
    public internal(set) var hits = 0
    /// How often the place or event has come, whether or not execution stopped. Like ``hits`` it counts what the
    /// debugger has seen, and does not go back with the machine.
    public internal(set) var arrivals = 0
    /// A temporary one that has stopped: it is removed when the machine moves on.
    var isSpent = false

    public init() {}

    /// An expression that is true unless it is 0, and its text.
    public struct Condition: Sendable, Equatable, CustomStringConvertible {
        public let description: String
        let expression: Expression
    }

    mutating func stopped() {
        hits += 1
        if isTemporary {
            isSpent = true
            isEnabled = false
        }
    }
}

/// What expressions in conditions may ask besides registers, by name.
enum StopVariable {
    /// `$arrivals`, and what an event says.
    static let names: Set<String> = [
        "arrivals", "vector", "errorcode", "address", "port", "size", "value", "msr", "old", "new",
    ]

    static func value(_ name: String, of event: ProcessorEvent?) -> UInt32? {
        switch (event, name) {
        case (.exception(let vector, _, _), "vector"), (.interrupt(let vector), "vector"),
            (.softwareInterrupt(let vector), "vector"):
            UInt32(vector)
        case (.exception(_, let code, _), "errorcode"): code.map { UInt32($0) }
        case (.exception(_, _, let address), "address"): address
        case (.portRead(let port, _, _), "port"), (.portWrite(let port, _, _), "port"): UInt32(port)
        case (.portRead(_, let size, _), "size"), (.portWrite(_, let size, _), "size"): UInt32(size)
        case (.portRead(_, _, let value), "value"), (.portWrite(_, _, let value), "value"): value
        case (.modelSpecificRead(let register, _), "msr"), (.modelSpecificWrite(let register, _), "msr"): register
        case (.modelSpecificRead(_, let value), "value"), (.modelSpecificWrite(_, let value), "value"):
            UInt32(truncatingIfNeeded: value)
        case (.controlRegister(_, let old, _), "old"): old
        case (.controlRegister(_, _, let new), "new"), (.controlRegister(_, _, let new), "value"): new
        case (.taskSwitch(let old, _), "old"): UInt32(old)
        case (.taskSwitch(_, let new), "new"): UInt32(new)
        default: nil
        }
    }
}

extension Debugger {
    /// An expression for conditions: symbols are looked up now, the rest whenever it is evaluated.
    public func condition(_ text: String) throws(AddressExpression.InvalidExpression) -> StopRule.Condition {
        StopRule.Condition(description: text, expression: try expression(text))
    }

    /// Whether a condition holds now. One that cannot be evaluated does: better a stop too many.
    func holds(_ rule: StopRule, _ event: ProcessorEvent? = nil) -> Bool {
        guard let condition = rule.condition else { return true }
        let value = try? condition.expression.evaluate(
            in: environment { name in
                name == "arrivals" ? UInt32(clamping: rule.arrivals) : StopVariable.value(name, of: event)
            })
        return value != 0
    }

    /// The rule of a breakpoint, catchpoint or watchpoint; nil if there is none of this number.
    public func rule(_ number: Int) -> StopRule? {
        breakpoints.first { $0.number == number }?.rule ?? catchpoints.first { $0.number == number }?.rule
            ?? watchpoints.first { $0.number == number }?.rule
    }

    /// Changes when a breakpoint, catchpoint or watchpoint stops. False if there is none of this number.
    @discardableResult
    public func changeRule(_ number: Int, _ change: (inout StopRule) -> Void) -> Bool {
        if let index = breakpoints.firstIndex(where: { $0.number == number }) {
            change(&breakpoints[index].rule)
        } else if let index = catchpoints.firstIndex(where: { $0.number == number }) {
            change(&catchpoints[index].rule)
        } else if let index = watchpoints.firstIndex(where: { $0.number == number }) {
            change(&watchpoints[index].rule)
        } else {
            return false
        }
        return true
    }

    /// Switches a breakpoint, catchpoint or watchpoint on or off. False if there is none of this number.
    @discardableResult
    public func enableBreakpoint(_ number: Int, _ isEnabled: Bool) -> Bool {
        changeRule(number) { $0.isEnabled = isEnabled }
    }

    /// Removes a breakpoint, catchpoint or watchpoint. False if there is none of this number.
    @discardableResult
    public func deleteBreakpoint(_ number: Int) -> Bool {
        guard rule(number) != nil else { return false }
        breakpoints.removeAll { $0.number == number }
        catchpoints.removeAll { $0.number == number }
        watchpoints.removeAll { $0.number == number }
        return true
    }

    /// Removes all breakpoints, catchpoints and watchpoints.
    public func deleteAllBreakpoints() {
        breakpoints.removeAll()
        catchpoints.removeAll()
        watchpoints.removeAll()
    }

    /// Removes temporary ones that have stopped.
    func removeSpent() {
        breakpoints.removeAll(where: \.rule.isSpent)
        catchpoints.removeAll(where: \.rule.isSpent)
        watchpoints.removeAll(where: \.rule.isSpent)
    }

    /// Counts an arrival at something whose condition holds or not; true if that is a stop.
    func arrive(_ rule: inout StopRule, _ event: ProcessorEvent? = nil) -> Bool {
        rule.arrivals += 1
        guard holds(rule, event) else { return false }
        if rule.ignoreCount > 0 {
            rule.ignoreCount -= 1
            return false
        }
        rule.stopped()
        return true
    }
}
