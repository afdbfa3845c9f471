/// Accesses by physical address: what a translation led to, and the page tables themselves.
extension Core {
    /// Reads `size` (1, 2 or 4) bytes within one page; `physical` is masked by A20 already.
    func readPhysical(_ physical: UInt32, size: UInt32) -> UInt32 {
        let memory = context.pointee.memory
        switch memory.pages[Int(physical >> 12)] & PageKind.mask {
        case PageKind.ram, PageKind.rom:
            let pointer = memory.host + Int(physical)
            switch size {
            case 1: return UInt32(pointer.load(as: UInt8.self))
            case 2: return UInt32(pointer.loadUnaligned(as: UInt16.self))
            default: return pointer.loadUnaligned(as: UInt32.self)
            }
        case PageKind.mmio:
            return readMMIO(physical, size: size)
        default:
            return size == 4 ? 0xFFFF_FFFF : 1 << (size * 8) &- 1
        }
    }

    /// Writes `size` (1, 2 or 4) bytes within one page, through the gate; `physical` is masked by A20 already.
    func writePhysical(_ physical: UInt32, size: UInt32, value: UInt32) {
        let memory = context.pointee.memory
        switch memory.pages[Int(physical >> 12)] & PageKind.mask {
        case PageKind.ram:
            // The memory outlives this call: the processor owns it.
            _ = memory.memory._withUnsafeGuaranteedRef { $0.beginWrite(physical, count: size) }
            let pointer = memory.host + Int(physical)
            switch size {
            case 1: pointer.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            case 2: pointer.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
            default: pointer.storeBytes(of: value, as: UInt32.self)
            }
        case PageKind.mmio:
            if memory.pages[Int(physical >> 12)] & PageGate.watched != 0 {
                noteWatchedAccess(.physical, physical, size, isWrite: true)
            }
            writeMMIO(physical, size: size, value: value)
        default:
            break
        }
    }
}
