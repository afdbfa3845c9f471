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
        let space = process.pointee.space
        for page in 0..<pages where space.isMapped(frame.edi + page << 12) { throw .alreadyMapped }
        let flags = PageFlags.writable | PageFlags.cacheDisabled | PageFlags.writeThrough
        for page in 0..<pages {
            do {
                try space.map(frame.edi + page << 12, to: frame.edx + page << 12, flags: flags, account: process.pointee.account)
            } catch {
                for mapped in 0..<page { _ = space.unmap(frame.edi + mapped << 12, account: process.pointee.account) }
                throw error
            }
        }
        return 0
    }

    /// Whether no page of a range is RAM, the kernel's or anybody's: the hole below 1 MB, or addresses that the BIOS's
    /// map does not list as RAM.
    private static func isDevice(_ address: UInt32, _ pages: UInt32) -> Bool {
        let first = address >> 12
        if first >= 0xA0, first + pages <= 0x100 { return true }
        return first >= 0x100 && !KernelStart.isRAM(first, pages)
    }
}
