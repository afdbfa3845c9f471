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
        // How much has been mapped before the call was interrupted; or that it has failed, and must leave nothing
        // behind.
        var progress = MapProgress(rawValue: frame.ebp)
        caller.frame.pointee.ebp = 0
        guard progress.page < pages, progress.phase <= MapProgress.undoing else { throw .badArgument }
        let space = process.pointee.space
        let account = process.pointee.account
        if progress.phase == MapProgress.checking {
            progress = try check(space, frame.ecx, pages, progress)
            guard progress.phase == MapProgress.mapping else {
                caller.frame.pointee.ebp = progress.rawValue
                return again(caller)
            }
            try Mappings.create(
                Mapping(
                    slot: slot, memory: memory, process: process, address: frame.ecx, firstPage: firstPage,
                    pages: pages), caller.process.pointee.account)
        }
        let isUndoing = progress.phase == MapProgress.undoing
        guard let mapping = Mappings.find(
            process, frame.ecx, slot, firstPage: firstPage, pages: pages, orEnding: isUndoing)
        else { throw isUndoing ? progress.error : .badArgument }
        var problem = isUndoing ? progress.error : nil
        let end = min(pages, progress.page + mapStep)
        let flags =
            access == .write ? PageFlags.writable : access == .copyOnWrite ? PageFlags.copyOnWrite : 0
        var page = progress.page
        while page < end, problem == nil {
            do {
                try space.map(
                    frame.ecx + page << 12, to: try MemoryObjects.frame(memory, firstPage + page), flags: flags,
                    account: account)
                page += 1
            } catch {
                problem = error
            }
        }
        if let problem {
            guard !Mappings.removePart(mapping).isGone else { throw problem }
            caller.frame.pointee.ebp = MapProgress(MapProgress.undoing, 0, problem).rawValue
            return again(caller)
        }
        guard end < pages else { return 0 }
        caller.frame.pointee.ebp = MapProgress(MapProgress.mapping, end).rawValue
        return again(caller)
    }
}
