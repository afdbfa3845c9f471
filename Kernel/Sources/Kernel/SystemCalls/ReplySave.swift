import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func replySave(_ caller: Caller) throws(KernelError) -> UInt32? {
        let slot = try caller.table.empty(caller.frame.pointee.ebx)
        guard let waiting = caller.thread.pointee.caller else { throw .noCaller }
        caller.thread.pointee.caller = nil
        waiting.pointee.answerer = nil
        waiting.pointee.answerSlot = slot
        slot.pointee = Capability(object: UInt(bitPattern: waiting), kind: .reply, rights: [])
        return 0
    }
}
