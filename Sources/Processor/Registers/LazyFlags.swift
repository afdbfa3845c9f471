/// The six arithmetic flags, kept as the operands and the result of the last operation that set them.
public struct LazyFlags: Sendable {
    public init() {}
}
