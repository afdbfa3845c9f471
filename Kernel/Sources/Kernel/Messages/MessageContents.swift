import KernelABI
import KernelAssembly
import KernelLogic

/// What a message has beside its registers: bytes, in one buffer or several pieces on either side, and capabilities.
///
/// A call first notes in the thread where they come from and go to (`note`), and checks that all of that memory is
/// there; they move when the other side is there too (`move`). What was checked can be gone by then, since the other
/// threads of a process run on: then the thread whose page is missing makes its call again (`TransferError.senderPage`,
/// `.receiverPage`), and as its page is missing then, its handler is asked. A long copy goes in steps between which
/// interrupts have their turn; how far it has come is noted in the thread that waits.
enum MessageContents {
    /// Why nothing was transferred, or not all yet.
    enum TransferError: Error {
        /// The sender's message, or the receiver's place for it, is not as it must be.
        case sender(KernelError)
        case receiver(KernelError)
        /// A page of the sender's bytes, or of the receiver's buffers, is not there any more.
        case senderPage
        case receiverPage
        /// Interrupts are to have their turn before the next bytes.
        case unfinished
    }

    /// Bytes that are copied between two looks at the interrupts.
    private static var copyStep: UInt32 { 16 << 10 }

    /// Notes that a thread has nothing to send or to receive into but registers.
    @inline(__always)
    static func noteNone(_ thread: ThreadReference) {
        thread.pointee.sends.removeAll()
        noteNoReceiving(thread)
    }

    /// Notes that nothing but registers can be received. What is noted of sending is of no importance while it waits.
    @inline(__always)
    static func noteNoReceiving(_ thread: ThreadReference) {
        thread.pointee.receives.removeAll()
        thread.pointee.slots.receive = 0
        thread.pointee.copier = 0
    }

    /// Notes what the `MessageBuffers` at `address` says, for the current thread; 0 = nothing. `isSending`: the half
    /// for sending too.
    ///
    /// - Throws: `.badAddress` if the structure, a list of pieces, or a page of them is not there; `.badArgument` for
    ///   too many pieces, or bytes to send.
    static func note(_ thread: ThreadReference, _ address: UInt32, isSending: Bool) throws(KernelError) {
        guard address != 0 else {
            noteNone(thread)
            thread.pointee.slots.send = 0
            return
        }
        let buffers = try buffers(at: address)
        thread.pointee.slots.send = buffers.slots.send
        let sends = sends(thread)
        if !isSending {
            sends.pointee.removeAll()
        } else if buffers.slots.sendPieces == 0 {
            guard buffers.sendLength <= maximumMessageLength else { throw .badArgument }
            sends.pointee.set(buffers.sendAddress, buffers.sendLength)
        } else {
            guard try readPieces(sends, buffers.sendAddress, buffers.slots.sendPieces) else { throw .badArgument }
        }
        try noteReceiving(thread, buffers)
        try UserMemory.check(sends, writable: false)
    }

    @inline(__always)
    private static func buffers(at address: UInt32) throws(KernelError) -> MessageBuffers {
        // Valid: the type is made of integers.
        try UserMemory.readable(address, UInt32(MemoryLayout<MessageBuffers>.size)).loadUnaligned(
            as: MessageBuffers.self)
    }

    /// Notes the half for receiving.
    @inline(__always)
    private static func noteReceiving(_ thread: ThreadReference, _ buffers: MessageBuffers) throws(KernelError) {
        thread.pointee.copier = 0
        thread.pointee.slots.receive = buffers.slots.receive
        let receives = receives(thread)
        if buffers.slots.receivePieces == 0 {
            // No more than this can come, and looking at it is bounded.
            let capacity = min(buffers.receiveCapacity, maximumMessageLength)
            receives.pointee.set(buffers.receiveAddress, capacity)
            try UserMemory.check(buffers.receiveAddress, capacity, writable: true)
        } else {
            _ = try readPieces(receives, buffers.receiveAddress, buffers.slots.receivePieces)
            try UserMemory.check(receives, writable: true)
        }
    }

    /// Reads a list of pieces out of the current process's memory; returns whether they are no longer than a message.
    private static func readPieces(
        _ list: UnsafeMutablePointer<PieceList>, _ address: UInt32, _ count: UInt32
    ) throws(KernelError) -> Bool {
        guard count <= maximumMessagePieces else { throw .badArgument }
        let size = UInt32(MemoryLayout<MessagePiece>.size)
        let bytes = try UserMemory.readable(address, count * size)
        list.pointee.removeAll()
        var fits = true
        for index in 0..<count {
            // Valid: the type is made of integers.
            let piece = bytes.loadUnaligned(fromByteOffset: Int(index * size), as: MessagePiece.self)
            if !list.pointee.append(piece, limit: maximumMessageLength) { fits = false }
        }
        return fits
    }

    /// Moves bytes and capabilities; returns how many. `waiting` is the one of the two that waits for the other.
    static func move(
        from sender: ThreadReference, to receiver: ThreadReference, waiting: ThreadReference
    ) throws(TransferError) -> (length: UInt32, capabilities: UInt32) {
        let length = sender.pointee.sends.length
        guard length > 0 || sender.pointee.slots.send != 0 else { return (0, 0) }
        guard length <= receiver.pointee.receives.length else { throw .sender(.bufferTooSmall) }
        let capabilities = sender.pointee.slots.send == 0 ? 0 : try checkCapabilities(from: sender, to: receiver)
        if length <= copyStep {
            try copy(from: sender, to: receiver, 0..<length)
        } else {
            try copyPart(from: sender, to: receiver, waiting, length)
        }
        if capabilities != 0 { moveCapabilities(capabilities, from: sender, to: receiver) }
        return (length, capabilities)
    }

    /// The short way of `note` and `move`, for a message of one buffer and no capabilities that is copied in one step
    /// from the current thread to one that waits for it. Its bytes, once checked, are read where they are.
    ///
    /// - Returns: The number of bytes; nil, with nothing done that could not be done again, if the message is none of
    ///   these, or anything is wrong with it.
    @inline(__always)
    static func pass(_ address: UInt32, from sender: ThreadReference, to receiver: ThreadReference) -> UInt32? {
        guard address != 0 else {
            noteNoReceiving(sender)
            return 0
        }
        guard let buffers = try? buffers(at: address), buffers.slots.send == 0, buffers.slots.sendPieces == 0,
            buffers.sendLength <= receiver.pointee.receives.length, buffers.sendLength <= copyStep,
            (try? noteReceiving(sender, buffers)) != nil
        else { return nil }
        guard buffers.sendLength > 0 else { return 0 }
        guard let bytes = try? UserMemory.readable(buffers.sendAddress, buffers.sendLength),
            (try? UserMemory.copy(
                from: bytes, to: receiver.pointee.process.pointee.space, receives(receiver))) != nil
        else { return nil }
        return buffers.sendLength
    }

    private static func copy(
        from sender: ThreadReference, to receiver: ThreadReference, _ range: Range<UInt32>
    ) throws(TransferError) {
        do {
            try UserMemory.copy(
                from: sender.pointee.process.pointee.space, sends(sender), to: receiver.pointee.process.pointee.space,
                receives(receiver), range)
        } catch {
            switch error {
            case .source: throw .senderPage
            case .destination: throw .receiverPage
            }
        }
    }

    /// Copies the next part of a long message.
    private static func copyPart(
        from sender: ThreadReference, to receiver: ThreadReference, _ waiting: ThreadReference, _ length: UInt32
    ) throws(TransferError) {
        let copier = (waiting == sender ? receiver : sender).pointee.number
        // Somebody else's beginning is none of ours; and a list that was changed meanwhile could be shorter.
        var done = waiting.pointee.copier == copier ? waiting.pointee.copied : 0
        if done >= length { done = 0 }
        let end = min(length, done + copyStep)
        try copy(from: sender, to: receiver, done..<end)
        waiting.pointee.copier = end < length ? copier : 0
        waiting.pointee.copied = end
        if end < length { throw .unfinished }
    }

    /// Checks the slots of the capabilities in a message on both sides; returns their number.
    private static func checkCapabilities(
        from sender: ThreadReference, to receiver: ThreadReference
    ) throws(TransferError) -> UInt32 {
        let count = sender.pointee.slots.sendCount
        guard count <= receiver.pointee.slots.receiveCount else { throw .sender(.bufferTooSmall) }
        for index in 0..<count {
            do throws(KernelError) {
                let table = sender.pointee.process.pointee.capabilities
                let slot = try table.occupied(sender.pointee.slots.slotToSend(index))
                guard slot.pointee.allows(.copy) else { throw .permissionDenied }
            } catch {
                throw .sender(error)
            }
            do {
                let table = receiver.pointee.process.pointee.capabilities
                _ = try table.empty(receiver.pointee.slots.firstToReceive + index)
            } catch {
                throw .receiver(error)
            }
        }
        return count
    }

    /// Copies the first `count` capabilities of a message, which have been checked.
    private static func moveCapabilities(_ count: UInt32, from sender: ThreadReference, to receiver: ThreadReference) {
        for index in 0..<count {
            let source = sender.pointee.process.pointee.capabilities[sender.pointee.slots.slotToSend(index)]
            let slot = receiver.pointee.process.pointee.capabilities[receiver.pointee.slots.firstToReceive + index]
            if let copy = try? source.pointee.derived(~0, badge: 0) {
                Capabilities.derive(copy, from: source, into: slot)
            }
        }
    }

    // Valid as long as the thread: its memory does not move.

    @inline(__always)
    private static func sends(_ thread: ThreadReference) -> UnsafeMutablePointer<PieceList> {
        withUnsafeMutablePointer(to: &thread.pointee.sends) { $0 }
    }
    @inline(__always)
    static func receives(_ thread: ThreadReference) -> UnsafeMutablePointer<PieceList> {
        withUnsafeMutablePointer(to: &thread.pointee.receives) { $0 }
    }
}
