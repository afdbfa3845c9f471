import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func deviceMap(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        _ = try caller.table.find(frame.ebx, .system, .manage)
        let process = try caller.process(frame.ecx, .manage)
        let pages = try userPages(frame.edi, frame.esi)
        guard frame.edx & 4095 == 0, pages <= maximumPages, frame.edx >> 12 <= 1 << 20 - pages,
            isDevice(frame.edx, pages)
        else { throw .badArgument }
        let flags = PageFlags.writable | PageFlags.cacheDisabled | PageFlags.writeThrough
        return try mapPages(caller, process, frame.edi, pages) { page throws(KernelError) in
            try process.pointee.space.map(
                frame.edi + page << 12, to: frame.edx + page << 12, flags: flags, account: process.pointee.account)
        }
    }

    /// Whether no page of a range is RAM, the kernel's or anybody's: the hole below 1 MB, or addresses that the BIOS's
    /// map does not list as RAM.
    private static func isDevice(_ address: UInt32, _ pages: UInt32) -> Bool {
        let first = address >> 12
        if first >= 0xA0, first + pages <= 0x100 { return true }
        return first >= 0x100 && !KernelStart.isRAM(first, pages)
    }
}
