import Processor

/// Looking at memory through the guest's page tables without leaving a trace: no accessed bits, no TLB, no devices.
extension Machine {
    /// Where the page tables put `linear` now (SDM vol. 3A, 4.3); nil if they say "not present". What the TLB still
    /// remembers is not considered.
    public func physicalAddress(ofLinear linear: UInt32) -> UInt32? {
        let state = processor.state.pointee
        let paging: UInt32 = 1 << 31, pageSizeExtensions: UInt32 = 1 << 4
        guard state.cr0 & paging != 0 else { return linear & state.a20Mask }
        let directoryEntry = physicalWord(at: state.cr3 & 0xFFFF_F000 | linear >> 20 & 0xFFC)
        guard directoryEntry & 1 != 0 else { return nil }
        if directoryEntry & 0x80 != 0, state.cr4 & pageSizeExtensions != 0 {
            return (directoryEntry & 0xFFC0_0000 | linear & 0x003F_FFFF) & state.a20Mask
        }
        let entry = physicalWord(at: directoryEntry & 0xFFFF_F000 | linear >> 10 & 0xFFC)
        guard entry & 1 != 0 else { return nil }
        return (entry & 0xFFFF_F000 | linear & 0xFFF) & state.a20Mask
    }

    /// Up to `count` bytes from the linear address on; fewer if a page that is not present comes in the way.
    public func readLinear(_ linear: UInt32, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let address = linear &+ UInt32(truncatingIfNeeded: bytes.count)
            guard let physical = physicalAddress(ofLinear: address) else { break }
            let toPageEnd = 4096 - Int(address & 0xFFF)
            bytes += memory.read(physical, count: min(count - bytes.count, toPageEnd))
        }
        return bytes
    }

    private func physicalWord(at address: UInt32) -> UInt32 {
        memory.read(address & processor.state.pointee.a20Mask, count: 4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
