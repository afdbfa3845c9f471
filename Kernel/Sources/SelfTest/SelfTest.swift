// The kernel's system calls, tried from user space: what each does, the errors it documents, and a caller that means
// harm.
//
// The constraint: a test on the host cannot execute `int 0x80`, and a test from outside sees only what a program
// prints. The choice: a program that makes the calls, compares, and says one line if all is well; the boot tests run it
// on several machines. As a program of the shell's it uses no more than any program has (`ProgramSlot`), so what it may
// not do is tested too. What only the holder of all capabilities can do, and what happens when the machine has no
// memory left, it tries in the process manager's place: in images/self-test.img it is the first process. Example:
//
//     martlet> self-test
//     self-test: 1279 checks passed
//
// `self-test list` prints the checks of each part, and which answers of which calls were expected and have come. With
// `self-test hold &` it takes all the memory it can have, and keeps it. `self-test simd` tries what not every emulator
// has.

import CUser
import User

/// Whether this is the process that the kernel starts, with capabilities to everything.
var isFirstProcess: Bool {
    // Valid: who starts a program gives it the address of its startup record, whose first word is a magic number.
    UnsafePointer<UInt32>(bitPattern: UInt(program_argument))?.pointee == ManagerStartup.expectedMagic
}

@main
struct SelfTest {
    static func main() {
        if isFirstProcess {
            isListing = true
            testAsFirstProcess()
            finish()
            Report.line("self-test: the end")
            _ = invoke(.shutdown, InitialSlot.system, ShutdownAction.halt.rawValue)
        } else if Arguments.is(1, "hold") {
            hold()
        } else if Arguments.is(1, "simd") {
            testSIMDExceptions()
            finish()
        } else {
            isListing = Arguments.is(1, "list")
            testAsProgram()
            finish()
            if Check.failures > 0 { Manager.exit(status: 1) }
        }
    }

    private static func testAsProgram() {
        part("doors", testDoors)
        part("threads", testThreads)
        part("processor time", testProcessorTime)
        part("capabilities", testCapabilities)
        part("revocation", testRevocation)
        part("memory", testMemory)
        part("slots", testSlots)
        part("long copies", testLongCopies)
        part("memory objects", testMemoryObjects)
        part("copy-on-write", testCopyOnWrite)
        part("system", testSystem)
        part("authorities", testAuthorities)
        part("message errors", testMessageErrors)
        part("messages", testMessages)
        part("piece errors", testPieceErrors)
        part("pieces", testPieces)
        part("replies", testReplies)
        part("reply errors", testReplyErrors)
        part("receiving capabilities", testReceivingCapabilities)
        part("ends", testEnds)
        part("ends of waits", testEndsOfWaits)
        part("timeouts", testTimeouts)
        part("missing pages", testMissingPages)
        part("missing pieces", testMissingPieces)
        part("fault messages", testFaultMessages)
        part("end while receiving", testEndWhileReceiving)
        part("thread handler", testThreadHandler)
        part("changed registers", testChangedRegisters)
        part("floating point", testFloatingPoint)
        part("floating-point exceptions", testFloatingPointExceptions)
        part("thread-local storage", testThreadLocalStorage)
        part("priorities", testPriorities)
        part("order of senders", testOrderOfSenders)
        part("end of a server", testEndOfAServer)
        part("closed endpoints", testClosedEndpoints)
        part("chains", testChains)
        part("turns", testTurns)
        part("notifications", testNotifications)
        part("capabilities in messages", testCapabilitiesInMessages)
        part("children", testChildren)
        part("creators", testCreators)
        part("shares", testShares)
        part("many endpoints", testManyEndpoints)
        if canTakeAll() {
            part("limits of many", testLimitsOfMany)
            part("quota", testQuota)
        } else {
            Report.line(
                "self-test: has no addresses for all its memory; with less ('limit 1000000 self-test') it tries more")
        }
    }

    private nonisolated(unsafe) static var isListing = false

    private static func part(_ name: StaticString, _ test: () -> Void) {
        let before = Check.count
        test()
        if isListing { Report.line("self-test: \(name): \(Check.count - before) checks") }
    }

    private static func finish() {
        if isListing { AnswersSeen.list() }
        if Check.failures == 0 {
            Report.line("self-test: \(Check.count) checks passed")
        } else {
            Report.line("self-test: \(Check.failures) of \(Check.count) checks FAILED")
        }
    }

    private static func testAsFirstProcess() {
        part("doors", testDoors)
        part("threads", testThreads)
        part("memory", testMemory)
        part("interrupts", testInterrupts)
        part("ports", testPorts)
        part("shutdown", testShutdownErrors)
        if canTakeAll() {
            part("no memory", testNoMemory)
        } else {
            Report.line("self-test: has no addresses for all its memory; with less RAM it tries more")
        }
        part("device memory and log", testDeviceMemory)
    }
}
