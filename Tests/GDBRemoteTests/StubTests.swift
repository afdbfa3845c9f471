import Debugger
import GDBRemote
import Machine
import Testing

struct StubTests {
    private let client: StubClient

    init() throws { client = try StubClient() }

    private var programCounter: String? { client.reply("p8") }

    // MARK: Conversation

    @Test func theClientLearnsWhatThereIs() throws {
        let features = try #require(client.reply("qSupported:swbreak+;xmlRegisters=i386")).split(separator: ";")
        for feature in ["qXfer:features:read+", "ReverseStep+", "ReverseContinue+", "QStartNoAckMode+", "hwbreak+"] {
            #expect(features.contains(Substring(feature)))
        }
        #expect(client.reply("vCont?") == "vCont;c;C;s;S")
        #expect(client.reply("?") == "T05thread:1;")
        #expect(client.reply("qAttached") == "1")
        #expect(client.reply("qC") == "QC1")
        #expect(client.reply("qfThreadInfo") == "m1")
        #expect(client.reply("qsThreadInfo") == "l")
        #expect(client.reply("Hg0") == "OK")
        #expect(client.reply("Hc-1") == "OK")
        #expect(client.reply("T1") == "OK")
        #expect(client.reply("T2") == "E16")
    }

    /// "" is how a stub says that it does not know a packet.
    @Test(arguments: ["vMustReplyEmpty", "qNothing", "Qx", "!", "R00", "Z9,0,1", "_M", "bx", ""])
    func whatIsUnknownIsAnsweredWithNothing(_ packet: String) {
        #expect(client.replies(packet) == [""])
    }

    @Test func packetsAreAcknowledgedUntilThatIsSwitchedOff() {
        let text = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
        #expect(text(client.exchange(.packet(Array("qC".utf8)))) == "+$QC1#c5")
        #expect(text(client.exchange(.rejection)) == "$QC1#c5")
        #expect(text(client.exchange(.corruptPacket)) == "-")
        #expect(text(client.exchange(.acknowledgement)).isEmpty)
        #expect(text(client.exchange(.oversizedPacket)) == "+$E07#ac")
        #expect(text(client.exchange(.interrupt)).isEmpty)
        #expect(text(client.exchange(.packet(Array("QStartNoAckMode".utf8)))) == "+$OK#9a")
        #expect(text(client.exchange(.packet(Array("qC".utf8)))) == "$QC1#c5")
        #expect(text(client.exchange(.corruptPacket)).isEmpty)
    }

    /// In small pieces, as gdb may ask.
    @Test func theTargetDescriptionIsThatOfTheMode() throws {
        var document = ""
        while true {
            let offset = String(document.utf8.count, radix: 16)
            let piece = try #require(client.reply("qXfer:features:read:target.xml:\(offset),40"))
            document += piece.dropFirst()
            if piece.first == "l" { break }
            try #require(piece.count == 0x41)
        }
        #expect(document.contains("<architecture>i8086</architecture>"))
        #expect(document.hasSuffix("</target>\n"))
        for feature in ["org.gnu.gdb.i386.core", "org.gnu.gdb.i386.sse", "org.martlet.i386.system"] {
            #expect(document.contains("<feature name=\"\(feature)\">"))
        }
        let bits = document.split(separator: "bitsize=\"").dropFirst().compactMap { Int($0.prefix { $0 != "\"" }) }
        #expect(client.reply("g")?.count == bits.reduce(0, +) / 4)
        #expect(client.reply("qXfer:features:read:other.xml:0,40") == "E00")
        #expect(client.reply("qXfer:features:read:target.xml:ffffffffffffffff,40") == "l")
    }

    // MARK: Registers and memory

    @Test func registersAreReadAndWritten() {
        #expect(client.reply("P0=78563412") == "OK")
        #expect(client.reply("p0") == "78563412")
        #expect(client.reply("g")?.hasPrefix("78563412") == true)
        #expect(client.debugger.registers.general[0] == 0x1234_5678)
        // ST(0), XMM0.
        let st0 = "000000000000008" + "0ff3f"
        #expect(client.reply("P10=" + st0) == "OK")
        #expect(client.reply("p10") == st0)
        let xmm = "000102030405060708090a0b0c0d0e0f"
        #expect(client.reply("P20=" + xmm) == "OK")
        #expect(client.reply("p20") == xmm)
        #expect(client.reply("p7f") == "E16")
        #expect(client.reply("P0=78") == "E16")
        // CR0 can be looked at; its own value back is no change.
        #expect(client.reply("p2f") == littleEndian(client.debugger.registers.cr0))
        #expect(client.reply("P2f=" + littleEndian(client.debugger.registers.cr0)) == "OK")
        #expect(client.reply("P2f=00000000") == "E0d")
    }

    @Test func allRegistersAreWrittenAtOnce() throws {
        let registers = try #require(client.reply("g"))
        #expect(client.reply("G" + "44332211" + registers.dropFirst(8)) == "OK")
        #expect(client.debugger.registers.general[0] == 0x1122_3344)
        #expect(client.reply("G0011") == "E16")
    }

    /// What gdb calls the program counter is where it looks for the code.
    @Test func theProgramCounterIsLinear() {
        #expect(programCounter == littleEndian(0xFFFF_FFF0))
        #expect(client.reply("vCont;s:1") == "T05thread:1;")
        #expect(programCounter == littleEndian(0xF0000))
        #expect(client.reply("P8=" + littleEndian(0xF000C)) == "OK")
        #expect(client.debugger.registers.eip == 0xC)
        // CS: in real mode its base follows.
        #expect(client.reply("Pa=" + littleEndian(0xF001)) == "OK")
        #expect(programCounter == littleEndian(0xF001C))
    }

    @Test func memoryIsReadAndWritten() {
        #expect(client.reply("mf0000,4") == "b80500bc")
        #expect(client.reply("M2000,3:010203") == "OK")
        #expect(client.replies(Array("X2003,2:".utf8) + [0x7D, 0x03, 0xFF]) == [Array("OK".utf8)])
        #expect(client.reply("m2000,5") == "01020323ff")
        #expect(client.reply("X0,0:") == "OK")
        // ROM stays as it is, and gdb hears of it.
        #expect(client.reply("Mf0000,1:00") == "E0d")
        #expect(client.reply("M2000,3:0102") == "E16")
        // To the last byte, and no further.
        #expect(client.reply("mffffffff,4")?.count == 2)
        #expect(client.reply("m100000000,4") == "E0e")
        #expect(client.reply("m,4") == "E16")
    }

    // MARK: Moves

    @Test func breakpointsStop() {
        #expect(client.reply("Z0,f000e,1") == "OK")
        #expect(client.reply("Z0,f000e,1") == "OK")
        #expect(client.reply("c") == "T05swbreak:;thread:1;")
        #expect(client.reply("?") == "T05swbreak:;thread:1;")
        #expect(programCounter == littleEndian(0xF000E))
        #expect(client.reply("z0,f000e,1") == "OK")
        #expect(client.debugger.breakpoints.isEmpty)
        #expect(client.reply("Z1,f0009,1") == "OK")
        #expect(client.reply("vCont;c:p1.-1") == "E16")
        #expect(client.reply("vCont;s:2;c") == "T05hwbreak:;thread:1;")
        #expect(programCounter == littleEndian(0xF0009))
        // Signals mean nothing; an address is where to go on.
        #expect(client.reply("S05;" + "f0000") == "T05thread:1;")
        #expect(programCounter == littleEndian(0xF0003))
    }

    @Test func watchpointsStopAndSayWhere() {
        #expect(client.reply("Z2,1000,2") == "OK")
        #expect(client.reply("Z3,1000,2") == "OK")
        #expect(client.reply("c") == "T05rwatch:1000;thread:1;")
        #expect(programCounter == littleEndian(0xF0014))
        #expect(client.reply("c") == "T05watch:1000;thread:1;")
        #expect(client.reply("m1000,2") == "0a00")
        #expect(client.reply("z2,1000,2") == "OK")
        #expect(client.reply("z3,1000,2") == "OK")
        #expect(client.debugger.watchpoints.isEmpty)
        // Any number, of any size.
        for index in 0..<100 { #expect(client.reply("Z4,\(String(index * 0x100, radix: 16)),80") == "OK") }
        #expect(client.debugger.watchpoints.count == 100)
        // The loop goes on until somebody interrupts it.
        #expect(client.reply("c") == "T02thread:1;")
    }

    @Test func timeGoesBackwards() {
        #expect(client.reply("Z2,1000,2") == "OK")
        #expect(client.reply("c") == "T05watch:1000;thread:1;")
        // Backwards the stop is before the instruction.
        #expect(client.reply("bc") == "T05watch:1000;thread:1;")
        #expect(programCounter == littleEndian(0xF0009))
        #expect(client.reply("m1000,2") == "0000")
        #expect(client.reply("bs") == "T05thread:1;")
        #expect(programCounter == littleEndian(0xF0014))
        #expect(client.reply("bc") == "T05replaylog:begin;thread:1;")
        #expect(programCounter == littleEndian(0xFFFF_FFF0))
        #expect(client.reply("bs") == "T05replaylog:begin;thread:1;")
    }

    /// It can be looked at, and gone back from; only going on ends it.
    @Test func theEndOfTheGuestIsAStopFirst() throws {
        // mov al, 3; mov dx, 0x501; out dx, al
        let client = try StubClient([0xB0, 0x03, 0xBA, 0x01, 0x05, 0xEE, 0xEB, 0xFE])
        let replies = client.replies("c")
        #expect(replies.count == 2)
        #expect(replies.first?.hasPrefix("O" + hexadecimal("the guest asks to exit with code 7")) == true)
        #expect(replies.last == "T0fthread:1;")
        #expect(client.reply("bs") == "T05thread:1;")
        #expect(client.reply("c") == "T0fthread:1;")
        #expect(client.outcome == .attached)
        #expect(client.reply("c") == "W07")
        #expect(client.outcome == .ended(code: 7))
    }

    @Test func aTripleFaultIsExplained() throws {
        // lidt [cs:0x10] (a limit of 0); int3
        let client = try StubClient(
            [0x2E, 0x0F, 0x01, 0x1E, 0x10, 0x00, 0xCC] + [UInt8](repeating: 0, count: 20))
        let replies = client.replies("c")
        #expect(replies.first?.contains(hexadecimal("triple fault")) == true)
        #expect(replies.last == "T0bthread:1;")
    }

    @Test func aHaltForGoodIsAStop() throws {
        // cli; hlt
        let client = try StubClient([0xFA, 0xF4])
        let replies = client.replies("c")
        #expect(replies.first?.hasPrefix("O" + hexadecimal("halted for good at step ")) == true)
        #expect(replies.last == "T11thread:1;")
        #expect(client.reply("bs") == "T05thread:1;")
        #expect(client.reply("p8") == littleEndian(0xF0001))
    }

    // MARK: The rest

    @Test func monitorGivesTheBuiltInDebugger() {
        func monitor(_ line: String) -> [String] { client.replies("qRcmd," + hexadecimal(line)) }
        #expect(monitor("step 2").last == "OK")
        #expect(programCounter == littleEndian(0xF0003))
        #expect(monitor("registers eax").first == "O" + hexadecimal("eax 00000005  5\n"))
        #expect(monitor("nonsense").first?.hasPrefix("O" + hexadecimal("there is no command 'nonsense'")) == true)
        #expect(monitor("quit").first?.contains(hexadecimal("detach")) == true)
        #expect(client.outcome == .attached)
        // All of `help`, in as many packets as it takes.
        #expect(monitor("").dropLast().allSatisfy { $0.hasPrefix("O") && $0.count <= Stub.packetSize })
        #expect(client.replies("qRcmd,6") == ["E16"])
    }

    @Test func whatAClientHasSetEndsWithIt() {
        #expect(client.reply("Z0,f000e,1") == "OK")
        #expect(client.reply("Z2,1000,1") == "OK")
        client.debugger.setBreakpoint(at: 0xF0009)
        #expect(client.reply("D;1") == "OK")
        #expect(client.outcome == .detached)
        client.connect()
        #expect(client.debugger.breakpoints.map(\.address) == [0xF0009])
        #expect(client.debugger.watchpoints.isEmpty)
        #expect(client.reply("k") == "X09")
        #expect(client.outcome == .ended(code: 0))
    }

    @Test func anInterruptEndsAMove() {
        client.machine.inputQueue.requestStop()
        #expect(client.reply("c") == "T02thread:1;")
    }
}
