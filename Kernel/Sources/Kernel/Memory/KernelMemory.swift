import KernelABI
import KernelLogic

/// Memory for kernel objects: pools of frames.
enum KernelMemory {
    static func allocate(from pool: inout ObjectPool) throws(KernelError) -> UnsafeMutableRawPointer {
        if let object = pool.allocate() { return object }
        pool.addPage(try allocateFrame())
        guard let object = pool.allocate() else { throw .outOfMemory }
        return object
    }

    /// A frame as memory of the kernel.
    static func allocateFrame() throws(KernelError) -> UnsafeMutableRawPointer {
        // Valid: a frame of the kernel zone is mapped one to one, and is not frame 0.
        guard let frame = Frames.allocateForKernel(), let memory = UnsafeMutableRawPointer(bitPattern: UInt(frame))
        else {
            throw .outOfMemory
        }
        return memory
    }

    static func release(_ object: UnsafeMutableRawPointer, to pool: inout ObjectPool) {
        if let page = pool.release(object) { Frames.release(UInt32(UInt(bitPattern: page))) }
    }
}
