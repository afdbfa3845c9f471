import User

/// Recurses without end: the stack grows page by page as it is touched, until it may not grow any more, and the process
/// manager has to clean up.
@main
struct CrashStack {
    static func main() {
        print("crash-stack: about to recurse without end")
        print("crash-stack: still here, at depth \(descend(0))")
    }

    /// What is done with the result of the call keeps the compiler from making a loop of it.
    @inline(never)
    private static func descend(_ depth: UInt32) -> UInt32 {
        guard depth < UInt32.max else { return 0 }
        return descend(depth + 1) / 3 ^ depth
    }
}
