import KernelAssembly

/// The kernel's symbol table, a section of the image: a count; pairs of address and name offset, sorted by address; the
/// names, each ending in NUL (docs/image-format.md).
enum Symbols {
    private nonisolated(unsafe) static var section = UnsafeRawBufferPointer(start: nil, count: 0)
    private nonisolated(unsafe) static var count = 0

    /// Uses `section`, whose checksum is right. A table that is inconsistent all the same is ignored.
    static func initialise(_ section: UnsafeRawBufferPointer) {
        guard section.count >= 4 else { return }
        let count = Int(section.loadUnaligned(as: UInt32.self) & 0xFF_FFFF)
        guard 4 + count * 8 <= section.count, section[section.count - 1] == 0 else { return }
        self.section = section
        self.count = count
    }

    /// The name of the function that `address` lies in, NUL-terminated, and how far behind its beginning.
    static func find(_ address: UInt32) -> (UnsafePointer<UInt8>, UInt32)? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if word(4 + middle * 8) <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address < address_of_kernel_end() else { return nil }
        let name = Int(word(4 + (low - 1) * 8 + 4) & 0x7FFF_FFFF)
        guard name < section.count, let base = section.baseAddress else { return nil }
        return ((base + name).assumingMemoryBound(to: UInt8.self), address &- word(4 + (low - 1) * 8))
    }

    private static func word(_ offset: Int) -> UInt32 { section.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
}
