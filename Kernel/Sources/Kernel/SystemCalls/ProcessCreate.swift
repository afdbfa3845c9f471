import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func processCreate(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let slot = try caller.table.empty(frame.ebx)
        let endpoint = frame.ecx == 0 ? nil : try caller.endpoint(frame.ecx, .send)
        guard frame.edi < UInt32(ReadyQueue<Thread>.levels) else { throw .badArgument }
        guard frame.edi <= UInt32(caller.process.pointee.priorityLimit) else { throw .permissionDenied }
        let payer = frame.ebp == 0 ? caller.process : try caller.process(frame.ebp, .manage)
        let process = try Processes.create(
            by: caller.process, account: payer.pointee.account, frameLimit: frame.esi,
            priorityLimit: UInt8(truncatingIfNeeded: frame.edi))
        Processes.setFaultEndpoint(process, endpoint, badge: frame.edx)
        process.pointee.references += 1
        Capabilities.put(slot, UnsafeMutableRawPointer(process), .process)
        // Its own capability to itself comes from its creator's, which can take it back.
        Capabilities.derive(slot.pointee, from: slot, into: process.pointee.capabilities[InitialSlot.process])
        return process.pointee.number
    }
}
