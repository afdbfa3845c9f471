/// Something that a debugger may want to catch, besides instructions and memory.
///
/// **Constraint.** A guest that nobody debugs must not pay for it, and none may be missed.
///
/// **Choice.** All of them happen on paths that are slow by nature: a delivery, a port, a control register. Each asks
/// one word of the context whether somebody listens (``Processor/catchesEvents``), and if so hands over a value. What
/// is wanted makes the run end behind the step, as an access to watched memory does (``MemoryWatch``).
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
    case modelSpecificRead(register: UInt32, value: UInt64)
    case modelSpecificWrite(register: UInt32, value: UInt64)
    /// CR0, CR3 or CR4 has been loaded, be it with the same value.
    case controlRegister(number: Int, old: UInt32, new: UInt32)
    /// Virtual-8086 mode has been entered or left.
    case virtual8086(isEntered: Bool)
    /// The task register, before and behind.
    case taskSwitch(from: UInt16, to: UInt16)
}

extension Processor {
    /// Decides which events end a run; asked for every event, from within ``run(until:)``. It may look at nothing but
    /// the event.
    public typealias EventFilter = (ProcessorEvent) -> Bool

    /// An event that the filter wanted, and the step count before the step that it was part of.
    public struct CaughtEvent: Sendable, Equatable {
        public let event: ProcessorEvent
        public let step: UInt64
    }

    /// What has been caught since the last call, in order.
    public func takeEvents() -> [CaughtEvent] {
        defer {
            caughtEvents = []
            if watchedAccesses.isEmpty { context.pointee.watchedStep = .max }
        }
        return caughtEvents
    }

    /// Whether a step with a wanted event is complete.
    public var hasEvents: Bool { caughtEvents.contains { $0.step < steps } }
}

extension Core {
    /// Hands an event to who listens.
    @inline(__always)
    func note(_ event: @autoclosure () -> ProcessorEvent) {
        if context.pointee.catchesEvents { noteCaught(event()) }
    }

    @inline(never)
    private func noteCaught(_ event: ProcessorEvent) {
        let step = synchronizedSteps
        context.pointee.processor._withUnsafeGuaranteedRef { processor in
            guard processor.eventFilter?(event) == true else { return }
            processor.caughtEvents.append(Processor.CaughtEvent(event: event, step: step))
            context.pointee.watchedStep = min(context.pointee.watchedStep, step)
            requestAttention()
        }
    }
}
