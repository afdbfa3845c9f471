import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryAttach(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let access = MemoryAccess(rawValue: frame.esi >> 8)
        let rights: CapabilityRights = access.contains(.write) ? [.read, .write] : .read
        let slot = try caller.table.find(frame.esi & 0xFF, .memory, rights)
        let process = try caller.process(frame.ebx, .manage)
        let pages = try userPages(frame.ecx, frame.edx)
        guard let memory = Capabilities.memory(slot.pointee) else { throw .badCapability }
        let firstPage = frame.edi >> 12
        guard frame.edi & 4095 == 0, access == .readOnly || access == .write || access == .copyOnWrite,
            pages <= maximumPages, firstPage <= memory.pointee.pages,
            pages <= memory.pointee.pages - firstPage
        else { throw .badArgument }
        // How much has been mapped before the call was interrupted.
        let done = frame.ebp
        guard done < pages else { throw .badArgument }
        if done == 0 {
            for page in 0..<pages where process.pointee.space.isMapped(frame.ecx + page << 12) {
                throw .alreadyMapped
            }
            try Mappings.create(
                Mapping(
                    slot: slot, memory: memory, process: process, address: frame.ecx, firstPage: firstPage,
                    pages: pages), caller.process.pointee.account)
        }
        guard let mapping = Mappings.find(process, frame.ecx, slot), mapping.pointee.pages == pages,
            mapping.pointee.firstPage == firstPage
        else { throw .badArgument }
        let end = min(pages, done + mapStep)
        let flags =
            access == .write ? PageFlags.writable : access == .copyOnWrite ? PageFlags.copyOnWrite : 0
        for page in done..<end {
            do {
                try process.pointee.space.map(
                    frame.ecx + page << 12, to: try MemoryObjects.frame(memory, firstPage + page), flags: flags,
                    account: process.pointee.account)
            } catch {
                Mappings.remove(mapping)
                caller.frame.pointee.ebp = 0
                throw error
            }
        }
        caller.frame.pointee.ebp = end < pages ? end : 0
        return end < pages ? again(caller) : 0
    }
}
