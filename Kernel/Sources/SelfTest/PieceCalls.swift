import CUser
import User

/// Puts a `MessageBuffers` for pieces of memory, and their two lists, into a page of its own; returns its address.
private func buffers(
    send: [MessagePiece], receive: [MessagePiece], sendCount: UInt32? = nil, receiveCount: UInt32? = nil,
    at index: UInt32 = 0
) -> UInt32 {
    // The lowest part of the second thread's stack, which it never reaches; behind the other test's.
    let address = Place.stack + 0x200 + index * 0x100
    let lists = UnsafeMutablePointer<MessagePiece>(bitPattern: UInt(address + 32))!
    for (index, piece) in send.enumerated() where index < 12 { lists[index] = piece }
    for (index, piece) in receive.enumerated() where index < 12 { lists[12 + index] = piece }
    UnsafeMutablePointer<MessageBuffers>(bitPattern: UInt(address))!.pointee = MessageBuffers(
        sendAddress: address + 32, sendLength: 0xFFFF_FFFF, receiveAddress: address + 32 + 12 * 8,
        receiveCapacity: 0, sendPieces: sendCount ?? UInt32(send.count),
        receivePieces: receiveCount ?? UInt32(receive.count))
    return address
}

private func piece(_ address: UInt32, _ length: UInt32) -> MessagePiece {
    MessagePiece(address: address, length: length)
}

/// The second half of the buffer, which the server uses.
private var half: UInt32 { Place.buffer + Place.bufferLength / 2 }

/// Messages in several pieces that are not as they must be.
func testPieceErrors() {
    _ = invoke(.endpointCreate, Place.endpoint)
    let good = piece(Place.buffer, 16)
    for call in [.send, .call] as [SystemCall] {
        let many = buffers(send: Array(repeating: good, count: 9), receive: [])
        Check.error(invoke(call, Place.endpoint, Timeout.now, many), .badArgument, "send: nine pieces")
        let long = buffers(send: [good, piece(Place.buffer, maximumMessageLength)], receive: [])
        Check.error(invoke(call, Place.endpoint, Timeout.now, long), .badArgument, "send: pieces' length")
        let overflow = buffers(send: [good, piece(Place.buffer, 0xFFFF_FFF8)], receive: [])
        Check.error(invoke(call, Place.endpoint, Timeout.now, overflow), .badArgument, "send: pieces' overflow")
        let most = buffers(
            send: [piece(Place.bad[0], 0), good, piece(Place.buffer, maximumMessageLength - 16)], receive: [])
        Check.error(invoke(call, Place.endpoint, Timeout.now, most), .timedOut, "send: pieces of 64 KiB in all")
        for index in 0..<6 {
            let bad = buffers(send: [good, piece(Place.bad[index], 16)], receive: [])
            Check.error(invoke(call, Place.endpoint, Timeout.now, bad), .badAddress, "send: a bad piece")
            bufferList(sendList: Place.bad[index], receiveList: 0, sendCount: 2, receiveCount: 0)
            Check.error(invoke(call, Place.endpoint, Timeout.now, listAddress), .badAddress, "send: a bad list")
        }
    }
    let many = buffers(send: [], receive: Array(repeating: good, count: 9))
    Check.error(invoke(.receive, Place.endpoint, Timeout.now, many), .badArgument, "receive: nine pieces")
    let all = buffers(send: [], receive: [], receiveCount: 255)
    Check.error(invoke(.receive, Place.endpoint, Timeout.now, all), .badArgument, "receive: 255 pieces")
    // More than can come is not looked at.
    let large = buffers(
        send: [], receive: [piece(Place.buffer, maximumMessageLength), piece(Place.bad[1], 0xFFFF_0000)])
    Check.error(invoke(.receive, Place.endpoint, Timeout.now, large), .timedOut, "receive: more than can come")
    let readOnly = buffers(send: [], receive: [good, piece(Place.readOnly, 16)])
    Check.error(invoke(.receive, Place.endpoint, Timeout.now, readOnly), .badAddress, "receive: a read-only piece")
    for index in 0..<6 {
        let bad = buffers(send: [], receive: [good, piece(Place.bad[index], 16)])
        Check.error(invoke(.receive, Place.endpoint, Timeout.now, bad), .badAddress, "receive: a bad piece")
        bufferList(sendList: 0, receiveList: Place.bad[index], sendCount: 0, receiveCount: 2)
        Check.error(invoke(.receive, Place.endpoint, Timeout.now, listAddress), .badAddress, "receive: a bad list")
    }
    _ = invoke(.capabilityDelete, Place.endpoint)
}

private var listAddress: UInt32 { Place.stack + 0x500 }

/// A `MessageBuffers` at `listAddress` whose lists are anywhere.
private func bufferList(sendList: UInt32, receiveList: UInt32, sendCount: UInt32, receiveCount: UInt32) {
    UnsafeMutablePointer<MessageBuffers>(bitPattern: UInt(listAddress))!.pointee = MessageBuffers(
        sendAddress: sendList, receiveAddress: receiveList, sendPieces: sendCount, receivePieces: receiveCount)
}

/// Receives into three pieces, and answers with as many bytes from two others that cover the same memory.
@c(self_test_piece_server)
func pieceServer() {
    let receive = [piece(half, 5), piece(half + 5, 4099), piece(half + 4104, maximumMessageLength - 4104)]
    var tag = invoke(.receive, Place.endpoint, 0, buffers(send: [], receive: receive, at: 1)).tag
    while tag.label != 99 {
        let first = min(tag.length, 8191)
        let send = [piece(half, first), piece(half + first, tag.length - first)]
        let both = buffers(send: send, receive: receive, at: 1)
        tag = invoke(.replyReceive, label: tag.label + 1, Place.endpoint, 0, both).tag
    }
    User.Thread.exit()
}

/// Bytes that come from many places and go to many.
func testPieces() {
    _ = invoke(.endpointCreate, Place.endpoint)
    start(pieceServer)
    let there = Place.free
    Check.equal(invoke(.memoryMap, InitialSlot.process, there, 0x2_0000, 1), 0, "memoryMap: pieces")
    for length in [0, 1, 7, 4000, 4096, 16384, 16385, 40000, 65536] as [UInt32] {
        for index in 0..<Int(length) {
            pointer(Place.buffer)[index] = UInt8(truncatingIfNeeded: index &* 29 &+ index >> 8)
        }
        // Eight pieces: of no bytes, of a few, and the rest; into seven, that lie apart and in another order.
        var send: [MessagePiece] = []
        var done: UInt32 = 0
        for part in [3, 0, 100, 4096, 1, 8000, 0] as [UInt32] {
            let count = min(part, length - done)
            send.append(piece(Place.buffer + done, count))
            done += count
        }
        send.append(piece(Place.buffer + done, length - done))
        var receive: [MessagePiece] = []
        done = 0
        for (index, part) in [9, 2000, 0, 5000, 4095, 1].enumerated() {
            let count = min(UInt32(part), length - done)
            receive.append(piece(there + 0x1_0000 + UInt32(5 - index) * 0x2000, count))
            done += count
        }
        receive.append(piece(there, length - done))
        let tag = invoke(.call, label: 7, Place.endpoint, 0, buffers(send: send, receive: receive)).tag
        Check.isTrue(tag.label == 8 && tag.length == length, "call: pieces")
        var place = 0
        var isSame = true
        for part in receive {
            for index in 0..<Int(part.length) {
                if pointer(part.address)[index] != pointer(Place.buffer)[place] { isSame = false }
                place += 1
            }
        }
        Check.isTrue(isSame && place == Int(length), "call: the pieces' bytes")
    }
    // The pieces have room for one byte less than the answer has.
    let short = buffers(send: [piece(Place.buffer, 100)], receive: [piece(there, 50), piece(there, 49)])
    Check.error(invoke(.call, label: 7, Place.endpoint, 0, short), .bufferTooSmall, "call: reply pieces too small")
    // By the library.
    let text: StaticString = "gather"
    let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: 6)
    var gather = Pieces(UnsafeRawBufferPointer(rebasing: bytes[0..<2]))
    gather.append(UnsafeRawBufferPointer(rebasing: bytes[2..<6]))
    var answer = InlineArray<6, UInt8>(repeating: 0)
    let isAnswered = withUnsafeMutableBytes(of: &answer) { answer -> Bool in
        // The second half first.
        var scatter = Pieces(UnsafeMutableRawBufferPointer(rebasing: answer[3..<6]))
        scatter.append(UnsafeMutableRawBufferPointer(rebasing: answer[0..<3]))
        let received = try? Endpoint(slot: Place.endpoint).call(Message(1), gather: gather, scatter: scatter)
        return received?.label == 2 && received?.length == 6
    }
    Check.isTrue(isAnswered, "Endpoint.call: pieces")
    Check.isTrue(answer[0] == 0x68 && answer[3] == 0x67 && answer[5] == 0x74, "Endpoint.call: the pieces' bytes")  // "her", "gat"
    Check.error(invoke(.call, label: 99, Place.endpoint), .objectGone, "call: the server of pieces ended")
    _ = invoke(.memoryUnmap, InitialSlot.process, there, 0x2_0000)
    _ = invoke(.capabilityDelete, Place.endpoint)
}

nonisolated(unsafe) private var result: Answer?

/// Sends a page that may be gone by the time that somebody receives.
@c(self_test_page_sender)
func pageSender() {
    result = invoke(.send, label: 5, Place.endpoint, 0, buffers(send: [piece(page, 100)], receive: [], at: 1))
    User.Thread.exit()
}

/// Receives into such a page.
@c(self_test_page_receiver)
func pageReceiver() {
    result = invoke(.receive, Place.endpoint, 0, buffers(send: [], receive: [piece(page, 100)], at: 1))
    User.Thread.exit()
}

/// Memory that the process manager supplies when it is touched.
private var reserved: UInt32 { Place.free + 0x20_0000 }
/// The page in question.
nonisolated(unsafe) private var page: UInt32 = 0

/// Pages of pieces that are not there yet, or not any more when the other side comes.
func testMissingPieces() {
    Check.isTrue((try? Manager.reserve(reserved, length: 0x1_0000)) != nil, "Manager.reserve: pieces")
    _ = invoke(.endpointCreate, Place.endpoint)
    let list = buffers(
        send: [piece(reserved + 0x2000, 10), piece(reserved + 0x4FFF, 2)], receive: [piece(reserved + 0x8000, 8192)])
    Check.error(invoke(.call, Place.endpoint, Timeout.now, list), .timedOut, "call: pieces not there yet")
    Check.equal(invoke(.memoryUnmap, InitialSlot.process, reserved, 0x1_0000), 5, "call: the pieces are there")

    // A sender that waits: its page goes, and comes again when the message is received.
    result = nil
    page = reserved
    settle(start(pageSender))
    Check.equal(invoke(.memoryUnmap, InitialSlot.process, reserved, 4096), 1, "send: its page is there")
    let into = buffers(send: [], receive: [piece(Place.buffer, 200)])
    pointer(Place.buffer)[0] = 9
    let tag = invoke(.receive, Place.endpoint, 0, into).tag
    Check.isTrue(tag.label == 5 && tag.length == 100, "receive: from a page that was gone")
    Check.equal(Int32(pointer(Place.buffer)[0]), 0, "receive: zeros, from a new page")
    giveWay { result != nil }
    Check.equal(result?.value ?? 1, 0, "send: made again")

    // The same of a receiver.
    result = nil
    settle(start(pageReceiver))
    Check.equal(invoke(.memoryUnmap, InitialSlot.process, reserved, 4096), 1, "receive: its page is there")
    let from = buffers(send: [piece(Place.buffer, 100)], receive: [])
    pointer(Place.buffer)[99] = 77
    Check.equal(invoke(.send, label: 6, Place.endpoint, 0, from), 0, "send: to a page that was gone")
    giveWay { result != nil }
    Check.isTrue(result?.tag.length == 100, "receive: made again")
    Check.equal(Int32(pointer(reserved + 99)[0]), 77, "receive: into a new page")

    // A sender whose page nobody supplies fails; the receiver waits on.
    result = nil
    page = reserved + 0x20_0000
    Check.equal(invoke(.memoryMap, InitialSlot.process, page, 4096, 1), 0, "memoryMap: a page to lose")
    settle(start(pageSender))
    _ = invoke(.memoryUnmap, InitialSlot.process, page, 4096)
    let again = buffers(send: [], receive: [piece(Place.buffer, 200)])
    Check.error(invoke(.receive, Place.endpoint, 20, again), .timedOut, "receive: a sender's page is gone")
    giveWay { result != nil }
    Check.error(result, .badAddress, "send: its page is gone for good")
    _ = invoke(.memoryUnmap, InitialSlot.process, reserved, 0x1_0000)
    _ = invoke(.capabilityDelete, Place.thread)
    _ = invoke(.capabilityDelete, Place.endpoint)
}
