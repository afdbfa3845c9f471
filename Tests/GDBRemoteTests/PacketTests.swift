import GDBRemote
import RandomTestSupport
import Testing

struct PacketTests {
    private func frame(_ text: String) -> String { String(decoding: Packet.frame(Array(text.utf8)), as: UTF8.self) }

    @Test func checksumsAreThoseOfTheManual() {
        #expect(frame("OK") == "$OK#9a")
        #expect(frame("") == "$#00")
        #expect(frame("E01") == "$E01#a6")
    }

    /// The manual's example: `0* ` means `0000`.
    @Test func runsAreShortened() {
        #expect(frame("0000") == "$0* #7a")
        #expect(frame("000") == "$000#90")
        let seven = Packet.frame([UInt8](repeating: 0x30, count: 7))
        #expect(!seven.dropFirst().dropLast(3).contains(UInt8(ascii: "#")))
    }

    @Test(arguments: [1, 4, 6, 7, 8, 9, 15, 16, 17, 18, 97, 98, 99, 1000])
    func runsOfAnyLengthComeBack(_ count: Int) {
        let contents = [0x41] + [UInt8](repeating: 0x30, count: count) + [0x42]
        var decoder = PacketDecoder(limit: 4096, expandsRuns: true)
        #expect(decoder.decode(Packet.frame(contents)) == [.packet(contents)])
    }

    @Test func anyDataComesBackInAnyPieces() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<300 {
            let count = Int(random.next() % 300)
            let narrow = random.next() & 1 == 0
            let data = (0..<count).map { _ in
                narrow
                    ? [0x23, 0x24, 0x2A, 0x7D, 0x30][Int(random.next() % 5)] : UInt8(truncatingIfNeeded: random.next())
            }
            var decoder = PacketDecoder(limit: 4096, expandsRuns: true)
            var events: [PacketDecoder.Event] = []
            var rest = Packet.frame(Packet.escape(data))[...]
            while !rest.isEmpty {
                let length = Int(random.next() % 7) + 1
                events += decoder.decode(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            guard case .packet(let contents)? = events.first, events.count == 1 else {
                Issue.record("\(events)")
                continue
            }
            #expect(Packet.unescape(contents) == data)
        }
    }

    @Test func aRunNeedsSomethingToRepeatAndStaysInBounds() {
        #expect(Packet.expandingRuns(Array("* ".utf8), limit: 100) == nil)
        #expect(Packet.expandingRuns(Array("0*".utf8), limit: 100) == nil)
        #expect(Packet.expandingRuns(Array("0*~*~".utf8), limit: 100) == nil)
        #expect(Packet.unescape(Array("a}".utf8)) == nil)
    }

    private func decode(_ text: String, limit: Int = 100) -> [PacketDecoder.Event] {
        var decoder = PacketDecoder(limit: limit)
        return decoder.decode(Array(text.utf8))
    }

    @Test func whatGdbSendsIsTakenApart() {
        #expect(decode("+$g#67-\u{3}") == [.acknowledgement, .packet([0x67]), .rejection, .interrupt])
        #expect(decode("$g#68") == [.corruptPacket])
        #expect(decode("$g#zz$g#67") == [.corruptPacket, .packet([0x67])])
        // A packet whose end was lost, and noise between packets.
        #expect(decode("$m0,$g#67 hello $?#3f") == [.packet([0x67]), .packet([0x3F])])
        // Within a packet 03h is data; and a star does not mean a run.
        #expect(decode("$X0,2:\u{3}*#4d") == [.packet(Array("X0,2:\u{3}*".utf8))])
    }

    @Test func whatIsTooLongIsNotKept() {
        let long = [UInt8](repeating: 0x61, count: 1000)
        var decoder = PacketDecoder(limit: 999)
        #expect(decoder.decode([0x24] + long + [0x23] + Array("e8".utf8)) == [.oversizedPacket])
        decoder = PacketDecoder(limit: 1000)
        #expect(decoder.decode([0x24] + long + [0x23] + Array("e8".utf8)) == [.packet(long)])
    }
}

struct ListeningAddressTests {
    @Test func onlyWhoNamesAHostLeavesLoopback() {
        #expect(ListeningAddress("1234") == ListeningAddress("127.0.0.1:1234"))
        #expect(ListeningAddress(":1234") == ListeningAddress("127.0.0.1:1234"))
        #expect(ListeningAddress("0.0.0.0:1234") != ListeningAddress("1234"))
        #expect(ListeningAddress("[::1]:1234") != nil)
        #expect(ListeningAddress("/tmp/martlet.socket") != nil)
    }

    @Test(arguments: ["", "gdb", "65536", "-1", "host:", "/" + String(repeating: "x", count: 200)])
    func whatIsNoAddressIsRefused(_ text: String) {
        #expect(ListeningAddress(text) == nil)
    }
}
