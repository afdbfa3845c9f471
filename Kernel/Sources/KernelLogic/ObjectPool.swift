/// Memory for objects of one size, carved from pages of 4096 bytes that the owner provides and gets back when they are
/// empty.
///
/// A page begins with a `PoolPage`; the objects follow, and the free ones are linked through their first word. An
/// object finds its page by clearing the low 12 bits of its address, so pages must be aligned to 4096.
public struct ObjectPool {
    private let objectSize: Int
    private var available = Queue<PoolPage>()
    /// Objects in use.
    public private(set) var count = 0

    /// A pool of objects of `size` bytes (at most 2032), aligned to 16.
    public init(size: Int) {
        objectSize = (max(size, MemoryLayout<UnsafeMutableRawPointer>.size) + 15) & ~15
    }

    private var headerSize: Int { (MemoryLayout<PoolPage>.size + 15) & ~15 }

    /// Objects per page.
    public var capacityOfPage: Int { (4096 - headerSize) / objectSize }

    /// Adds an empty page: 4096 bytes, aligned to 4096. `owner` is kept with it: see `owner(of:)`.
    public mutating func addPage(_ memory: UnsafeMutableRawPointer, owner: UInt = 0) {
        let page = memory.bindMemory(to: PoolPage.self, capacity: 1)
        page.initialize(to: PoolPage(owner: owner))
        var index = capacityOfPage
        while index > 0 {
            index -= 1
            let object = memory + headerSize + index * objectSize
            object.storeBytes(of: page.pointee.free, as: UnsafeMutableRawPointer?.self)
            page.pointee.free = object
        }
        available.append(page)
    }

    /// Memory for an object, not initialised; nil if a page must be added first.
    public mutating func allocate() -> UnsafeMutableRawPointer? {
        guard let page = available.first, let object = page.pointee.free else { return nil }
        page.pointee.free = object.load(as: UnsafeMutableRawPointer?.self)
        page.pointee.used += 1
        if page.pointee.free == nil { available.remove(page) }
        count += 1
        return object
    }

    /// The owner of the page that an object, which `allocate` returned, lies in.
    public static func owner(of object: UnsafeRawPointer) -> UInt {
        // Valid: the object lies in a page that `addPage` initialised, behind its header.
        guard let page = UnsafePointer<PoolPage>(bitPattern: UInt(bitPattern: object) & ~4095) else { return 0 }
        return page.pointee.owner
    }

    /// Takes an object back, which `allocate` returned. If its page is empty now, the page leaves the pool and is
    /// returned.
    public mutating func release(_ object: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let address = UInt(bitPattern: object) & ~4095
        // Valid: the object lies in a page that `addPage` initialised, behind its header.
        guard let memory = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
        let page = memory.assumingMemoryBound(to: PoolPage.self)
        if page.pointee.free == nil { available.append(page) }
        object.storeBytes(of: page.pointee.free, as: UnsafeMutableRawPointer?.self)
        page.pointee.free = object
        page.pointee.used -= 1
        count -= 1
        guard page.pointee.used == 0 else { return nil }
        available.remove(page)
        return memory
    }
}

/// The first bytes of a pool's page.
public struct PoolPage: QueueNode {
    public var next: UnsafeMutablePointer<PoolPage>?
    public var previous: UnsafeMutablePointer<PoolPage>?
    var free: UnsafeMutableRawPointer?
    var used = 0
    var owner: UInt

    init(owner: UInt) { self.owner = owner }
}
