import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func processCreate(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        // Else it could escape its own limit through a process without one.
        guard caller.process.pointee.frameLimit == 0 else { throw .permissionDenied }
        let slot = try caller.table.empty(frame.ebx)
        let endpoint = frame.ecx == 0 ? nil : try caller.endpoint(frame.ecx, .send)
        let process = try Processes.create(by: caller.process, frameLimit: frame.esi)
        Processes.setFaultEndpoint(process, endpoint, badge: frame.edx)
        process.pointee.references += 1
        Capabilities.put(slot, UnsafeMutableRawPointer(process), .process)
        return process.pointee.number
    }
}
