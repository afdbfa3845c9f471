import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func replySave(_ caller: Caller) throws(KernelError) -> UInt32? {
        let slot = try caller.table.empty(caller.frame.pointee.ebx)
        guard let waiting = Messages.takeCaller(caller.thread) else { throw .noCaller }
        waiting.pointee.answerSlot = slot
        slot.pointee = Capability(object: UInt(bitPattern: waiting), kind: .reply, rights: [])
        return 0
    }
}
