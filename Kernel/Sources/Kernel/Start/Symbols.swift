import KernelAssembly
import KernelImage

/// The names of the kernel's functions, from the image's symbol table.
enum Symbols {
    private nonisolated(unsafe) static var table: ImageSymbols?

    /// Uses `section`, whose checksum is right. A table that is inconsistent all the same is ignored.
    static func initialise(_ section: UnsafeRawBufferPointer) { table = ImageSymbols(section) }

    /// The name of the function that `address` lies in, NUL-terminated, and how far behind its beginning.
    static func find(_ address: UInt32) -> (UnsafePointer<UInt8>, UInt32)? {
        guard let table, address < address_of_kernel_end(), let index = table.index(containing: address),
            let name = table.name(index).baseAddress
        else { return nil }
        // A name in the table ends in a NUL, and the section stays in memory for good.
        return (name.assumingMemoryBound(to: UInt8.self), address &- table.address(index))
    }
}
