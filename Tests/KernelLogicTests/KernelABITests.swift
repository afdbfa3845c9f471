import KernelABI
import Testing

/// The registers and structures that kernel and programs share, bit for bit as the pages of the calls draw them
/// (docs/system-calls).
@Suite struct KernelABITests {
    @Test func `EAX of a call is its number and its label`() {
        let number = SystemCallNumber(.replyReceive, label: 1000)
        #expect(number.rawValue == 0x03E8_0008)
        #expect(number.call == .replyReceive && number.label == 1000)
        #expect(SystemCallNumber(.send, label: 1024).label == 0, "an upper bit of a label is lost")
        for bit in 8..<32 as Range<UInt32> {
            let value: UInt32 = 1 | 1 << bit
            let isAllowed = (16..<26).contains(bit)
            #expect((SystemCallNumber(rawValue: value).call == .yield) == isAllowed)
        }
        for value in [0, 39, 0xFF, 0xFFFF_FFFF] as [UInt32] { #expect(SystemCallNumber(rawValue: value).call == nil) }
        #expect(SystemCall.numbers.allSatisfy { SystemCallNumber(rawValue: $0).call?.rawValue == $0 })
    }

    @Test func `EAX of a received message`() {
        let tag = MessageTag(label: 1003, length: 65536, wantsReply: true, capabilities: 4)
        #expect(tag.rawValue == 0x7D73_0000, "1003 in bits 21-30, 4 in 18-20, bit 17, 65536 in 0-16")
        #expect(tag.label == 1003 && tag.length == 65536 && tag.wantsReply && tag.capabilities == 4)
        #expect(
            Int32(bitPattern: MessageTag(label: 1023, length: 65536, wantsReply: true, capabilities: 4).rawValue) >= 0)
    }

    @Test func `the structures have their sizes and places`() {
        #expect(MemoryLayout<MessageBuffers>.size == 24 && MemoryLayout<MessagePiece>.size == 8)
        #expect(MemoryLayout<FaultRecord>.size == 72 && MemoryLayout<LogRecord>.size == 8)
        let buffers = MessageBuffers(
            sendAddress: 1, sendLength: 2, receiveAddress: 3, receiveCapacity: 4, sendSlots: 0x0022_1110,
            receiveSlots: 30 | 4 << 8, sendPieces: 5, receivePieces: 6)
        let words = withUnsafeBytes(of: buffers) { Array($0.bindMemory(to: UInt32.self)) }
        #expect(words == [1, 2, 3, 4, 0x0022_1110, 0x0605_041E])
        let slots = buffers.slots
        #expect(slots.sendCount == 3)
        for (index, slot) in ([0x10, 0x11, 0x22, 0] as [UInt32]).enumerated() {
            #expect(slots.slotToSend(UInt32(index)) == slot)
        }
        #expect(slots.firstToReceive == 30 && slots.receiveCount == 4)
        #expect(slots.sendPieces == 5 && slots.receivePieces == 6)
        #expect(MessageSlots(send: 0x0101_0101).sendCount == 4)
        #expect(MessageSlots(send: 0x1100_0010).sendCount == 1, "the first 0 ends the list")
    }

    @Test func `a record of the log is aligned to four`() {
        #expect(LogRecord(length: 0, level: 0, milliseconds: 0).size == 8)
        #expect(LogRecord(length: 1, level: 0, milliseconds: 0).size == 12)
        #expect(LogRecord(length: 4, level: 0, milliseconds: 0).size == 12)
        #expect(LogRecord(length: 240, level: 0, milliseconds: 0).size == 248)
    }
}
