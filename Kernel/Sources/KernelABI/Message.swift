// A message is a label, three register words, up to 64 KiB of bytes copied from the sender's buffer to the receiver's
// (either may be in several pieces), and up to four capabilities. Sending waits for a receiver (nothing is queued in
// the kernel but threads), so a message never needs memory.
//
//     tag, as received in EAX:    31   30     21   20          18        17          16             0
//                               | 0 |  label   | capabilities | wants reply | bytes in buffer   |

/// What a receive returns in EAX.
///
/// Bits 0-16: number of bytes put into the receive buffer (0...65536). Bit 17: the sender waits for a reply. Bits
/// 18-20: number of capabilities received (0...4). Bits 21-30: the label (0...1023). Bit 31 is clear.
public struct MessageTag: Equatable {
    public var rawValue: UInt32

    @inline(__always)
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Assembles a tag. A label, length or count out of range loses its upper bits.
    @inline(__always)
    public init(label: UInt32, length: UInt32, wantsReply: Bool, capabilities: UInt32 = 0) {
        rawValue =
            (label & Self.maximumLabel) << 21 | (capabilities & 7) << 18 | (wantsReply ? 1 << 17 : 0)
            | (length & 0x1FFFF)
    }

    /// The largest label.
    public static var maximumLabel: UInt32 { 0x3FF }

    /// What kind of message this is, 0...1023: agreed between sender and receiver. See `MessageLabel`.
    @inline(__always)
    public var label: UInt32 { rawValue >> 21 & Self.maximumLabel }

    /// How many capabilities came into the receiver's slots.
    @inline(__always)
    public var capabilities: UInt32 { rawValue >> 18 & 7 }

    /// How many bytes came into the receive buffer.
    @inline(__always)
    public var length: UInt32 { rawValue & 0x1FFFF }

    /// Whether the sender waits for a reply (`SystemCall.call`, or a fault).
    @inline(__always)
    public var wantsReply: Bool { rawValue & (1 << 17) != 0 }
}

/// Labels that the kernel itself sends with. They begin at 1000; lower ones are free for protocols of user space.
///
/// The kernel's messages are told from forged ones by their badge: a receiver gives nobody else a capability with it.
public enum MessageLabel {
    /// An interrupt: word 0 is the line. Nobody waits for a reply; see `SystemCall.interruptAcknowledge`.
    public static var interrupt: UInt32 { 1000 }
    /// An exception in user mode: word 0 is the vector, word 1 the faulting address (CR2, page faults only), word 2 the
    /// instruction's address; the buffer holds a `FaultRecord`. The thread waits for the reply, whose label is a
    /// `FaultReply`.
    public static var fault: UInt32 { 1001 }
    /// The last thread of a process ended: word 0 is the number of the process. Nobody waits for a reply. Sent to the
    /// process's fault endpoint with its badge.
    public static var processEnded: UInt32 { 1002 }
    /// A notification that is bound to the endpoint was signalled: word 0 holds the bits. Nobody waits for a reply.
    public static var notification: UInt32 { 1003 }
}

/// What becomes of a thread that has faulted: the label of the reply.
public enum FaultReply {
    /// It runs again from the same instruction. One that faulted in a system call makes the call again.
    public static var resume: UInt32 { 0 }
    /// It ends.
    public static var end: UInt32 { 1 }
    /// The system call that it faulted in fails with `KernelError.badAddress`; another fault ends it.
    public static var fail: UInt32 { 2 }
    /// It runs again with other registers: those of the `FaultRecord` that the reply's bytes are, in one buffer. EAX to
    /// EBP, ESP and EIP count, and of EFLAGS what user code could set itself (but for NT). A reply with other bytes
    /// ends it.
    public static var change: UInt32 { 3 }
}

/// The most capabilities in a message.
public let maximumMessageCapabilities: UInt32 = 4

/// The longest buffer of a message, in bytes.
public let maximumMessageLength: UInt32 = 65536

/// The most pieces of memory on either side of a message.
public let maximumMessagePieces: UInt32 = 8

/// A piece of memory that bytes of a message come from or go to.
public struct MessagePiece: Equatable, Sendable {
    public var address: UInt32
    /// In bytes; 0 is allowed.
    public var length: UInt32

    @inline(__always)
    public init(address: UInt32, length: UInt32) {
        self.address = address
        self.length = length
    }
}

/// Where the bytes of a message come from and go to: the structure at the address in EDX (aligned to 4 bytes).
///
/// A call uses both halves: it sends from the first and receives the reply into the second. They may overlap. Either
/// half names one buffer, or up to `maximumMessagePieces` pieces of memory, whose bytes are one message in their order.
public struct MessageBuffers {
    /// Address of the bytes to send; or, if `slots` says that there are pieces, of that many `MessagePiece`s.
    public var sendAddress: UInt32
    /// Number of bytes to send, 0...`maximumMessageLength`. Of pieces it is ignored: their lengths count.
    public var sendLength: UInt32
    /// Address where received bytes go, or of `MessagePiece`s.
    public var receiveAddress: UInt32
    /// Size of that buffer; a longer message is not delivered, and its sender gets `KernelError.bufferTooSmall`. Of
    /// pieces it is ignored.
    public var receiveCapacity: UInt32
    /// The capabilities that go along, and how many pieces there are.
    public var slots: MessageSlots

    public init(
        sendAddress: UInt32 = 0, sendLength: UInt32 = 0, receiveAddress: UInt32 = 0, receiveCapacity: UInt32 = 0,
        sendSlots: UInt32 = 0, receiveSlots: UInt32 = 0, sendPieces: UInt32 = 0, receivePieces: UInt32 = 0
    ) {
        self.sendAddress = sendAddress
        self.sendLength = sendLength
        self.receiveAddress = receiveAddress
        self.receiveCapacity = receiveCapacity
        slots = MessageSlots(
            send: sendSlots, receive: receiveSlots & 0xFFFF | (sendPieces & 0xFF) << 16 | receivePieces << 24)
    }
}

/// Where capabilities of a message come from and go to; the last eight bytes of `MessageBuffers`.
public struct MessageSlots {
    /// Slots of capabilities to send, which are copied (`SystemCall.capabilityCopy`): a byte each, the first in bits
    /// 0-7; the first 0 ends the list.
    public var send: UInt32
    /// Where received capabilities go: the first of consecutive empty slots in bits 0-7, their number in bits 8-15. A
    /// message with more capabilities is not delivered, and its sender gets `KernelError.bufferTooSmall`. Bits 16-23
    /// and 24-31: how many pieces of memory are sent from and received into; 0 = one buffer.
    public var receive: UInt32

    @inline(__always)
    public init(send: UInt32 = 0, receive: UInt32 = 0) {
        self.send = send
        self.receive = receive
    }

    /// How many capabilities are to be sent.
    public var sendCount: UInt32 {
        var count: UInt32 = 0
        while count < maximumMessageCapabilities, slotToSend(count) != 0 { count += 1 }
        return count
    }

    /// The slot of a capability to send, 0 ..< `maximumMessageCapabilities`; 0 = none.
    public func slotToSend(_ index: UInt32) -> UInt32 { send >> (index * 8) & 0xFF }

    /// The first slot for received capabilities, and how many there are.
    public var firstToReceive: UInt32 { receive & 0xFF }
    public var receiveCount: UInt32 { receive >> 8 & 0xFF }

    /// How many pieces of memory are sent from, and received into; 0 = one buffer.
    @inline(__always)
    public var sendPieces: UInt32 { receive >> 16 & 0xFF }
    @inline(__always)
    public var receivePieces: UInt32 { receive >> 24 }
}

/// The registers of a thread that faulted, as the buffer of a fault message holds them. 72 bytes.
public struct FaultRecord {
    /// Exception vector, 0...31 (Intel SDM volume 3, table 6-1).
    public var vector: UInt32
    /// The processor's error code, or 0 for vectors that have none; with `systemCallFlag` if it was the kernel that
    /// found the page missing or read-only, at an address that the thread has passed to a system call.
    public var errorCode: UInt32
    /// CR2 (page faults), else 0.
    public var address: UInt32
    /// Number of the process and of the thread, as `threadCreate` and `processCreate` gave them.
    public var process: UInt32
    public var thread: UInt32
    public var eax: UInt32
    public var ebx: UInt32
    public var ecx: UInt32
    public var edx: UInt32
    public var esi: UInt32
    public var edi: UInt32
    public var ebp: UInt32
    public var esp: UInt32
    public var eip: UInt32
    public var eflags: UInt32
    public var cs: UInt32
    public var ss: UInt32
    public var ds: UInt32

    /// Set in the error code of a page fault that a system call found.
    public static var systemCallFlag: UInt32 { 1 << 16 }

    /// An empty record, to be filled by a receive.
    public init() {
        vector = 0
        errorCode = 0
        address = 0
        process = 0
        thread = 0
        eax = 0
        ebx = 0
        ecx = 0
        edx = 0
        esi = 0
        edi = 0
        ebp = 0
        esp = 0
        eip = 0
        eflags = 0
        cs = 0
        ss = 0
        ds = 0
    }
}
