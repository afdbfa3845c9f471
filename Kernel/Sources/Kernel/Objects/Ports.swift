import KernelABI
import KernelAssembly
import KernelLogic

/// I/O ports of processes: a permission bitmap each, loaded into the TSS when one of its threads runs.
enum Ports {
    /// Whose bitmap is in the TSS and in force.
    private nonisolated(unsafe) static var loaded: ProcessReference?

    /// Allows `count` ports from `first` on; the range has been checked. The bitmap is charged to the process.
    static func grant(_ process: ProcessReference, first: UInt32, count: UInt32) throws(KernelError) {
        if process.pointee.portBitmap.0 == 0 {
            try process.pointee.charge(2)
            guard let low = Frames.allocateForKernel() else {
                process.pointee.refund(2)
                throw .outOfMemory
            }
            guard let high = Frames.allocateForKernel() else {
                Frames.release(low)
                process.pointee.refund(2)
                throw .outOfMemory
            }
            for page in 0..<2 {
                bytes(page == 0 ? low : high).initialize(repeating: 0xFF, count: Int(pageSize))
            }
            process.pointee.portBitmap = (low, high)
        }
        for port in first..<first + count {
            let page = bytes(port < 0x8000 ? process.pointee.portBitmap.0 : process.pointee.portBitmap.1)
            page[Int(port & 0x7FFF) >> 3] &= ~(1 << UInt8(port & 7))
        }
        if loaded == process { loaded = nil }
        if Scheduler.current.pointee.process == process { load(process) }
    }

    /// Takes all ports from a process that ends.
    static func revokeAll(_ process: ProcessReference) {
        guard process.pointee.portBitmap.0 != 0 else { return }
        if loaded == process {
            loaded = nil
            TaskState.denyPorts()
        }
        Frames.release(process.pointee.portBitmap.0)
        Frames.release(process.pointee.portBitmap.1)
        process.pointee.refund(2)
        process.pointee.portBitmap = (0, 0)
    }

    /// Puts the ports of the process that runs next in force.
    static func load(_ process: ProcessReference) {
        guard loaded != process else { return }
        if process.pointee.portBitmap.0 != 0 {
            TaskState.allowPorts(bytes(process.pointee.portBitmap.0), bytes(process.pointee.portBitmap.1))
            loaded = process
        } else if loaded != nil {
            TaskState.denyPorts()
            loaded = nil
        }
    }

    /// Valid: a frame of the kernel zone.
    private static func bytes(_ frame: UInt32) -> UnsafeMutablePointer<UInt8> {
        UnsafeMutablePointer(bitPattern: UInt(frame))!
    }
}
