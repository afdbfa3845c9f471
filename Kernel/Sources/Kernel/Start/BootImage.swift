import KernelABI
import KernelAssembly
import KernelImage
import KernelLogic

/// The image that the kernel was loaded with, as its descriptor says (docs/image-format.md). Start-up checks it all,
/// since a loader may have cut it short, and memory or a disk may have changed it.
enum BootImage {
    /// Bytes of the whole image.
    private(set) nonisolated(unsafe) static var size: UInt32 = 0
    /// The process manager's ELF file.
    private(set) nonisolated(unsafe) static var manager = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The payload, an archive; empty if it is corrupt.
    private(set) nonisolated(unsafe) static var payload = UnsafeRawBufferPointer(start: nil, count: 0)

    /// Checks descriptor and sections. Halts if kernel or process manager are broken; does without the others.
    static func check() {
        // Valid: physical memory, with paging off or mapped one to one; nothing is read that the descriptor, which has
        // a checksum of its own, does not name.
        let memory = UnsafeRawBufferPointer(
            start: UnsafeRawPointer(bitPattern: UInt(RegionLayout.kernelStart)),
            count: Int(KernelSpace.directLimit - RegionLayout.kernelStart))
        let descriptor: ImageDescriptor
        do {
            descriptor = try ImageDescriptor(memory)
        } catch {
            switch error {
            case .noDescriptor: Power.stop("the kernel image has no descriptor (not made by mkimage?)")
            case .unknownVersion: Power.stop("the kernel image's descriptor is of an unknown version")
            default: Power.stop("the kernel image's descriptor is corrupt")
            }
        }
        size = descriptor.totalSize
        guard let manager = intact(.manager, descriptor, memory), isKernelIntact(descriptor) else {
            Power.stop("the kernel image is corrupt; write it anew")
        }
        self.manager = manager
        if let symbols = intact(.symbols, descriptor, memory) { Symbols.initialise(symbols) }
        if let payload = intact(.payload, descriptor, memory) { self.payload = payload }
    }

    /// The kernel's checksum was taken by start.S, before anything was written.
    private static func isKernelIntact(_ descriptor: ImageDescriptor) -> Bool {
        let size = address_of_kernel_end() - RegionLayout.kernelStart
        guard descriptor.kernel.size == size else {
            Log.line("image: kernel is of ").decimal(descriptor.kernel.size).text(" bytes instead of ").decimal(size)
                .end()
            return false
        }
        return compare(.kernel, actual: kernel_checksum, expected: descriptor.kernel.checksum)
    }

    private static func intact(
        _ name: ImageSectionName, _ descriptor: ImageDescriptor, _ memory: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        guard let bytes = descriptor[name].contents(in: memory),
            compare(name, actual: CRC32.checksum(bytes), expected: descriptor[name].checksum)
        else { return nil }
        return bytes
    }

    private static func compare(_ name: ImageSectionName, actual: UInt32, expected: UInt32) -> Bool {
        guard actual != expected else { return true }
        Log.line("image: ", .warning).text(name.description)
            .text(" is corrupt: checksum ").hexadecimal(UInt64(actual), digits: 8)
            .text(" instead of ").hexadecimal(UInt64(expected), digits: 8).end()
        return false
    }
}
