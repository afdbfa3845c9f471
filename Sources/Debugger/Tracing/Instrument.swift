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
    public func addObserver(_ look: @escaping () -> Void) -> () -> Void {
        let previous = observer
        observer = {
            look()
            return previous?() ?? false
        }
        return { [unowned self] in observer = previous }
    }
}
