import KernelABI
import KernelLogic

typealias AccountReference = UnsafeMutablePointer<Account>

/// What is counted and limited.
struct Resources {
    /// Page frames.
    var frames: UInt32 = 0
    /// Those of them that lie in the kernel zone, the only place for kernel objects.
    var kernelFrames: UInt32 = 0
    /// Addresses for kernel stacks: threads.
    var stacks: UInt32 = 0

    static var none: Resources { Resources() }
    static var userFrame: Resources { Resources(frames: 1) }
    static var kernelFrame: Resources { Resources(frames: 1, kernelFrames: 1) }
    static var stack: Resources { Resources(stacks: 1) }

    /// How many threads and kernel frames go with a limit of `frames`: the same share of all there are, but not so few
    /// that a small process could not work.
    static func limits(frames: UInt32) -> Resources {
        Resources(
            frames: frames, kernelFrames: share(frames, of: Frames.kernelTotal, atLeast: 256),
            stacks: share(frames, of: KernelStacks.count, atLeast: 16))
    }

    private static func share(_ frames: UInt32, of whole: UInt32, atLeast least: UInt32) -> UInt32 {
        guard frames < Frames.total else { return whole }
        return max(least, UInt32(truncatingIfNeeded: UInt64(whole) * UInt64(frames) / UInt64(Frames.total)))
    }

    /// Whether `more` can be added without exceeding `limits`.
    @inline(__always)
    func allows(_ more: Resources, _ limits: Resources) -> Bool {
        frames &+ more.frames <= limits.frames && kernelFrames &+ more.kernelFrames <= limits.kernelFrames
            && stacks &+ more.stacks <= limits.stacks
    }

    @inline(__always)
    mutating func add(_ more: Resources) {
        frames &+= more.frames
        kernelFrames &+= more.kernelFrames
        stacks &+= more.stacks
    }

    @inline(__always)
    mutating func subtract(_ less: Resources) {
        frames &-= less.frames
        kernelFrames &-= less.kernelFrames
        stacks &-= less.stacks
    }
}

/// An account of page frames: whatever a process makes the kernel keep is charged to the account of that process, in
/// whole frames, so that none can use up the kernel's memory.
///
/// Kernel objects come from pools that belong to an account, so objects of two accounts never share a frame. An object
/// can outlive the process that made it, while others hold capabilities to it; its account then stays, closed, until
/// the last frame is given back.
///
/// Accounts are a tree, and a limit is one for all that is below it: a frame counts in its own account, and in every
/// account above that has a limit. So nobody escapes a limit through processes of its own, and yet nothing is set aside
/// for a process that does not use it. On a machine with more RAM than the kernel zone holds, half of the frames would
/// be enough to fill all of that zone; so a limit is one of the same share of it, and of the kernel stacks that there
/// can be.
struct Account {
    /// Page frames in use by the process itself.
    fileprivate(set) var frames: UInt32 = 0
    /// What all accounts below use as well; counted only where there is a limit.
    fileprivate var usedByAll = Resources()
    /// The most page frames of all of them; 0 = no limit. And what follows from that.
    let limit: UInt32
    fileprivate let limits: Resources
    /// Pages that the process can reach, its own and shared ones.
    var mappedPages: UInt32 = 0
    /// The account that this one's record is charged to, and how many there are above.
    let parent: AccountReference?
    fileprivate let depth: UInt32
    /// The next account above that has a limit, and how many there are. Valid as long as this account: the records of
    /// accounts below are in frames of the one above, which therefore outlives them.
    fileprivate let limitedAncestor: AccountReference?
    fileprivate let limitsAbove: UInt32
    /// Its process is gone: it ends with its last frame.
    var isClosed = false
    /// Objects of up to `smallSize` bytes, and of up to `largeSize`.
    fileprivate var small = ObjectPool(size: Self.smallSize)
    fileprivate var large = ObjectPool(size: Self.largeSize)
    fileprivate static var smallSize: Int { 64 }
    fileprivate static var largeSize: Int { 320 }
    /// Registers of floating-point units, aligned to 16.
    fileprivate var states = ObjectPool(size: FloatingPoint.stateSize)

    /// The kernel's.
    fileprivate init() {
        limit = 0
        limits = Resources()
        parent = nil
        depth = 0
        limitedAncestor = nil
        limitsAbove = 0
    }

    fileprivate init(limit: UInt32, below parent: AccountReference) {
        self.limit = limit
        self.parent = parent
        limits = Resources.limits(frames: limit)
        depth = parent.pointee.depth + 1
        let isLimited = parent.pointee.limit != 0
        limitedAncestor = isLimited ? parent : parent.pointee.limitedAncestor
        limitsAbove = parent.pointee.limitsAbove + (isLimited ? 1 : 0)
    }
}

enum Accounts {
    /// The kernel's own, without a limit: it pays for the first processes.
    private nonisolated(unsafe) static var kernelAccount = Account()

    /// Valid for good: a static variable does not move.
    static var kernel: AccountReference { withUnsafeMutablePointer(to: &kernelAccount) { $0 } }

    /// The most limits, one below the other, that a frame may count in: charging takes a step for each.
    static var mostLimits: UInt32 { 16 }
    /// The most accounts, one below the other: the end of one can be the end of all of them.
    static var mostLevels: UInt32 { 64 }

    /// An account below `parent`, which its record is charged to.
    static func create(limit: UInt32, parent: AccountReference) throws(KernelError) -> AccountReference {
        let new = Account(limit: limit, below: parent)
        guard new.depth < mostLevels, limit == 0 || new.limitsAbove < mostLimits else { throw .quotaExceeded }
        let account = try allocate(Account.self, from: parent)
        account.initialize(to: new)
        return account
    }

    /// Charges an account, if no limit, its own or one above, stands against it.
    static func charge(_ account: AccountReference, _ amount: Resources) throws(KernelError) {
        var next: AccountReference? = account
        while let current = next {
            guard current.pointee.limit == 0 || current.pointee.usedByAll.allows(amount, current.pointee.limits)
            else { throw .quotaExceeded }
            next = current.pointee.limitedAncestor
        }
        account.pointee.frames += amount.frames
        next = account
        while let current = next {
            current.pointee.usedByAll.add(amount)
            next = current.pointee.limitedAncestor
        }
    }

    /// Closes the account of a process that has ended.
    static func close(_ account: AccountReference) {
        account.pointee.isClosed = true
        refund(account, .none)
    }

    /// Gives back what was charged; the last frame of a closed account ends it, which may be the last of the account
    /// above.
    static func refund(_ account: AccountReference, _ amount: Resources) {
        var account = account
        var amount = amount
        while true {
            account.pointee.frames -= amount.frames
            var next: AccountReference? = account
            while let current = next {
                current.pointee.usedByAll.subtract(amount)
                next = current.pointee.limitedAncestor
            }
            guard account.pointee.isClosed, account.pointee.frames == 0, let parent = account.pointee.parent else {
                return
            }
            amount = putBack(account, parent) ? .kernelFrame : .none
            account = parent
        }
    }

    /// Memory for an object, not initialised, charged to `account`.
    static func allocate<Object>(
        _ type: Object.Type, from account: AccountReference
    ) throws(KernelError) -> UnsafeMutablePointer<Object> {
        // Known when this is compiled: no kernel object is larger.
        guard MemoryLayout<Object>.size <= Account.largeSize else { throw .outOfMemory }
        let memory =
            MemoryLayout<Object>.size <= Account.smallSize
            ? try allocate(from: &account.pointee.small, account)
            : try allocate(from: &account.pointee.large, account)
        return memory.bindMemory(to: Object.self, capacity: 1)
    }

    private static func allocate(
        from pool: inout ObjectPool, _ account: AccountReference
    ) throws(KernelError) -> UnsafeMutableRawPointer {
        if let object = pool.allocate() { return object }
        let frame = try allocateFrame(from: account)
        guard let page = UnsafeMutableRawPointer(bitPattern: UInt(frame)) else { throw .outOfMemory }
        pool.addPage(page, owner: UInt(bitPattern: account))
        guard let object = pool.allocate() else { throw .outOfMemory }
        return object
    }

    /// The account that an object, which `allocate` returned, is charged to.
    static func of<Object>(_ object: UnsafeMutablePointer<Object>) -> AccountReference {
        // Valid: `allocate` put it into the page's header.
        AccountReference(bitPattern: ObjectPool.owner(of: object))!
    }

    /// Takes an object back that `allocate` returned.
    static func release<Object>(_ object: UnsafeMutablePointer<Object>) {
        let account = of(object)
        if putBack(object, account) { refund(account, .kernelFrame) }
    }

    /// Puts an object back into the pool that it is from; returns whether that freed a frame.
    private static func putBack<Object>(
        _ object: UnsafeMutablePointer<Object>, _ account: AccountReference
    ) -> Bool {
        let page =
            MemoryLayout<Object>.size <= Account.smallSize
            ? account.pointee.small.release(object) : account.pointee.large.release(object)
        guard let page else { return false }
        _ = Frames.release(UInt32(UInt(bitPattern: page)))
        return true
    }

    /// Memory for the state of a floating-point unit, not initialised.
    static func allocateState(from account: AccountReference) throws(KernelError) -> UnsafeMutableRawPointer {
        try allocate(from: &account.pointee.states, account)
    }

    /// Takes a state back that `allocateState` returned.
    static func releaseState(_ state: UnsafeMutableRawPointer) {
        // Valid: `allocate` put the account into the page's header.
        let account = AccountReference(bitPattern: ObjectPool.owner(of: state))!
        guard let page = account.pointee.states.release(state) else { return }
        releaseFrame(UInt32(UInt(bitPattern: page)), to: account)
    }

    /// A frame of the kernel zone, charged to `account`: its address. The contents are undefined.
    static func allocateFrame(from account: AccountReference) throws(KernelError) -> UInt32 {
        try charge(account, .kernelFrame)
        guard let frame = Frames.allocateForKernel() else {
            refund(account, .kernelFrame)
            throw .outOfMemory
        }
        return frame
    }

    /// A frame for user memory, charged to `account`: its physical address. The contents are undefined.
    static func allocateUserFrame(from account: AccountReference) throws(KernelError) -> UInt32 {
        let amount = Frames.nextForUser
        try charge(account, amount)
        guard let frame = Frames.allocateForUser() else {
            refund(account, amount)
            throw .outOfMemory
        }
        return frame
    }

    /// Gives back a frame that is charged to `account`.
    static func releaseFrame(_ frame: UInt32, to account: AccountReference) {
        refund(account, Frames.release(frame))
    }
}
