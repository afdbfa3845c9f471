import User

/// A client: sends its arguments to the server `echo` and shows what comes back. If there is no such server yet, it
/// waits.
@main
struct EchoClient {
    static func main() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 1)
        do throws(ManagerError) {
            let service = try Service.find("echo", waits: true)
            for index in 1..<max(Arguments.count, 1) {
                do throws(KernelError) {
                    let reply = try service.endpoint.call(Message(1), bytes: Arguments.bytes(index), buffer: buffer)
                    print("request \(reply.word0): \(buffer.prefix(reply.length))")
                } catch {
                    complain("echo-client: \(error.message)")
                    Manager.exit(status: 1)
                }
            }
        } catch {
            complain("echo-client: \(error.message)")
            Manager.exit(status: 1)
        }
    }
}
