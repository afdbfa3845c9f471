import Foundation

/// Where the stub listens: `1234` (on loopback), `HOST:1234`, or the path of a Unix socket, which has a slash in it.
public struct ListeningAddress: Equatable, Sendable {
    enum Place: Equatable {
        case network(host: String, port: UInt16)
        case path(String)
    }

    let place: Place

    /// Nil if the text is none of these. Only who names a host gets another one than loopback.
    public init?(_ text: String) {
        if text.contains("/") {
            // What fits into `sockaddr_un`.
            guard text.utf8.count < 108 else { return nil }
            place = .path(text)
            return
        }
        let colon = text.lastIndex(of: ":")
        var host = colon.map { String(text[..<$0]) } ?? ""
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard let port = UInt16(colon.map { text[text.index(after: $0)...] } ?? text[...]) else { return nil }
        place = .network(host: host.isEmpty ? "127.0.0.1" : host, port: port)
    }
}

/// Why nobody can listen there, in a line for the user.
public struct ListeningFailure: Error, CustomStringConvertible {
    public let description: String
}

/// A socket that clients can connect to.
struct ListeningSocket {
    let descriptor: Int32
    /// Where clients find it: with port 0 the system has chosen one.
    let description: String

    init(_ address: ListeningAddress) throws(ListeningFailure) {
        switch address.place {
        case .network(let host, let port): (descriptor, description) = try Self.listen(host, port)
        case .path(let path):
            descriptor = try Self.listen(path)
            description = path
        }
    }

    private static func listen(_ host: String, _ port: UInt16) throws(ListeningFailure) -> (Int32, String) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let info = list?.pointee else {
            throw ListeningFailure(description: "cannot listen on '\(host)': \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(info.ai_family, info.ai_socktype | closeOnExec, info.ai_protocol)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard descriptor >= 0, bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, Glibc.listen(descriptor, 1) == 0
        else { throw failure(descriptor, "\(host):\(port)") }
        let shownHost = host.contains(":") ? "[\(host)]" : host
        return (descriptor, "\(shownHost):\(self.port(of: descriptor) ?? port)")
    }

    /// The port that a socket has been bound to.
    private static func port(of descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            // `sockaddr_in` and `sockaddr_in6` fit into the storage, and both have the port at the same place.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                getsockname(descriptor, name, &length) == 0
                    ? name.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                        UInt16(bigEndian: $0.pointee.sin_port)
                    } : nil
            }
        }
    }

    private static func listen(_ path: String) throws(ListeningFailure) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
        guard descriptor >= 0 else { throw failure(descriptor, path) }
        // What a run that was killed has left behind is in the way. If somebody listens there, it is not.
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK {
            let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
            if withAddress(path, { connect(probe, $0, $1) }) != 0, errno == ECONNREFUSED { unlink(path) }
            close(probe)
        }
        guard withAddress(path, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 1) == 0 else {
            throw failure(descriptor, path)
        }
        return descriptor
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The length was checked; the byte behind the last one is zero.
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ descriptor: Int32, _ place: String) -> ListeningFailure {
        let reason = String(cString: strerror(errno))
        if descriptor >= 0 { close(descriptor) }
        return ListeningFailure(description: "cannot listen on '\(place)': \(reason)")
    }

    private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
}
