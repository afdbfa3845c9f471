import Processor

/// A whole PC.
public final class Machine {
    public init() {}
}
