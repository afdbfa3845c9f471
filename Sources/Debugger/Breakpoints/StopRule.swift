import Machine
import Processor

/// When a breakpoint, catchpoint or watchpoint stops, once its place or event has come.
public struct StopRule: Sendable, Equatable {
    public var isEnabled = true
    /// Stop only if this is true; nil: always.
    public var condition: Condition?
    /// Stop only at those times of which this is true. `$count` is how often the condition has held, this time
    /// included.
    public var countCondition: Condition?
    /// How many more times to go on although all else holds.
    public var ignoreCount = 0
    /// What to say instead of stopping (``Debugger/didLog``).
    public var message: LogMessage?
    /// Gone after the first stop.
    public var isTemporary = false
    /// What the command language executes at a stop.
    public var commands: [String] = []
    /// How often execution has stopped here.
    public internal(set) var hits = 0
    /// How often the place or event has come, whether or not execution stopped. Like ``hits`` it counts what the
    /// debugger has seen, and does not go back with the machine.
    public internal(set) var arrivals = 0
    /// At how many of them the condition held.
    public internal(set) var passes = 0
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
    /// `$arrivals`, `$count` (``StopRule/countCondition``), the kernel's current thread and its process, and what an
    /// event says.
    static let names: Set<String> = [
        "arrivals", "count", "thread", "process", "vector", "errorcode", "address", "port", "size", "value", "msr",
        "old",
        "new",
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
        case (.modelSpecificRead(_, let value), "value"), (.modelSpecificWrite(_, let value), "value"),
            (.timeStampRead(let value), "value"):
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
    func holds(_ rule: StopRule, _ event: ProcessorEvent? = nil) -> Bool { holds(rule.condition, rule, event) }

    private func holds(_ condition: StopRule.Condition?, _ rule: StopRule, _ event: ProcessorEvent?) -> Bool {
        guard let condition else { return true }
        return (try? condition.expression.evaluate(in: environment(of: rule, event))) != 0
    }

    /// Whether a move backwards ends here; it counts nothing, and says nothing.
    func stopsBackwards(_ rule: StopRule, _ event: ProcessorEvent? = nil) -> Bool {
        rule.message == nil && holds(rule, event)
    }

    private func environment(of rule: StopRule, _ event: ProcessorEvent?) -> Expression.Environment {
        environment { name in
            switch name {
            case "arrivals": UInt32(clamping: rule.arrivals)
            case "count": UInt32(clamping: rule.passes)
            default: StopVariable.value(name, of: event)
            }
        }
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
        rule.passes += 1
        guard holds(rule.countCondition, rule, event) else { return false }
        if rule.ignoreCount > 0 {
            rule.ignoreCount -= 1
            return false
        }
        rule.stopped()
        guard let message = rule.message else { return true }
        didLog?(message.text(in: environment(of: rule, event)))
        return false
    }
}
