import Foundation
import GDBRemote

/// A client of a stub on a socket.
final class SocketClient {
    private let descriptor: Int32
    private var decoder = PacketDecoder(limit: 1 << 20, expandsRuns: true)
    private var events: [PacketDecoder.Event] = []

    /// - Parameter place: `127.0.0.1:1234`, or a path.
    init(_ place: String) throws {
        descriptor = try Self.connect(place)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private static func connect(_ place: String) throws -> Int32 {
        func open<Address>(_ family: Int32, _ address: Address) throws -> Int32 {
            var address = address
            let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
                }
            }
            guard result == 0 else { throw RunningEmulator.Failure(description: "cannot connect to \(place)") }
            return descriptor
        }
        if place.contains("/") {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: place.utf8.prefix(107)) }
            return try open(AF_UNIX, address)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = (UInt16(place.split(separator: ":").last ?? "") ?? 0).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return try open(AF_INET, address)
    }

    private var isClosed = false

    func close() {
        if !isClosed { Glibc.close(descriptor) }
        isClosed = true
    }

    deinit { close() }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    func send(packet: String) { send(Packet.frame(Array(packet.utf8), shorteningRuns: false)) }

    /// The next packet that arrives; nil if the connection is closed, or nothing comes for half a minute.
    func packet() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            while !events.isEmpty {
                if case .packet(let contents) = events.removeFirst() {
                    return String(decoding: contents, as: UTF8.self)
                }
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            events += decoder.decode(buffer[..<count])
        }
    }

    func ask(_ packet: String) -> String? {
        send(packet: packet)
        return self.packet()
    }
}
