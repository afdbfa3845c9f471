import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func threadConfigure(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let thread = try caller.thread(frame.ebx, .manage)
        guard let setting = ThreadSetting(rawValue: frame.ecx) else { throw .badArgument }
        switch setting {
        case .priority:
            guard frame.edx < UInt32(ReadyQueue<Thread>.levels) else { throw .badArgument }
            guard frame.edx <= UInt32(caller.process.pointee.priorityLimit) else { throw .permissionDenied }
            thread.pointee.priority = UInt8(truncatingIfNeeded: frame.edx)
            Priorities.recompute(thread)
        case .threadLocalBase:
            thread.pointee.threadLocalBase = frame.edx
            if thread == caller.thread {
                ThreadLocal.prepare(thread)
                // Left by `sysexit`, GS would keep the old base.
                load_user_segments(caller.frame)
            }
        case .handler:
            let endpoint = frame.edx == 0 ? nil : try caller.endpoint(frame.edx, .send)
            Threads.setHandler(thread, endpoint, badge: frame.esi)
        }
        return 0
    }
}
