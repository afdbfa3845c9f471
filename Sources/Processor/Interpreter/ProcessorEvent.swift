/// Something that the processor does which somebody outside the guest may want to hear of, besides executing
/// instructions and accessing memory: to stop there, or to write it down.
///
/// **Constraint.** A guest that nobody observes must not pay for it, and none may be missed.
///
/// **Choice.** All of them happen on paths that are slow by nature: a delivery, a port, a control register. Each asks
/// one word of the context whether somebody listens (``Processor/eventListener``), and if so hands over a value. If the
/// listener says so, the run ends behind the step, as an access to watched memory makes it do (``MemoryWatch``).
///
/// **Example.** The debugger wants writes to port 0x3F8. `out dx, al` writes the port, the listener says yes, and the
/// run ends before the next instruction, with the event and its step count in ``Processor/takeEvents()``.
public enum ProcessorEvent: Sendable, Equatable {
    /// An exception has been delivered; `address` is CR2 of a page fault.
    case exception(vector: UInt8, errorCode: UInt16?, address: UInt32?)
    /// A device's interrupt, or an NMI, has been delivered.
    case interrupt(vector: UInt8)
    /// `int n`, `int3`, `into` or `int1` has entered a handler.
    case softwareInterrupt(vector: UInt8)
    /// `in` and its string form. `size`: 1, 2 or 4 bytes.
    case portRead(port: UInt16, size: Int, value: UInt32)
    /// `out` and its string form.
    case portWrite(port: UInt16, size: Int, value: UInt32)
    case timeStampRead(value: UInt64)
    case modelSpecificRead(register: UInt32, value: UInt64)
    case modelSpecificWrite(register: UInt32, value: UInt64)
    /// CR0, CR3 or CR4 has been loaded, be it with the same value.
    case controlRegister(number: Int, old: UInt32, new: UInt32)
    /// Virtual-8086 mode has been entered or left.
    case virtual8086(isEntered: Bool)
    /// The task register, before and behind.
    case taskSwitch(from: UInt16, to: UInt16)

    /// An event, and when, where and how it happened.
    public struct Occurrence: Sendable, Equatable {
        public let event: ProcessorEvent
        /// The step count before the step that it is part of.
        public let step: UInt64
        /// The linear address of the instruction that did it; of an interrupt, of the one that would have come next.
        public let instruction: UInt32
        /// The privilege level of that instruction.
        public let privilege: UInt8
        /// An interrupt or exception that did not get to its handler: another exception follows in the same step.
        public let hasFailed: Bool
    }
}

extension Processor {
    /// Hears of every event, from within ``run(until:)``; true ends the run behind the step. It must change nothing.
    public typealias EventListener = (ProcessorEvent.Occurrence) -> Bool

    /// What the listener wanted to end the run since the last call, in order.
    public func takeEvents() -> [ProcessorEvent.Occurrence] {
        defer {
            caughtEvents = []
            if watchedAccesses.isEmpty { context.pointee.watchedStep = .max }
        }
        return caughtEvents
    }

    /// Whether a step with a wanted event is complete.
    public var hasEvents: Bool { caughtEvents.contains { $0.step < steps } }

    /// The linear address of the instruction that is running, when a device or an observer asks; otherwise that of the
    /// next.
    public var runningInstruction: UInt32 { Core(context).runningInstruction }
}

/// What an event's occurrence says of its origin, taken before the event changes it.
struct EventOrigin {
    let step: UInt64
    let instruction: UInt32
    let privilege: UInt8
}

extension Core {
    /// Hands an event of the running instruction to who listens.
    @inline(__always)
    func note(_ event: @autoclosure () -> ProcessorEvent) {
        if context.pointee.hasEventListener { handOver(event(), eventOrigin) }
    }

    /// Delivers, and hands `event` to who listens, with the place that is left by it.
    @inline(__always)
    func noting(_ event: @autoclosure () -> ProcessorEvent, _ delivery: () throws(Fault) -> Void) throws(Fault) {
        guard _slowPath(context.pointee.hasEventListener) else { return try delivery() }
        let (event, origin) = (event(), eventOrigin)
        do throws(Fault) {
            try delivery()
        } catch {
            handOver(event, origin, hasFailed: true)
            throw error
        }
        handOver(event, origin)
    }

    private var eventOrigin: EventOrigin {
        EventOrigin(step: synchronizedSteps, instruction: runningInstruction, privilege: state.pointee.cpl)
    }

    @inline(never)
    private func handOver(_ event: ProcessorEvent, _ origin: EventOrigin, hasFailed: Bool = false) {
        let occurrence = ProcessorEvent.Occurrence(
            event: event, step: origin.step, instruction: origin.instruction, privilege: origin.privilege,
            hasFailed: hasFailed)
        context.pointee.processor._withUnsafeGuaranteedRef { processor in
            guard processor.eventListener?(occurrence) == true else { return }
            processor.caughtEvents.append(occurrence)
            context.pointee.watchedStep = min(context.pointee.watchedStep, origin.step)
            requestAttention()
        }
    }

    var runningInstruction: UInt32 {
        // An instruction of the system has brought EIP up to itself (``synchronize(_:)``), and so has the first of a
        // block.
        let isExact =
            context.pointee.activity != .instruction || context.pointee.counted == context.pointee.current - 1
        return state.pointee.segments[1].base &+ (isExact ? state.pointee.eip : offset(context.pointee.current))
    }
}
