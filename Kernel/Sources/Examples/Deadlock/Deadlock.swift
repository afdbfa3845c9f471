import User

/// A mistake that every system of servers knows: two that call each other and receive nothing meanwhile. Both wait for
/// ever; `info calls` in the debugger says so.
///
///     martlet> deadlock left right &
///     martlet> deadlock right left &
@main
struct Deadlock {
    static func main() {
        do throws(ManagerError) {
            _ = try Service.register(bytes: Arguments.bytes(1))
            let other = try Service.find(bytes: Arguments.bytes(2), waits: true)
            _ = try? other.endpoint.call(Message(1))
            complain("deadlock: the other has answered or ended")
        } catch {
            complain("deadlock: \(error.message)")
        }
        Manager.exit(status: 1)
    }
}
