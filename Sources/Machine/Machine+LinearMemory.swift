import Processor

/// Looking at memory through the guest's page tables without leaving a trace: no accessed bits, no TLB, no devices.
extension Machine {
    /// Where the page tables put `linear` now (SDM vol. 3A, 4.3 and 4.4); nil if they say "not present". What the TLB
    /// still remembers is not considered.
    public func physicalAddress(ofLinear linear: UInt32) -> UInt32? {
        processor.physicalAddress(ofLinear: linear)
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
}
