// The process manager: policy, in ring 3.
//
// Constraint: the microkernel knows processes, threads, memory and messages, but not what a program is, where it comes
// from, who may wait for it, or what to do when it crashes. Whatever does that must survive every program, and must not
// run out of memory in the middle of saying that somebody else did.
//
// Choice: one process that the kernel starts, with capabilities to everything; one thread; one endpoint on which it
// receives requests of programs, faults of their threads and the ends of their processes, told apart by badges. It
// never waits for a program: a wait is a saved reply. After the start it allocates nothing: the table of processes has
// its size for good, and programs are loaded straight from the payload. Programs get capabilities to this endpoint, to
// the console, and to little else (`ProgramSlot`, `DriverSlot`).
//
// Example: `crash-null` reads address 0. The kernel stops its thread and sends a fault message with the badge that the
// process manager chose when it created the process. The address is in no area that is filled on demand, so
// the process manager says on the console what happened, destroys the process, and answers the shell, which waits.

import CUser
import User

@main
struct ProcessManager {
    static func main() {
        let log = KernelLog(slot: InitialSlot.log)
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
    /// Where the console driver receives.
    static var console: UInt32 { InitialSlot.firstFree + 1 }
    /// The interrupt lines of the console driver.
    static var keyboardLine: UInt32 { InitialSlot.firstFree + 2 }
    static var serialLine: UInt32 { InitialSlot.firstFree + 3 }
    /// A thread, between being created and started.
    static var thread: UInt32 { InitialSlot.firstFree + 4 }

    /// A process of the table.
    static func process(_ index: Int) -> UInt32 { 64 + 2 * UInt32(index) }
    /// The saved call of whoever waits for that process.
    static func waiter(_ index: Int) -> UInt32 { 65 + 2 * UInt32(index) }
}
