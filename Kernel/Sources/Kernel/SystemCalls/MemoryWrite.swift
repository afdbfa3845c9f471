import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryWrite(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        guard frame.esi <= maximumCopy else { throw .badArgument }
        do {
            try UserMemory.copy(
                from: caller.process.pointee.space, frame.edx, to: process.pointee.space, frame.ecx, count: frame.esi,
                force: true)
        } catch {
            throw .badAddress
        }
        return 0
    }

    /// The most bytes that one call copies.
    static var maximumCopy: UInt32 { 16 << 20 }
}
