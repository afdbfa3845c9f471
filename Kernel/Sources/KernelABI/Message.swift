// A message is a label, three register words, and up to 64 KiB of bytes copied from the sender's buffer to the
// receiver's. Sending waits for a receiver (nothing is queued in the kernel but threads), so a message never needs
// memory.
//
//     tag, as received in EAX:    31   30      18        17          16             0
//                               | 0 |  label   | wants reply | bytes in buffer   |

/// What a receive returns in EAX.
///
/// Bits 0-16: number of bytes put into the receive buffer (0...65536). Bit 17: the sender waits for a reply. Bits
/// 18-30: the label (0...8191). Bit 31 is clear.
public struct MessageTag: Equatable {
    public var rawValue: UInt32

    @inline(__always)
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Assembles a tag. A label or length out of range loses its upper bits.
    @inline(__always)
    public init(label: UInt32, length: UInt32, wantsReply: Bool) {
        rawValue = (label & Self.maximumLabel) << 18 | (wantsReply ? 1 << 17 : 0) | (length & 0x1FFFF)
    }

    /// The largest label.
    public static var maximumLabel: UInt32 { 0x1FFF }

    /// What kind of message this is, 0...8191: agreed between sender and receiver. See `MessageLabel`.
    @inline(__always)
    public var label: UInt32 { rawValue >> 18 & Self.maximumLabel }

    /// How many bytes came into the receive buffer.
    @inline(__always)
    public var length: UInt32 { rawValue & 0x1FFFF }

    /// Whether the sender waits for a reply (`SystemCall.call`, or a fault).
    @inline(__always)
    public var wantsReply: Bool { rawValue & (1 << 17) != 0 }
}

/// Labels that the kernel itself sends with. They begin at 8000; lower ones are free for protocols of user space.
///
/// The kernel's messages are told from forged ones by their badge: a receiver gives nobody else a capability with it.
public enum MessageLabel {
    /// An interrupt: word 0 is the line. Nobody waits for a reply; see `SystemCall.interruptAcknowledge`.
    public static var interrupt: UInt32 { 8000 }
    /// An exception in user mode: word 0 is the vector, word 1 the faulting address (CR2, page faults only), word 2 the
    /// instruction's address; the buffer holds a `FaultRecord`. The thread waits for the reply: one with label 0 lets
    /// it run again from the same instruction; label 1 ends it.
    public static var fault: UInt32 { 8001 }
    /// The last thread of a process ended: word 0 is the number of the process. Nobody waits for a reply. Sent to the
    /// process's fault endpoint with its badge.
    public static var processEnded: UInt32 { 8002 }
}

/// The longest buffer of a message, in bytes.
public let maximumMessageLength: UInt32 = 65536

/// Where the bytes of a message come from and go to: the structure at the address in EDX (aligned to 4 bytes).
///
/// A call uses both halves: it sends from the first and receives the reply into the second. They may overlap.
public struct MessageBuffers {
    /// Address of the bytes to send.
    public var sendAddress: UInt32
    /// Number of bytes to send, 0...`maximumMessageLength`.
    public var sendLength: UInt32
    /// Address where received bytes go.
    public var receiveAddress: UInt32
    /// Size of that buffer; a longer message is not delivered, and its sender gets `KernelError.bufferTooSmall`.
    public var receiveCapacity: UInt32

    public init(sendAddress: UInt32, sendLength: UInt32, receiveAddress: UInt32, receiveCapacity: UInt32) {
        self.sendAddress = sendAddress
        self.sendLength = sendLength
        self.receiveAddress = receiveAddress
        self.receiveCapacity = receiveCapacity
    }
}

/// The registers of a thread that faulted, as the buffer of a fault message holds them. 72 bytes.
public struct FaultRecord {
    /// Exception vector, 0...31 (Intel SDM volume 3, table 6-1).
    public var vector: UInt32
    /// The processor's error code, or 0 for vectors that have none.
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
