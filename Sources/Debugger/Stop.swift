import Machine
import Processor

/// Where a move ended, and why.
public struct Stop: Sendable, Equatable {
    public enum Reason: Sendable, Equatable {
        /// The move is complete.
        case arrived
        /// The next instruction has this breakpoint (``Breakpoint/number``), or an event of this catchpoint
        /// (``Catchpoint/number``) has happened, which ``Stop/caught`` tells; if the move went backwards, it is going
        /// to.
        case breakpoint(Int)
        /// The instruction before accessed the memory of this watchpoint (``Watchpoint/number``); if the move went
        /// backwards, the next one is going to. ``Stop/accesses`` has more.
        case watchpoint(Int)
        /// There is nothing before: the recording begins here.
        case beginningOfRecording
        /// A recording from a file has been played to its end.
        case endOfRecording
        /// Somebody asked for it (``InputQueue/requestStop()``) before the move was complete.
        case interrupted
        /// The guest executed `hlt` with interrupts disabled.
        case halted
        /// The guest wrote to the exit port.
        case exited(code: Int32)
        /// The processor has shut down.
        case tripleFault(TripleFaultReport)
    }

    /// What the processor delivered instead of executing the next instruction.
    public enum Event: Sendable, Equatable {
        /// An exception of the instruction. The error code is nil where there is none, the address that of a page
        /// fault.
        case exception(vector: UInt8, errorCode: UInt16?, address: UInt32?)
        /// An interrupt from a device, an NMI, or a software interrupt.
        case interrupt(vector: UInt8)
    }

    public let reason: Reason
    /// ``Machine/steps``.
    public let steps: UInt64
    public let location: Debugger.Location
    /// What the last step delivered, if the move ended right behind that.
    public var event: Event?
    /// The accesses to watched memory that ended the move.
    public var accesses: [Watchpoint.Access] = []
    /// What catchpoints have caught, if one ended the move (its number is that of the breakpoint in ``reason``).
    public var caught: [ProcessorEvent] = []
    /// ``caught`` is what the next step is going to do: the move went backwards.
    public var isBefore = false
}
