/// Accesses that leave the processor: memory-mapped devices.
extension Core {
    @inline(never)
    func readMMIO(_ physical: UInt32, size: UInt32) -> UInt32 {
        context.pointee.processor._withUnsafeGuaranteedRef { $0.readMMIO(physical, size: Int(size)) }
    }

    @inline(never)
    func writeMMIO(_ physical: UInt32, size: UInt32, value: UInt32) {
        context.pointee.processor._withUnsafeGuaranteedRef { $0.writeMMIO(physical, size: Int(size), value: value) }
    }
}

extension Processor {
    fileprivate func readMMIO(_ physical: UInt32, size: Int) -> UInt32 {
        bus?.readMMIO(physical, size: size) ?? 0xFFFF_FFFF
    }

    fileprivate func writeMMIO(_ physical: UInt32, size: Int, value: UInt32) {
        bus?.writeMMIO(physical, size: size, value: value)
    }
}
