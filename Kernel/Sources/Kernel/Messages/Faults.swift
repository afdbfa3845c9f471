import KernelABI
import KernelAssembly
import KernelLogic

/// Exceptions of user mode. They never concern the kernel: the thread stops, and its process's fault endpoint gets a
/// message that says why. Who receives it may repair the cause and resume the thread by a reply, or end it.
enum Faults {
    /// Where a thread's faults go: to the handler that it was given, or else to its process's. One that cannot receive
    /// any more is none.
    private static func handler(of thread: ThreadReference) -> (EndpointReference, badge: UInt32)? {
        if let handler = thread.pointee.handler, handler.pointee.isOpen {
            return (handler, thread.pointee.handlerBadge)
        }
        let process = thread.pointee.process
        guard let endpoint = process.pointee.faultEndpoint, endpoint.pointee.isOpen else { return nil }
        return (endpoint, process.pointee.faultBadge)
    }

    /// The current thread has passed an address to a system call at which a page is missing, or read-only. Its handler
    /// is asked, and the call is made again when the page is there. False if there is no handler.
    static func raise(_ thread: ThreadReference, _ page: UserMemory.MissingPage) -> Bool {
        guard handler(of: thread) != nil else { return false }
        let frame = thread.pointee.frame
        SystemCalls.rewind(frame)
        let isPresent = thread.pointee.process.pointee.space.isMapped(page.address)
        frame.pointee.vector = 14
        // User mode, write, present: as the processor would say (Intel SDM volume 3, "Page-Fault Exception").
        frame.pointee.error = FaultRecord.systemCallFlag | 4 | (page.isWrite ? 2 : 0) | (isPresent ? 1 : 0)
        raise(thread, address: page.address)
        return true
    }

    /// The current thread, in user mode, has raised an exception.
    static func raise(_ thread: ThreadReference, address: UInt32) {
        thread.pointee.isFaulted = true
        thread.pointee.faultAddress = address
        thread.pointee.wantsReply = true
        guard let (endpoint, badge) = handler(of: thread) else {
            report(thread)
            Scheduler.block(.faulted)
            Threads.condemn(thread)
            return
        }
        thread.pointee.badge = badge
        do {
            _ = try Messages.send(thread, to: endpoint, state: .faulted, timeout: Timeout.never)
        } catch {
            // A fault message comes from the kernel: nothing in it can be wrong.
            Scheduler.block(.faulted)
            Threads.condemn(thread)
        }
    }

    /// Does with a faulted thread what its handler has decided: the current thread, by the reply that it makes.
    static func answer(_ thread: ThreadReference, by handler: ThreadReference) {
        let frame = thread.pointee.frame
        let isCall = frame.pointee.vector == 14 && frame.pointee.error & FaultRecord.systemCallFlag != 0
        thread.pointee.isFaulted = false
        switch handler.pointee.label {
        case FaultReply.resume: break
        case FaultReply.fail where isCall: SystemCalls.fail(frame, .badAddress)
        case FaultReply.change where change(frame, handler.pointee.sends): break
        default:
            thread.pointee.state = .faulted
            Threads.condemn(thread)
            return
        }
        Scheduler.makeReady(thread, first: true)
    }

    /// The flags that user code could set itself, but NT: CF, PF, AF, ZF, SF, TF, DF, OF, AC, ID.
    private static var changeableFlags: UInt32 { 0x24_0DD5 }

    /// Gives a thread the registers of a `FaultRecord` in the current process's memory. False if there is none.
    private static func change(_ frame: UnsafeMutablePointer<TrapFrame>, _ bytes: PieceList) -> Bool {
        let size = UInt32(MemoryLayout<FaultRecord>.size)
        guard bytes.count == 1, bytes.length == size, let record = try? UserMemory.readable(bytes[0].address, size)
        else { return false }
        // Valid: the type is made of integers.
        let registers = record.loadUnaligned(as: FaultRecord.self)
        frame.pointee.eax = registers.eax
        frame.pointee.ebx = registers.ebx
        frame.pointee.ecx = registers.ecx
        frame.pointee.edx = registers.edx
        frame.pointee.esi = registers.esi
        frame.pointee.edi = registers.edi
        frame.pointee.ebp = registers.ebp
        frame.pointee.esp = registers.esp
        frame.pointee.eip = registers.eip
        frame.pointee.eflags = frame.pointee.eflags & ~changeableFlags | registers.eflags & changeableFlags
        return true
    }

    /// Puts the fault message of `thread` into a receiver's registers, and its buffer if that can hold a `FaultRecord`.
    static func deliver(_ thread: ThreadReference, to receiver: ThreadReference) {
        let frame = thread.pointee.frame.pointee
        var record = FaultRecord()
        record.vector = frame.vector
        record.errorCode = frame.error
        record.address = thread.pointee.faultAddress
        record.process = thread.pointee.process.pointee.number
        record.thread = thread.pointee.number
        record.eax = frame.eax
        record.ebx = frame.ebx
        record.ecx = frame.ecx
        record.edx = frame.edx
        record.esi = frame.esi
        record.edi = frame.edi
        record.ebp = frame.ebp
        record.esp = frame.esp
        record.eip = frame.eip
        record.eflags = frame.eflags
        record.cs = frame.cs
        record.ss = frame.ss
        record.ds = frame.ds
        var length = UInt32(MemoryLayout<FaultRecord>.size)
        if receiver.pointee.receives.length < length || !copy(record, to: receiver) { length = 0 }
        let target = receiver.pointee.frame
        target.pointee.eax = MessageTag(label: MessageLabel.fault, length: length, wantsReply: true).rawValue
        target.pointee.ebx = thread.pointee.badge
        target.pointee.esi = frame.vector
        target.pointee.edi = thread.pointee.faultAddress
        target.pointee.ebp = frame.eip
    }

    /// Whether the record could be put into the receiver's buffer.
    private static func copy(_ record: FaultRecord, to receiver: ThreadReference) -> Bool {
        do {
            try withUnsafeBytes(of: record) { bytes throws(UserMemory.CopyError) in
                try UserMemory.copy(
                    from: bytes, to: receiver.pointee.process.pointee.space, MessageContents.receives(receiver))
            }
            return true
        } catch {
            return false
        }
    }

    /// Logs the end of a thread that nobody is there to handle.
    static func report(_ thread: ThreadReference) {
        let frame = thread.pointee.frame.pointee
        let log = Log.line("process ", .warning).decimal(thread.pointee.process.pointee.number).text(": ")
        log.text(ExceptionName.text(frame.vector)).text(" at ").address(frame.eip)
        if frame.vector == 14 { log.text(", address ").address(thread.pointee.faultAddress) }
        log.text("; thread ended").end()
    }
}
