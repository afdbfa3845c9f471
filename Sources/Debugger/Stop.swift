import Machine

/// Where a move ended, and why.
public struct Stop: Sendable, Equatable {
    public enum Reason: Sendable, Equatable {
        /// The move is complete.
        case arrived
        /// The next instruction has this breakpoint (``Breakpoint/number``).
        case breakpoint(Int)
        /// Somebody asked for it (``InputQueue/requestStop()``) before the move was complete.
        case interrupted
        /// The guest executed `hlt` with interrupts disabled.
        case halted
        /// The guest wrote to the exit port.
        case exited(code: Int32)
        /// The processor has shut down.
        case tripleFault(TripleFaultReport)
    }

    public let reason: Reason
    /// ``Machine/steps``.
    public let steps: UInt64
    public let location: Debugger.Location
}
