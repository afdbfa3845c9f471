import User

/// A bit of everything: other programs, threads, channels, memory and time.
@main
struct Tour {
    static func main() {
        do throws(ManagerError) { try processes() } catch { complain("tour: \(error.message)") }
        do throws(KernelError) { try threads() } catch { complain("tour: \(error.message)") }
        do throws(ManagerError) { try memory() } catch { complain("tour: \(error.message)") }
        let start = Clock.milliseconds
        Thread.sleep(milliseconds: 20)
        print("slept for 20 ms or more: \(Clock.milliseconds - start >= 20)")
    }

    /// Starts a program with an argument, an environment and little memory, and waits for it; starts another and ends
    /// it.
    private static func processes() throws(ManagerError) {
        let hello = Program("bin/hello")
        hello.add(argument: "from the tour")
        hello.memoryLimit = 400
        switch try hello.spawn().wait() {
        case .exited(let status): print("hello ended with status \(status)")
        case .faulted: print("hello crashed")
        case .killed: print("hello was killed")
        }
        let endless = Program("bin/bench")
        endless.add(argument: "compute")
        endless.add(argument: "4000000000")
        let child = try endless.spawn()
        try child.kill()
        print("bench was killed: \(try child.wait() == .killed)")
    }

    /// Two threads and a channel: the second one adds up what the first one sends, until it is sent 0.
    private static func threads() throws(KernelError) {
        let channel = try Endpoint.create()
        let adder = try Thread.start {
            var sum: UInt32 = 0
            while let message = try? channel.receive() {
                sum += message.word0
                try? Endpoint.reply(Message(0, sum))
                if message.word0 == 0 { return }
            }
        }
        for number in 1...10 as ClosedRange<UInt32> { _ = try channel.call(Message(1, number)) }
        print("1 + 2 + ... + 10 = \(try channel.call(Message(1, 0)).word0)")
        adder.join()
    }

    /// A MiB of addresses, of which only the page that is touched takes memory.
    private static func memory() throws(ManagerError) {
        let address: UInt32 = 0x6000_0000
        try Manager.reserve(address, length: 1 << 20)
        // Valid: the range has just been reserved.
        UnsafeMutablePointer<UInt32>(bitPattern: UInt(address))?.pointee = 42
        var squares: [UInt32] = []
        for number in 0..<100 as Range<UInt32> { squares.append(number * number) }
        print("99 squared is \(squares[99])")
    }
}
