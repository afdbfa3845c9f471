import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func reply(_ caller: Caller) throws(KernelError) -> UInt32? {
        let slotNumber = caller.frame.pointee.ebx
        let answer: Messages.Answer
        if slotNumber == 0 {
            guard let waiting = caller.thread.pointee.caller else { throw .noCaller }
            answer = .last(waiting)
        } else {
            let slot = try caller.table.find(slotNumber, .reply, [])
            guard let waiting = Capabilities.thread(slot.pointee) else { throw .noCaller }
            answer = .saved(waiting, slot)
        }
        try noteMessage(caller)
        return try Messages.reply(caller.thread, answer) ? 0 : nil
    }
}
