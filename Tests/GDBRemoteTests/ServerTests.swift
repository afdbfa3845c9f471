import Foundation
import GDBRemote
import RandomTestSupport
import ProcessTestSupport
import Testing

/// The stub behind its socket, without gdb.
@Suite(.enabled(if: BuiltEmulator.areImagesBuilt, "images/ is empty: run `make image` first"))
struct ServerTests {
    @Test func anInterruptStopsARunningGuest() throws {
        let emulator = try RunningEmulator()
        let client = try SocketClient(emulator.place)
        #expect(client.ask("?") == "T05thread:1;")
        client.send(packet: "vCont;c")
        // The guest runs, and its serial port is heard.
        #expect(emulator.waits(for: "martlet> "))
        client.send([0x03])
        #expect(client.packet() == "T02thread:1;")
        // One that comes with the packet that it is to interrupt, and one that comes too late.
        client.send(Array("$c#63\u{3}".utf8))
        #expect(client.packet() == "T02thread:1;")
        client.send([0x03])
        #expect(client.ask("s") == "T05thread:1;")
        #expect(client.ask("bs") == "T05thread:1;")
        client.send(packet: "k")
        #expect(emulator.exitCode() == 0)
    }

    /// Ctrl+C is for `vm`, whether somebody is connected, the guest runs, or both.
    @Test(arguments: [[], ["?"], ["c"]])
    func controlCEndsIt(_ packets: [String]) throws {
        let emulator = try RunningEmulator(packets.isEmpty ? ["--gdb-run"] : [])
        let client = packets.isEmpty ? nil : try SocketClient(emulator.place)
        for packet in packets { client?.send(packet: packet) }
        #expect(packets == ["?"] ? client?.packet() == "T05thread:1;" : emulator.waits(for: "martlet> "))
        emulator.process.interrupt()
        #expect(emulator.exitCode() == 130)
        if packets == ["c"] { #expect(client?.packet() == "W00") }
    }

    @Test func thereIsOneClientAtATime() throws {
        let emulator = try RunningEmulator()
        let client = try SocketClient(emulator.place)
        #expect(client.ask("qC") == "QC1")
        let other = try SocketClient(emulator.place)
        #expect(other.ask("qC") == nil)
        #expect(client.ask("qC") == "QC1")
    }

    /// A client that is gone leaves a machine that stands still, and its breakpoints are gone.
    @Test func aLostConnectionChangesNothing() throws {
        let emulator = try RunningEmulator()
        let client = try SocketClient(emulator.place)
        #expect(client.ask("Z0,7c00,1") == "OK")
        #expect(client.ask("c") == "T05swbreak:;thread:1;")
        client.close()
        let next = try SocketClient(emulator.place)
        #expect(next.ask("p8") == "007c0000")
        #expect(next.ask("bc") == "T05replaylog:begin;thread:1;")
        // Gone in the middle of a move: the guest goes on.
        next.send(packet: "c")
        next.close()
        #expect(emulator.waits(for: "martlet> "))
    }

    @Test func itMayRunFirst() throws {
        let emulator = try RunningEmulator(["--gdb-run"])
        #expect(emulator.waits(for: "martlet> "))
        // Who does not speak the protocol, as a browser that was tricked, is sent away and disturbs nobody.
        let stranger = try SocketClient(emulator.place)
        stranger.send(Array("POST / HTTP/1.1\r\n\r\n$k#6b".utf8))
        #expect(stranger.packet() == nil)
        let client = try SocketClient(emulator.place)
        #expect(client.ask("?") == "T05thread:1;")
        #expect(client.ask("D") == "OK")
        #expect(emulator.process.isRunning)
    }

    @Test func aUnixSocketServesAsWell() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("gdb").path
        let emulator = try RunningEmulator(address: path)
        #expect(emulator.place == path)
        let client = try SocketClient(path)
        #expect(client.ask("qC") == "QC1")
        // Taken.
        #expect(throws: RunningEmulator.Failure.self) { try RunningEmulator(address: path) }
        client.send(packet: "k")
        #expect(emulator.exitCode() == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// Noise on the socket, and clients that come and go: the last one is answered.
    @Test func hostileClientsDoNoHarm() throws {
        let emulator = try RunningEmulator()
        var random = SplitMix64(seed: 7)
        for _ in 0..<20 {
            let client = try SocketClient(emulator.place)
            var bytes = Array("$".utf8)
            for _ in 0..<Int(random.next() % 20000) {
                let byte = random.next()
                // No letters that move the machine, or end it.
                let other = UInt8(truncatingIfNeeded: byte >> 8) & 0x3F
                bytes.append(byte % 8 == 0 ? UInt8(ascii: "$") : byte % 8 == 1 ? UInt8(ascii: "#") : other)
            }
            client.send(bytes + [UInt8](repeating: 0x30, count: 200_000) + Array("#00".utf8))
            client.close()
        }
        let client = try SocketClient(emulator.place)
        #expect(client.ask("qC") == "QC1")
        #expect(client.ask("p8") == "f0ffffff")
    }
}
