// The process manager: policy, in ring 3.
//
// Constraint: the microkernel knows processes, threads, memory and messages, but not what a program is, where it comes
// from, who may wait for it, which driver gets which device, or what to do when one crashes. Whatever does that must
// survive every program, and must not run out of memory in the middle of saying that somebody else did.
//
// Choice: one process that the kernel starts, with capabilities to everything; one thread; one endpoint on which it
// receives requests of programs, faults of their threads and the ends of their processes, told apart by badges. It
// never waits for a program, nor calls one: a wait is a saved reply. Its tables are allocated once, when it starts, and
// programs are loaded straight from the payload. What can be decided without a system call is decided in
// `ManagerLogic`. Programs get capabilities to this endpoint, to their standard streams, and to little else
// (`ProgramSlot`); drivers what their row of `DriverTable` says.
//
// Example: `crash-null` reads address 0. The kernel stops its thread and sends a fault message with the badge that the
// process manager chose when it created the process. The address is in no area that is filled on demand, so
// the process manager says on the console what happened, destroys the process, and answers the shell, which waits.

import CUser
import User

@main
struct ProcessManager {
    static func main() {
        let log = ManagerLog()
        // Valid: the kernel passes the address of a `ManagerStartup` that stays mapped; the magic number tells a kernel
        // that does not keep to that.
        guard let pointer = UnsafeRawPointer(bitPattern: UInt(program_argument)),
            case let startup = pointer.load(as: ManagerStartup.self),
            startup.magic == ManagerStartup.expectedMagic
        else {
            log.print("process-manager: the kernel did not say where the payload is")
            return
        }
        var server = ManagerServer(log: log, payload: startup.payload)
        server.run()
    }
}

extension ManagerStartup {
    /// The payload's bytes, as the kernel mapped them.
    fileprivate var payload: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: UnsafeRawPointer(bitPattern: UInt(payloadAddress)),
            count: payloadAddress == 0 ? 0 : Int(payloadLength))
    }
}

/// The slots of the process manager's own table, beyond those that the kernel filled.
enum ManagerSlot {
    /// Where requests and faults arrive.
    static var endpoint: UInt32 { InitialSlot.firstFree }
    /// A thread, between being created and started.
    static var thread: UInt32 { InitialSlot.firstFree + 1 }

    /// The interrupt line of a driver.
    static func line(_ driver: Int) -> UInt32 { 32 + UInt32(driver) }
    /// The notification that a driver's line signals.
    static func notification(_ driver: Int) -> UInt32 { 48 + UInt32(driver) }
    /// The endpoint of a service.
    static func service(_ index: Int) -> UInt32 { 64 + UInt32(index) }
    /// A process of the table.
    static func process(_ index: Int) -> UInt32 { 96 + 2 * UInt32(index) }
    /// The saved call of that process, while it waits.
    static func waiter(_ index: Int) -> UInt32 { 97 + 2 * UInt32(index) }
}
