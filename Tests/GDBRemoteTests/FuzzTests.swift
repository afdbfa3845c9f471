import GDBRemote
import RandomTestSupport
import Testing

/// Whatever a client sends, the stub lives, and answers as the protocol says.
struct FuzzTests {
    private static let corpus: [[UInt8]] = [
        "?", "g", "p0", "p8", "p2f", "P0=01020304", "P8=00000f00", "Pa=00f00000", "P10=0000000000000080ff3f",
        "P28=801f0000", "mf0000,10", "m0,ffff", "mfffffff0,20", "M2000,2:0102", "X2000,2:ab", "X2000,2:}\u{3}b",
        "Z0,f0003,1", "z0,f0003,1", "Z1,f000e,1", "Z2,1000,2", "Z3,1000,4", "Z4,0,ffffffff", "Z4,ffffffff,ffffffff",
        "z2,1000,2", "c", "s", "C05", "S05;f0000", "sf0000", "bc", "bs", "vCont?", "vCont;c", "vCont;s:1",
        "vCont;s:1;c",
        "vCont;C05:1;c:-1", "H", "Hg0", "Hc-1", "T1", "qSupported:xmlRegisters=i386;swbreak+", "qAttached", "qC",
        "qfThreadInfo", "qsThreadInfo", "qXfer:features:read:target.xml:0,fff", "qXfer:features:read:target.xml:10,8",
        "qRcmd,68656c70", "qRcmd,72656769737465727320616c6c", "qRcmd,73746570", "QStartNoAckMode", "D", "D;1", "k",
        "vKill;1",
        "G00112233", "vMustReplyEmpty",
    ].map { Array($0.utf8) }

    /// A packet of the corpus, or of noise, with some bytes changed, lost, doubled or cut off.
    private func packet(_ random: inout SplitMix64) -> [UInt8] {
        func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }
        var packet =
            below(8) == 0
            ? (0..<below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            : Self.corpus[below(Self.corpus.count)]
        for _ in 0..<[0, 0, 0, 1, 1, 2, 5][below(7)] where !packet.isEmpty {
            let index = below(packet.count)
            switch below(6) {
            case 0: packet[index] = UInt8(truncatingIfNeeded: random.next())
            case 1: packet.remove(at: index)
            case 2: packet.insert(packet[index], at: index)
            case 3: packet.removeSubrange(index...)
            case 4: packet[index] = Array("0123456789abcdef,:;=-".utf8)[below(21)]
            default: packet += Self.corpus[below(Self.corpus.count)]
            }
        }
        return packet
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func everyPacketIsAnsweredOnce(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let client = try StubClient()
        var acknowledges = true
        for _ in 0..<1500 {
            let packet = packet(&random)
            let sent = client.exchange(.packet(packet))
            let text = String(decoding: packet, as: UTF8.self)
            #expect(sent.first == (acknowledges ? 0x2B : 0x24), "\(text)")
            var decoder = PacketDecoder(limit: 1 << 20, expandsRuns: true)
            let events = decoder.decode(acknowledges ? Array(sent.dropFirst()) : sent)
            let replies = events.compactMap { if case .packet(let contents) = $0 { contents } else { nil } }
            #expect(replies.count == events.count && !replies.isEmpty, "\(text)")
            // `OK` is no output: in that a digit follows.
            func isOutput(_ reply: [UInt8]) -> Bool { reply.first == 0x4F && reply != Array("OK".utf8) }
            #expect(replies.dropLast().allSatisfy(isOutput), "\(text)")
            #expect(replies.last.map(isOutput) == false, "\(text)")
            if text == "QStartNoAckMode" { acknowledges = false }
            if client.outcome != .attached {
                client.connect()
                acknowledges = true
            }
        }
        // It still works.
        client.connect()
        #expect(client.reply("m0,2")?.count == 4)
    }

    /// Bytes of any kind, in any pieces: no more is kept than the limit, and what is whole comes through.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func theDecoderFindsItsWayBack(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var decoder = PacketDecoder(limit: 256)
        for _ in 0..<2000 {
            let noise = (0..<Int(random.next() % 600)).map { _ in
                random.next() % 4 == 0
                    ? Array("$#*}+-\u{3}".utf8)[Int(random.next() % 7)] : UInt8(truncatingIfNeeded: random.next())
            }
            for event in decoder.decode(noise) {
                if case .packet(let contents) = event { #expect(contents.count <= 256) }
            }
            // Two digits at most until the packet before is over.
            _ = decoder.decode(Array("#00".utf8))
            #expect(decoder.decode(Array("$qC#b4".utf8)) == [.packet(Array("qC".utf8))])
        }
    }
}
