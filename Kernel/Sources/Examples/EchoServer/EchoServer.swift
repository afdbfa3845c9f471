import User

/// A server: answers every request with the bytes that came, and how many requests there have been.
///
///     martlet> echo-server &
///     martlet> echo-client one two
@main
struct EchoServer {
    static func main() {
        do throws(ManagerError) {
            let service = try Service.register("echo")
            var count: UInt32 = 0
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 1)
            service.serve(buffer: buffer) { request in
                count += 1
                request.reply(count, bytes: request.bytes)
            }
        } catch {
            complain("echo-server: \(error.message)")
            Manager.exit(status: 1)
        }
    }
}
