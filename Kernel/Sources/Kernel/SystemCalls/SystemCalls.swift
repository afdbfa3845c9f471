import KernelABI
import KernelAssembly
import KernelLogic

/// The system calls: this file decides which; each has a file of its own, named after it. Registers, results and errors
/// are documented in docs/system-calls/; `SystemCall` is in the module that user space shares.
///
/// A call answers with its result, with nil if the caller waits or has its registers filled in already, or throws. It
/// checks everything before it changes anything.
enum SystemCalls {
    static func dispatch(_ caller: Caller) {
        UserMemory.begin()
        do {
            if let result = try perform(caller) { caller.frame.pointee.eax = result }
        } catch {
            if error == .badAddress, let page = UserMemory.missing, Faults.raise(caller.thread, page) { return }
            caller.frame.pointee.eax = UInt32(bitPattern: error.rawValue)
        }
    }

    private static func perform(_ caller: Caller) throws(KernelError) -> UInt32? {
        guard let call = SystemCallNumber(rawValue: caller.frame.pointee.eax).call else { throw .unknownCall }
        switch call {
        case .yield: return yield(caller)
        case .threadExit: return threadExit(caller)
        case .sleep: return sleep(caller)
        case .send: return try send(caller)
        case .receive: return try receive(caller)
        case .call: return try self.call(caller)
        case .reply: return try reply(caller)
        case .replyReceive: return try replyReceive(caller)
        case .replySave: return try replySave(caller)
        case .endpointCreate: return try endpointCreate(caller)
        case .capabilityCopy: return try capabilityCopy(caller)
        case .capabilityDelete: return try capabilityDelete(caller)
        case .processCreate: return try processCreate(caller)
        case .processDestroy: return try processDestroy(caller)
        case .memoryMap: return try memoryMap(caller)
        case .memoryUnmap: return try memoryUnmap(caller)
        case .memoryWrite: return try memoryWrite(caller)
        case .memoryRead: return try memoryRead(caller)
        case .threadCreate: return try threadCreate(caller)
        case .threadStart: return try threadStart(caller)
        case .threadDestroy: return try threadDestroy(caller)
        case .interruptBind: return try interruptBind(caller)
        case .interruptAcknowledge: return try interruptAcknowledge(caller)
        case .logWrite: return try logWrite(caller)
        case .logRead: return try logRead(caller)
        case .systemInformation: return try systemInformation(caller)
        case .shutdown: return try shutdown(caller)
        case .deviceMap: return try deviceMap(caller)
        case .memoryCreate: return try memoryCreate(caller)
        case .memoryAttach: return try memoryAttach(caller)
        case .memoryUnshare: return try memoryUnshare(caller)
        case .capabilityRevoke: return try capabilityRevoke(caller)
        case .threadConfigure: return try threadConfigure(caller)
        case .threadCancel: return try threadCancel(caller)
        case .notificationCreate: return try notificationCreate(caller)
        case .notificationSignal: return try notificationSignal(caller)
        case .notificationWait: return try notificationWait(caller)
        case .notificationBind: return try notificationBind(caller)
        }
    }

    /// Makes the caller's call again from the beginning, after interrupts have had their turn: what it has done shows
    /// in what there is left to do, so that no call keeps the kernel for long.
    static func again(_ caller: Caller) -> UInt32? {
        rewind(caller.frame)
        return nil
    }

    /// Makes a frame begin with the system call instruction again.
    static func rewind(_ frame: UnsafeMutablePointer<TrapFrame>) {
        frame.pointee.eip &-= instructionLength
        // Where `sysenter` returns to, there is an `int 0x80` before it, which needs all registers.
        frame.pointee.ds = Selector.userData
        frame.pointee.es = Selector.userData
        frame.pointee.vector = UInt32(systemCallVector)
    }

    /// Ends the call of a rewound frame with an error.
    static func fail(_ frame: UnsafeMutablePointer<TrapFrame>, _ error: KernelError) {
        frame.pointee.eip &+= instructionLength
        frame.pointee.eax = UInt32(bitPattern: error.rawValue)
    }

    /// Bytes of `int 0x80`.
    private static var instructionLength: UInt32 { 2 }
}
