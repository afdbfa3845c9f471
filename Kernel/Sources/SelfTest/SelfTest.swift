// The kernel's system calls, tried from user space: what each does, the errors it documents, and a caller that means
// harm.
//
// The constraint: a test on the host cannot execute `int 0x80`, and a test from outside sees only what a program
// prints. The choice: a program that makes the calls, compares, and says one line if all is well; the boot tests run it
// on several machines. It uses no more than any program has (`ProgramSlot`), so what it may not do is tested too.
// Example:
//
//     martlet> self-test
//     self-test: 279 checks passed
//
// With an argument (`self-test hold &`) it takes all the memory it can have, and keeps it.

import CUser
import User

@main
struct SelfTest {
    static func main() {
        if Arguments.count > 1 { hold() }
        testDoors()
        testThreads()
        testProcessorTime()
        testCapabilities()
        testRevocation()
        testMemory()
        testLongCopies()
        testMemoryObjects()
        testCopyOnWrite()
        testSystem()
        testAuthorities()
        testMessageErrors()
        testMessages()
        testPieceErrors()
        testPieces()
        testReplies()
        testEnds()
        testTimeouts()
        testMissingPages()
        testMissingPieces()
        testFaultMessages()
        testThreadHandler()
        testFloatingPoint()
        testThreadLocalStorage()
        testPriorities()
        testOrderOfSenders()
        testEndOfAServer()
        testNotifications()
        testCapabilitiesInMessages()
        testChildren()
        testLimitsOfMany()
        testQuota()
        testManyEndpoints()
        if Check.failures == 0 {
            print("self-test: \(Check.count) checks passed")
        } else {
            print("self-test: \(Check.failures) of \(Check.count) checks FAILED")
            Manager.exit(status: 1)
        }
    }
}

/// Counts what is right, and says what is not.
enum Check {
    private(set) nonisolated(unsafe) static var count = 0
    private(set) nonisolated(unsafe) static var failures = 0

    /// Expects a result.
    static func equal(_ actual: Int32, _ expected: Int32, _ what: StaticString) {
        count += 1
        guard actual != expected else { return }
        failures += 1
        print("self-test: FAILED: \(what): \(Int(actual)) instead of \(Int(expected))")
    }

    /// Expects an error.
    static func error(_ actual: Int32, _ expected: KernelError, _ what: StaticString) {
        equal(actual, expected.rawValue, what)
    }

    static func isTrue(_ condition: Bool, _ what: StaticString) { equal(condition ? 1 : 0, 1, what) }
}

/// Makes a system call with these registers; they hold what comes back.
func invoke(_ call: SystemCall, label: UInt32 = 0, _ registers: inout system_call_registers) -> Int32 {
    registers.eax = SystemCallNumber(call, label: label).rawValue
    system_call(&registers)
    return Int32(bitPattern: registers.eax)
}

/// Makes a system call whose result is all that counts.
func invoke(
    _ call: SystemCall, label: UInt32 = 0, _ ebx: UInt32 = 0, _ ecx: UInt32 = 0, _ edx: UInt32 = 0, _ esi: UInt32 = 0, _ edi: UInt32 = 0
) -> Int32 {
    var registers = system_call_registers()
    registers.ebx = ebx
    registers.ecx = ecx
    registers.edx = edx
    registers.esi = esi
    registers.edi = edi
    return invoke(call, label: label, &registers)
}

/// Slots and addresses that the test uses; the process has nothing there.
enum Place {
    static var endpoint: UInt32 { 100 }
    static var second: UInt32 { 101 }
    static var thread: UInt32 { 102 }
    static var reply: UInt32 { 103 }
    static var otherReply: UInt32 { 104 }
    static var scratch: UInt32 { 105 }
    /// From here to the end of the table.
    static var many: UInt32 { 110 }

    /// Memory: the stack of a second thread, a buffer of 128 KiB, and a page that can only be read.
    static var stack: UInt32 { 0x6000_0000 }
    static var buffer: UInt32 { 0x6100_0000 }
    static var bufferLength: UInt32 { 0x2_0000 }
    static var readOnly: UInt32 { 0x6200_0000 }
    static var free: UInt32 { 0x6300_0000 }
    /// More than a gigabyte.
    static var plenty: UInt32 { 0x6500_0000 }
    static var plentyEnd: UInt32 { 0xB000_0000 }

    /// Addresses that no program may use: 0, the kernel's, the end of the address space.
    static var bad: InlineArray<6, UInt32> { [0, 0x1000, 0x10_0000, 0x7FF_FFFC, 0xFFFF_FFF8, 0x6400_0000] }
}
