import Machine
import Processor

/// Something that looks on while the machine runs: a trace, a measurement of coverage.
///
/// It is attached only while somebody moves the machine forwards: what a debugger executes again in silence, on its way
/// to a place in the past, is nobody's business.
public protocol Instrument: AnyObject {
    /// Begins to look on.
    func attach()
    /// Stops, and leaves the machine without a trace of it.
    func detach()
}

extension Processor {
    /// Has `look` called between any two steps, besides an observer that is there already. Returns what is to be called
    /// in the end.
    ///
    /// - Parameter code: only before and behind steps at these linear addresses; empty: all.
    public func addObserver(code: [ClosedRange<UInt32>] = [], _ look: @escaping () -> Void) -> () -> Void {
        let (previous, previousCode) = (observer, observedCode)
        // Who wants to see everything gets it.
        let isEverything = code.isEmpty || previous != nil && previousCode.isEmpty
        observedCode = isEverything ? [] : code + previousCode
        observer = {
            look()
            return previous?() ?? false
        }
        return { [unowned self] in
            observer = previous
            observedCode = previousCode
        }
    }
}
