import CBench
import CUser
import User

/// What the kernel's operations cost, by the time-stamp counter: in our emulator that counts instructions, so the table
/// is exact and the same in every run; elsewhere it is in cycles.
///
/// The other side of messages is a process of its own, which this one makes itself: a copy of its memory, with a thread
/// that answers.
enum Costs {
    static var name: StaticString { "costs" }
    /// The argument with which this program ends at once, to measure that.
    static var idleName: StaticString { "idle" }

    private static var endpointSlot: UInt32 { 100 }
    private static var processSlot: UInt32 { 101 }
    private static var threadSlot: UInt32 { 102 }
    /// The server's endpoint in its own table.
    private static var serverSlot: UInt32 { 16 }
    private static var serverStack: UInt32 { 0x6000_0000 }
    private static var priority: UInt32 { 16 }
    private static var count: UInt32 { 1000 }

    private static var hasSysenter: Bool { system_call_flags & ManagerStartup.hasSysenter != 0 }
    private static var loop: UInt32 { measure_loop(count) }

    static func show() {
        guard system_call_flags & ManagerStartup.hasTimestamp != 0 else {
            print("bench: costs: this processor has no time-stamp counter")
            return
        }
        print("bench: cost of                      int 0x80    sysenter")
        row("null system call", plain: { measure_interrupt(count, SystemCall.yield.rawValue) &- loop },
            fast: { measure_sysenter(count, SystemCall.yield.rawValue) &- loop })
        do throws(KernelError) {
            try messages()
            try contextSwitch()
        } catch {
            print("bench: costs: no memory for a second process")
        }
        faults()
        spawns()
    }

    /// A line of the table; `fast` is asked only on a machine that has `sysenter`.
    private static func row(_ name: Text, plain: () -> UInt32, fast: () -> UInt32) {
        var line: Text = "bench: "
        line.append(name)
        line.pad(to: 32)
        line.append(plain() / count, width: 12)
        if hasSysenter { line.append(fast() / count, width: 12) }
        print(line)
    }

    private static func row(_ name: Text, _ cost: UInt32) {
        var line: Text = "bench: "
        line.append(name)
        line.pad(to: 32)
        line.append(cost, width: 12)
        print(line)
    }

    private static func messages() throws(KernelError) {
        // Registers alone.
        var plain: UInt32 = 0
        var fast: UInt32 = 0
        try withServer(at: serve_by_interrupt) { plain = measure_calls_interrupt(count, endpointSlot) &- loop }
        if hasSysenter {
            try withServer(at: serve_by_sysenter) { fast = measure_calls_sysenter(count, endpointSlot) &- loop }
        }
        row("call and reply, registers", plain: { plain }, fast: { fast })
        for length in [64, 4096] as [UInt32] {
            set_bench_buffers(length)
            let buffers = address_of_bench_buffers()
            try withServer(at: serve_buffers_by_interrupt) {
                plain = measure_buffers_interrupt(count, endpointSlot, buffers) &- loop
            }
            if hasSysenter {
                try withServer(at: serve_buffers_by_sysenter) {
                    fast = measure_buffers_sysenter(count, endpointSlot, buffers) &- loop
                }
            }
            row("call and reply, \(length) bytes", plain: { plain }, fast: { fast })
        }
    }

    /// Two processes that let each other run: an iteration is two switches.
    private static func contextSwitch() throws(KernelError) {
        var plain: UInt32 = 0
        var fast: UInt32 = 0
        try withServer(at: yield_by_interrupt) {
            plain = (measure_interrupt(count, SystemCall.yield.rawValue) &- loop) / 2
        }
        if hasSysenter {
            try withServer(at: yield_by_sysenter) {
                fast = (measure_sysenter(count, SystemCall.yield.rawValue) &- loop) / 2
            }
        }
        row("yield to another process", plain: { plain }, fast: { fast })
    }

    /// Pages that the process manager supplies.
    private static func faults() {
        let pages: UInt32 = 256
        let area = ProgramLayout.free.lowerBound
        guard hasSysenter, (try? Manager.reserve(area, length: (pages + 1) * pageSize)) != nil else { return }
        // The first one may need a page table.
        _ = measure_touches(1, area)
        row("page fault, answered", (measure_touches(pages, area + pageSize) &- measure_loop(pages)) / pages)
        _ = try? Process.current.unmap(area, length: (pages + 1) * pageSize)
    }

    /// Programs from the payload that do nothing.
    private static func spawns() {
        let program = Program("bin/bench")
        program.add(argument: "idle")
        let times: UInt32 = 10
        guard hasSysenter else { return }
        let before = measure_start()
        for _ in 0..<times {
            guard (try? program.spawn().wait()) != nil else { return }
        }
        row("spawn and wait for the end", (measure_start() &- before) / times)
    }

    /// Calls `body` while another process runs the code at `entry`, which serves at the endpoint.
    private static func withServer(
        at entry: @convention(c) () -> Void, _ body: () -> Void
    ) throws(KernelError) {
        let endpoint = try Endpoint.create(in: endpointSlot)
        defer { try? Capabilities.delete(endpointSlot) }
        let (server, _) = try Process.create(
            in: processSlot, faultEndpoint: endpoint, badge: 1, frameLimit: 64, priorityLimit: priority)
        defer {
            try? server.destroy()
            try? Capabilities.delete(processSlot)
        }
        try server.mapCopyOfThisProgram()
        try server.map(serverStack, length: pageSize, access: .write)
        try Capabilities.copy(endpointSlot, to: server, serverSlot, rights: .receive)
        try server.start(
            at: address_of_function(entry), stack: serverStack + pageSize, argument: serverSlot, using: threadSlot)
        // It waits by then, or wants its turn.
        Thread.sleep(milliseconds: 5)
        body()
    }
}
