import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func reply(_ caller: Caller) throws(KernelError) -> UInt32? {
        let slotNumber = caller.frame.pointee.ebx
        if slotNumber == 0 {
            guard caller.thread.pointee.caller != nil else { throw .noCaller }
            try noteMessage(caller)
            guard let waiting = Messages.takeCaller(caller.thread) else { throw .noCaller }
            try Messages.reply(caller.thread, to: waiting)
        } else {
            let slot = try caller.table.find(slotNumber, .reply, [])
            guard let waiting = Capabilities.thread(slot.pointee) else { throw .noCaller }
            try noteMessage(caller)
            slot.pointee = .empty
            waiting.pointee.answerSlot = nil
            try Messages.reply(caller.thread, to: waiting)
        }
        return 0
    }
}
