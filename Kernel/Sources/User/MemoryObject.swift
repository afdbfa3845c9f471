/// Memory that can be in several processes at once, by the slot of a capability to it.
public struct MemoryObject {
    /// The slot in this process's capability table.
    public let slot: UInt32

    public init(slot: UInt32) { self.slot = slot }

    /// Creates an object of `length` bytes, rounded up to pages, at most 4 MiB, in an empty slot. Its pages are zeroed.
    public static func create(in slot: UInt32, length: UInt32) throws(KernelError) -> MemoryObject {
        try Call(.memoryCreate, ebx: slot, ecx: length).result()
        return MemoryObject(slot: slot)
    }

    /// Creates an object in whichever slot is empty; `Slots.release` gives it back.
    public static func create(length: UInt32) throws(KernelError) -> MemoryObject {
        try Slots.fill { slot throws(KernelError) in try create(in: slot, length: length) }
    }

    /// Maps a part of it into a process, for as long as this process's capability exists.
    ///
    /// - Parameters:
    ///   - process: Whose memory.
    ///   - address: Where, a multiple of the page size.
    ///   - offset: Where the part begins in the object, a multiple of the page size.
    ///   - length: The bytes of the part, rounded up to pages.
    ///   - access: How it is mapped. Writing needs the right to it.
    public func attach(
        to process: Process, at address: UInt32, offset: UInt32 = 0, length: UInt32, access: MemoryAccess
    ) throws(KernelError) {
        try Call(
            .memoryAttach, ebx: process.slot, ecx: address, edx: length, esi: slot | access.rawValue << 8, edi: offset
        ).result()
    }
}
