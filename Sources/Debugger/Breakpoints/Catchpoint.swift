import Machine
import Processor

/// An event at which execution is to stop: behind the step that it is part of, which for an interrupt is before the
/// handler's first instruction; going backwards, before that step.
public struct Catchpoint: Sendable, Equatable {
    /// Breakpoints, catchpoints and watchpoints are numbered together.
    public let number: Int
    public let pattern: Pattern
    public var rule = StopRule()

    /// Which events are meant; ranges are inclusive, nil means all.
    public enum Pattern: Sendable, Equatable {
        case exception(UInt8?)
        /// Any exception that is not part of ordinary life (``Stop/Event/isError``).
        case error
        /// Of a device or by an instruction.
        case interrupt(UInt8?)
        case port(ClosedRange<UInt16>?, reads: Bool, writes: Bool)
        case modelSpecific(UInt32?, reads: Bool, writes: Bool)
        /// 0, 3 or 4.
        case controlRegister(Int)
        /// Protected mode, paging or virtual-8086 mode begins or ends.
        case mode
        case taskSwitch
        /// `rdtsc`.
        case timeStamp

        public func matches(_ event: ProcessorEvent) -> Bool {
            switch (self, event) {
            case (.exception(let wanted), .exception(let vector, _, _)): wanted ?? vector == vector
            case (.error, .exception(let vector, let code, let address)):
                Stop.Event.exception(vector: vector, errorCode: code, address: address).isError
            case (.interrupt(let wanted), .interrupt(let vector)),
                (.interrupt(let wanted), .softwareInterrupt(let vector)):
                wanted ?? vector == vector
            case (.port(let range, let reads, _), .portRead(let port, let size, _)):
                reads && Self.overlaps(range, port, size)
            case (.port(let range, _, let writes), .portWrite(let port, let size, _)):
                writes && Self.overlaps(range, port, size)
            case (.modelSpecific(let wanted, let reads, _), .modelSpecificRead(let register, _)):
                reads && wanted ?? register == register
            case (.modelSpecific(let wanted, _, let writes), .modelSpecificWrite(let register, _)):
                writes && wanted ?? register == register
            case (.controlRegister(let wanted), .controlRegister(let number, _, _)): wanted == number
            case (.mode, .controlRegister(0, let old, let new)):
                (old ^ new) & (ControlRegister.protection | ControlRegister.paging) != 0
            case (.mode, .virtual8086), (.taskSwitch, .taskSwitch), (.timeStamp, .timeStampRead): true
            default: false
            }
        }

        private static func overlaps(_ range: ClosedRange<UInt16>?, _ port: UInt16, _ size: Int) -> Bool {
            guard let range else { return true }
            return Int(port) <= Int(range.upperBound) && Int(port) + size > Int(range.lowerBound)
        }
    }
}

extension Debugger {
    /// Catches events.
    @discardableResult
    public func setCatchpoint(_ pattern: Catchpoint.Pattern) -> Catchpoint {
        let catchpoint = Catchpoint(number: nextBreakpointNumber, pattern: pattern)
        nextBreakpointNumber += 1
        catchpoints.append(catchpoint)
        return catchpoint
    }

    /// Who hears of events while catchpoints are armed; nil if there are none.
    var eventListener: Processor.EventListener? {
        let patterns = catchpoints.filter(\.rule.isEnabled).map(\.pattern)
        guard !patterns.isEmpty else { return nil }
        return { occurrence in !occurrence.hasFailed && patterns.contains { $0.matches(occurrence.event) } }
    }

    /// The stop behind a step with events of catchpoints; counts the hits. Nil if no catchpoint stops.
    func stopAtCatchpoint() -> Stop? {
        let events = machine.processor.takeEvents().map(\.event)
        guard let number = hitCatchpoint(events) else { return nil }
        return stop(.breakpoint(number), caught: events)
    }

    /// Counts hits; the first of several catchpoints that stop gives its number.
    private func hitCatchpoint(_ events: [ProcessorEvent]) -> Int? {
        var number: Int?
        for index in catchpoints.indices where catchpoints[index].rule.isEnabled {
            for event in events where catchpoints[index].pattern.matches(event) {
                if arrive(&catchpoints[index].rule, event) { number = number ?? catchpoints[index].number }
            }
        }
        return number
    }

    /// The numbers of the catchpoints that one of the events is for and whose conditions hold now.
    func catchpoints(_ events: [ProcessorEvent]) -> Set<Int> {
        Set(
            catchpoints.filter { catchpoint in
                catchpoint.rule.isEnabled
                    && events.contains { catchpoint.pattern.matches($0) && stopsBackwards(catchpoint.rule, $0) }
            }.map(\.number))
    }
}
