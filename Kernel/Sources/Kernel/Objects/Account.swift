import KernelABI
import KernelLogic

typealias AccountReference = UnsafeMutablePointer<Account>

/// An account of page frames: whatever a process makes the kernel keep is charged to the account of that process, in
/// whole frames, so that none can use up the kernel's memory.
///
/// Kernel objects come from pools that belong to an account, so objects of two accounts never share a frame. An object
/// can outlive the process that made it, while others hold capabilities to it; its account then stays, closed, until
/// the last frame is given back.
///
/// Accounts are a tree, and a limit is one for all that is below it: a frame counts in its own account, and in every
/// account above that has a limit. So nobody escapes a limit through processes of its own, and yet nothing is set aside
/// for a process that does not use it.
struct Account {
    /// Page frames in use by the process itself.
    fileprivate(set) var frames: UInt32 = 0
    /// Those of all accounts below as well; counted only where there is a limit.
    fileprivate var framesOfAll: UInt32 = 0
    /// The most that all of them may be; 0 = no limit.
    let limit: UInt32
    /// Pages that the process can reach, its own and shared ones.
    var mappedPages: UInt32 = 0
    /// The account that this one's record is charged to.
    let parent: AccountReference?
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

    init(limit: UInt32, parent: AccountReference?) {
        self.limit = limit
        self.parent = parent
        if let parent, parent.pointee.limit != 0 {
            limitedAncestor = parent
            limitsAbove = parent.pointee.limitsAbove + 1
        } else {
            limitedAncestor = parent?.pointee.limitedAncestor
            limitsAbove = parent?.pointee.limitsAbove ?? 0
        }
    }
}

enum Accounts {
    /// The kernel's own, without a limit: it pays for the first processes.
    private nonisolated(unsafe) static var kernelAccount = Account(limit: 0, parent: nil)

    /// Valid for good: a static variable does not move.
    static var kernel: AccountReference { withUnsafeMutablePointer(to: &kernelAccount) { $0 } }

    /// The most limits, one below the other, that a frame may count in: charging takes a step for each.
    static var mostLimits: UInt32 { 16 }

    /// An account below `parent`, which its record is charged to.
    static func create(limit: UInt32, parent: AccountReference) throws(KernelError) -> AccountReference {
        let new = Account(limit: limit, parent: parent)
        guard limit == 0 || new.limitsAbove < mostLimits else { throw .quotaExceeded }
        let account = try allocate(Account.self, from: parent)
        account.initialize(to: new)
        return account
    }

    /// Takes `count` frames on an account, if no limit, its own or one above, stands against it.
    static func charge(_ account: AccountReference, _ count: UInt32) throws(KernelError) {
        var next: AccountReference? = account
        while let current = next {
            let (limit, used) = (current.pointee.limit, current.pointee.framesOfAll)
            guard limit == 0 || (used <= limit && count <= limit - used) else { throw .quotaExceeded }
            next = current.pointee.limitedAncestor
        }
        account.pointee.frames += count
        next = account
        while let current = next {
            current.pointee.framesOfAll &+= count
            next = current.pointee.limitedAncestor
        }
    }

    /// Closes the account of a process that has ended.
    static func close(_ account: AccountReference) {
        account.pointee.isClosed = true
        refund(account, 0)
    }

    /// Gives frames back; the last of a closed account ends it, which may be the last of the account above.
    static func refund(_ account: AccountReference, _ count: UInt32) {
        var account = account
        var count = count
        while true {
            account.pointee.frames -= count
            var next: AccountReference? = account
            while let current = next {
                current.pointee.framesOfAll &-= count
                next = current.pointee.limitedAncestor
            }
            guard account.pointee.isClosed, account.pointee.frames == 0, let parent = account.pointee.parent else {
                return
            }
            count = putBack(account, parent) ? 1 : 0
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
        try charge(account, 1)
        guard let frame = Frames.allocateForKernel(), let page = UnsafeMutableRawPointer(bitPattern: UInt(frame)) else {
            refund(account, 1)
            throw .outOfMemory
        }
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
        if putBack(object, account) { refund(account, 1) }
    }

    /// Puts an object back into the pool that it is from; returns whether that freed a frame.
    private static func putBack<Object>(
        _ object: UnsafeMutablePointer<Object>, _ account: AccountReference
    ) -> Bool {
        let page =
            MemoryLayout<Object>.size <= Account.smallSize
            ? account.pointee.small.release(object) : account.pointee.large.release(object)
        guard let page else { return false }
        Frames.release(UInt32(UInt(bitPattern: page)))
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
        Frames.release(UInt32(UInt(bitPattern: page)))
        refund(account, 1)
    }

    /// A frame of the kernel zone, charged to `account`: its address. The contents are undefined.
    static func allocateFrame(from account: AccountReference) throws(KernelError) -> UInt32 {
        try charge(account, 1)
        guard let frame = Frames.allocateForKernel() else {
            refund(account, 1)
            throw .outOfMemory
        }
        return frame
    }

    /// Gives back a frame that is charged to `account`.
    static func releaseFrame(_ frame: UInt32, to account: AccountReference) {
        Frames.release(frame)
        refund(account, 1)
    }
}
