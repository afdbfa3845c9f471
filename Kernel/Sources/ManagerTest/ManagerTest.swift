// The process manager's requests, tried by a program: what each does, the errors that it documents, and a client that
// means harm. The kernel's calls are `SelfTest`'s. Example:
//
//     martlet> manager-test
//     manager-test: 91 checks passed
//
// It starts itself as its own children; the first argument says what such a child does.

import CUser
import User

@main
struct ManagerTest {
    static func main() {
        if Arguments.count > 1 { Role.play() }
        testSpawn()
        testLengths()
        testWait()
        testKill()
        testEnvironment()
        testStreams()
        testLimits()
        testImage()
        testPaging()
        testNames()
        testPermissions()
        testMalformed()
        testDisk()
        testThreads()
        Check.report()
    }

    /// This program, with an argument that says what to do.
    static func program(_ role: StaticString) -> Program {
        let program = Program("bin/manager-test")
        program.add(argument: role)
        return program
    }

    /// Starts a child.
    static func spawn(_ role: StaticString) -> Child {
        if let child = try? program(role).spawn() { return child }
        Check.isTrue(false, "spawn")
        return Child(number: 0)
    }
}

/// Counts what is right, and says what is not.
enum Check {
    private(set) nonisolated(unsafe) static var count: UInt32 = 0
    private(set) nonisolated(unsafe) static var failures: UInt32 = 0

    static func isTrue(_ condition: Bool, _ what: StaticString) {
        count += 1
        guard !condition else { return }
        failures += 1
        print("manager-test: FAILED: \(what)")
    }

    static func equal(_ actual: UInt32, _ expected: UInt32, _ what: StaticString) {
        isTrue(actual == expected, what)
        if actual != expected { print("manager-test: \(actual) instead of \(expected)") }
    }

    /// Says how it went, and ends the program.
    static func report() -> Never {
        if failures == 0 {
            print("manager-test: \(count) checks passed")
        } else {
            print("manager-test: \(failures) of \(count) checks FAILED")
        }
        Manager.exit(status: failures == 0 ? 0 : 1)
    }

    /// Expects a refusal of the process manager.
    static func refusal(_ expected: ManagerError, _ what: StaticString, _ body: () throws(ManagerError) -> Void) {
        do throws(ManagerError) {
            try body()
            isTrue(false, what)
        } catch {
            equal(error.rawValue, expected.rawValue, what)
        }
    }

    /// Expects a refusal of the disk driver.
    static func refusal(_ expected: DiskError, _ what: StaticString, _ body: () throws(DiskError) -> Void) {
        do throws(DiskError) {
            try body()
            isTrue(false, what)
        } catch {
            equal(error.rawValue, expected.rawValue, what)
        }
    }
}

/// What a child does.
enum Role {
    static func play() -> Never {
        if Arguments.is(1, "exit") { Manager.exit(status: Arguments.number(2) ?? 0) }
        if Arguments.is(1, "exit-in-thread") {
            _ = try? Thread.start { Manager.exit(status: 5) }
            while true { Thread.sleep(milliseconds: 100_000) }
        }
        if Arguments.is(1, "lengths") { Manager.exit(status: lengthsOfArguments()) }
        if Arguments.is(1, "sleep") { while true { Thread.sleep(milliseconds: 100_000) } }
        if Arguments.is(1, "nap") {
            Thread.sleep(milliseconds: 300)
            Manager.exit(status: 0)
        }
        if Arguments.is(1, "fault") { crash() }
        if Arguments.is(1, "variable") { Manager.exit(status: checkVariable()) }
        if Arguments.is(1, "write-text") {
            // The program's first instruction.
            memory_write32(program_start_address(), 0)
            Manager.exit(status: 0)
        }
        if Arguments.is(1, "say") {
            Stream.output.print("said")
            Stream.error.print("manager-test: a child complains, as it should\n")
            Manager.exit(status: 0)
        }
        if Arguments.is(1, "environment") {
            let isAsGiven = Environment.count == 2 && isWord(Environment.value("B"), "two")
            Manager.exit(status: isAsGiven && Environment.value("C") == nil ? 0 : 1)
        }
        if Arguments.is(1, "orphan") {
            // Leaves a child behind, whose number is the status.
            Manager.exit(status: ManagerTest.spawn("nap").number)
        }
        if Arguments.is(1, "serve") {
            guard let service = try? Service.register("test.service") else { Manager.exit(status: 1) }
            // Takes one call, and dies over it.
            _ = try? service.endpoint.receive()
            Manager.exit(status: 7)
        }
        if Arguments.is(1, "names") { Manager.exit(status: registerMany()) }
        if Arguments.is(1, "hoard") {
            var address = ProgramLayout.free.lowerBound
            var pages: UInt32 = 0
            while (try? Process.current.map(address, length: pageSize, access: .write)) != nil {
                address += pageSize
                pages += 1
            }
            Manager.exit(status: pages)
        }
        if Arguments.is(1, "family") {
            // Has a child hoard, with a limit of its own that is as high.
            let program = ManagerTest.program("hoard")
            program.memoryLimit = 400
            guard case .exited(let pages)? = try? program.spawn().wait() else { Manager.exit(status: 0) }
            Manager.exit(status: pages)
        }
        if Arguments.is(1, "restarts") { testRestarts() }
        if Arguments.is(1, "blocked") { ClientRole.read(Arguments.bytes(2)) }
        if Arguments.is(1, "read") { ClientRole.readInput() }
        if Arguments.is(1, "read-disk") { ClientRole.readDisk() }
        if Arguments.is(1, "deep-thread") { recurseInThread() }
        if Arguments.is(1, "hog") { ClientRole.hog() }
        if Arguments.is(1, "write-disk") { writeDisk(Arguments.number(2) ?? 0) }
        if Arguments.is(1, "await") {
            print("manager-test: waiting for the end")
            try? Manager.awaitShutdown()
            // Drivers come last, so there is a disk to write to.
            if Arguments.is(2, "write") { writeDisk(0) }
            print("manager-test: ready for the end")
            // Being told is no order to go: some never do.
            if Arguments.is(2, "stubborn") { while true { Thread.sleep(milliseconds: 100_000) } }
            Manager.exit(status: 0)
        }
        Manager.exit(status: 99)
    }

    /// Writes a drive's last two sectors, and reads them back. The status is the error, or 0.
    private static func writeDisk(_ drive: UInt32) -> Never {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * diskSectorSize, alignment: 4)
        let again = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * diskSectorSize, alignment: 4)
        do throws(DiskError) {
            let disk = try Disk(drive)
            let last = try disk.sectors() - 2
            for index in 0..<buffer.count { buffer[index] = UInt8(truncatingIfNeeded: index &* 7 &+ index >> 8) }
            try disk.write(last, UnsafeRawBufferPointer(buffer))
            try disk.flush()
            try disk.read(last, into: again)
            print("manager-test: written")
            Manager.exit(status: again.elementsEqual(buffer) ? 0 : 99)
        } catch {
            print("manager-test: \(error.message)")
            Manager.exit(status: error.rawValue)
        }
    }

    private static func isWord(_ bytes: UnsafeRawBufferPointer?, _ word: StaticString) -> Bool {
        bytes?.elementsEqual(word.utf8Bytes) ?? false
    }

    private static func crash() -> Never {
        // Reads an address that no program has.
        let byte = UnsafePointer<UInt8>(bitPattern: 0x1000)?.pointee
        Manager.exit(status: UInt32(byte ?? 0))
    }
}
