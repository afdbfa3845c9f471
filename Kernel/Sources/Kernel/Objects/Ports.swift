import KernelABI
import KernelAssembly
import KernelLogic

/// I/O ports of processes. A process can use the ports of the port capabilities in its table; the processor looks a
/// port up in one bitmap, that of the TSS.
///
/// The constraint: filling a bitmap of 8 KiB at each switch to a driver would cost more than the rest of the switch.
/// The choice: the bitmap is out of force whenever another process runs than the one that it was made for, and is made
/// when a process with port capabilities executes an instruction for a port that it may use, which is a general
/// protection fault until then.
enum Ports {
    /// Whose bitmap is in the TSS, in force or not. Only compared, never followed.
    private nonisolated(unsafe) static var owner: ProcessReference?
    private nonisolated(unsafe) static var isInForce = false

    /// Called when a process begins to run.
    @inline(__always)
    static func prepare(_ process: ProcessReference) {
        let shallBe = owner == process
        guard shallBe != isInForce else { return }
        isInForce = shallBe
        if shallBe { TaskState.allowPorts() } else { TaskState.denyPorts() }
    }

    /// Throws the bitmap away: a capability that it may have been made of is gone.
    static func forget() {
        guard owner != nil else { return }
        owner = nil
        isInForce = false
        TaskState.denyPorts()
    }

    /// Makes the bitmap of a process in which an instruction was refused. False if it is in force already, or would be
    /// empty: then the instruction is no business of this bitmap.
    static func load(_ process: ProcessReference) -> Bool {
        guard owner != process else { return false }
        var isEmpty = true
        for slot in 1..<capabilitySlotCount {
            let capability = process.pointee.capabilities[slot].pointee
            guard capability.kind == .ports else { continue }
            if isEmpty { TaskState.clearPorts() }
            isEmpty = false
            TaskState.addPorts(PortRange(rawValue: UInt32(capability.object)))
        }
        guard !isEmpty else { return false }
        owner = process
        isInForce = true
        TaskState.allowPorts()
        return true
    }
}
