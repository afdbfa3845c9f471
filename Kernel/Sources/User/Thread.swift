import CUser

/// A thread of this program, beside the first.
///
///     let worker = try Thread.start { compute() }
///     ...
///     worker.join()
///
/// Threads share everything: memory, capabilities, the heap. The library's own state is locked, a program's is its own
/// business (`Lock`). Each has a stack of its own, with an unmapped page below it that ends an overflow.
public struct Thread {
    /// A capability to the thread, with all rights.
    public let slot: UInt32
    /// Where its end is signalled.
    private let end: Notification
    /// The number of its stack, and its size.
    private let place: UInt32
    private let stackSize: UInt32

    /// Lets a function run beside the rest of the program. The thread ends when the function does.
    ///
    /// - Parameters: - stackSize: In bytes, a multiple of the page size, at most 1 MiB less a page. It counts in the
    ///   process's memory. - body: What to do. A function that is no closure, or captures nothing, takes no heap.
    /// - Throws: `.badSlot` if there are too many threads (some 40), `.badArgument` for the size, `.outOfMemory`,
    ///   `.quotaExceeded`.
    @discardableResult
    public static func start(
        stackSize: UInt32 = 4 * pageSize, _ body: @escaping () -> Void
    ) throws(KernelError) -> Thread {
        guard stackSize > 0, stackSize % pageSize == 0, stackSize < ProgramLayout.threadStackDistance else {
            throw .badArgument
        }
        let end = try Notification.create()
        do throws(KernelError) {
            return try start(stackSize, end, body)
        } catch {
            Slots.release(end.slot)
            throw error
        }
    }

    private static func start(
        _ stackSize: UInt32, _ end: Notification, _ body: @escaping () -> Void
    ) throws(KernelError) -> Thread {
        guard let slot = Slots.allocate() else { throw .badSlot }
        guard let place = Places.allocate() else {
            Slots.release(slot)
            throw .badSlot
        }
        let thread = Thread(slot: slot, end: end, place: place, stackSize: stackSize)
        do throws(KernelError) {
            try Process.current.map(thread.stack, length: stackSize, access: .write)
            try thread.run(body)
            return thread
        } catch {
            _ = try? Process.current.unmap(thread.stack, length: stackSize)
            Places.release(place)
            Slots.release(slot)
            throw error
        }
    }

    /// What a thread finds at the top of its stack.
    fileprivate struct Errand {
        let body: () -> Void
        let end: Notification
    }

    /// The lowest address of its stack.
    private var stack: UInt32 { Places.address(place) + pageSize }

    private func run(_ body: @escaping () -> Void) throws(KernelError) {
        let top = stack + stackSize
        let errand = (top - UInt32(MemoryLayout<Errand>.size)) & ~15
        // As the ABI has it when a function begins: its argument, below that the return address, which it does not use,
        // and the stack at a multiple of 16 before that.
        let argument = errand - 16
        // Valid: the stack has just been mapped, and nobody else knows of it.
        UnsafeMutablePointer<Errand>(bitPattern: UInt(errand))?.initialize(to: Errand(body: body, end: end))
        UnsafeMutablePointer<UInt32>(bitPattern: UInt(argument))?.pointee = errand
        let function: @convention(c) (UnsafeMutableRawPointer?) -> Void = runErrand
        // Valid: a C function's pointer is its address.
        let entry = UInt32(truncatingIfNeeded: UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
        try Process.current.start(at: entry, stack: argument - 4, argument: 0, using: slot, keepsThread: true)
    }

    /// Waits until the thread has ended, and gives back what it took. Once, by one thread.
    public func join() {
        var isAtEnd = false
        while !isAtEnd {
            do throws(KernelError) {
                _ = try end.wait()
                isAtEnd = true
            } catch {
                // Somebody may end this thread's wait; anything else means that it has been joined before.
                guard error == .cancelled else { return }
            }
        }
        // It has nothing to do any more but to end.
        _ = Call(.threadDestroy, ebx: slot)
        _ = try? Process.current.unmap(stack, length: stackSize)
        Places.release(place)
        Slots.release(slot)
        Slots.release(end.slot)
    }

    /// Ends its wait, whatever it waits for: that call fails with `.cancelled`.
    public func cancel() throws(KernelError) { try Self.cancel(slot) }

    /// Changes its priority, 0...31; at most the process's.
    public func setPriority(_ priority: UInt32) throws(KernelError) { try Self.setPriority(priority, of: slot) }

    // MARK: The calling thread, and threads by their slots

    /// Lets other threads run.
    public static func yield() { _ = Call(.yield) }

    /// Waits, rounded up to the clock's tick.
    public static func sleep(milliseconds: UInt32) { _ = Call(.sleep, ecx: milliseconds) }

    /// Ends the wait of the thread in a slot, whatever it waits for.
    public static func cancel(_ slot: UInt32) throws(KernelError) { try Call(.threadCancel, ebx: slot).result() }

    /// Changes the priority, 0...31, of the thread in a slot.
    public static func setPriority(_ priority: UInt32, of slot: UInt32) throws(KernelError) {
        try Call(.threadConfigure, ebx: slot, ecx: ThreadSetting.priority.rawValue, edx: priority).result()
    }

    /// Ends the thread; the process ends with its last one.
    public static func exit() -> Never {
        while true { _ = Call(.threadExit) }
    }
}

/// Where a thread of `Thread.start` begins.
@c(user_run_errand)
func runErrand(_ errand: UnsafeMutableRawPointer?) {
    // Valid: `Thread.run` has put it there, at the top of this stack.
    if let errand = errand?.assumingMemoryBound(to: Thread.Errand.self) {
        let end = errand.pointee.end
        errand.pointee.body()
        errand.deinitialize(count: 1)
        try? end.signal()
    }
    Thread.exit()
}

/// Where stacks lie.
private enum Places {
    private nonisolated(unsafe) static var used = SmallSet()

    static func address(_ place: UInt32) -> UInt32 {
        ProgramLayout.threadStacks + place * ProgramLayout.threadStackDistance
    }

    static func allocate() -> UInt32? { LibraryLock.withLock { used.insertFirst(below: 127) } }

    static func release(_ place: UInt32) { LibraryLock.withLock { used.remove(place) } }
}

/// A lock: of all threads that want it, one has it.
///
///     let lock = Lock()
///     lock.withLock { total += part }
///
/// Who does not get it sleeps and tries again, so it is for what is over soon. Not to be taken twice by one thread.
public final class Lock {
    private var word: UInt32 = 0

    public init() {}

    /// Does something while no other thread has the lock.
    public func withLock<Result>(_ body: () -> Result) -> Result {
        lock_take(&word)
        defer { lock_release(&word) }
        return body()
    }
}

/// The lock of the library's own variables.
enum LibraryLock {
    private nonisolated(unsafe) static var word: UInt32 = 0

    static func withLock<Result>(_ body: () -> Result) -> Result {
        lock_take(&word)
        defer { lock_release(&word) }
        return body()
    }
}

/// A set of numbers 0...127.
struct SmallSet {
    private var words: InlineArray<4, UInt32> = [0, 0, 0, 0]

    /// Adds the least number that is not in it; nil if all below `limit` are.
    mutating func insertFirst(below limit: UInt32) -> UInt32? {
        for number in 0..<limit where words[Int(number >> 5)] >> (number & 31) & 1 == 0 {
            words[Int(number >> 5)] |= 1 << (number & 31)
            return number
        }
        return nil
    }

    /// Takes a number out, which is below 128.
    mutating func remove(_ number: UInt32) { words[Int(number >> 5)] &= ~(1 << (number & 31)) }
}
