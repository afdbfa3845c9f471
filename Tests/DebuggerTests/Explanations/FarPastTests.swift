import Debugger
import Machine
import Testing

/// Causes that lie further back than what is gone through for every explanation.
@Suite("Explanations from far back", .enabled(if: BrokenGuest.isAvailable, "clang or ld.lld is not installed"))
struct FarPastTests {
    private func delay(_ count: Int) -> String { "mov ecx, \(count)\n77: loop 77b\n" }

    @Test func interruptsThatWereDisabledLongAgo() throws {
        let debugger = try BrokenGuest.run(
            "sti\nnop\nnop\nstop_it: cli\n" + delay(3_000_000) + "hlt\n", steps: 10_000_000)
        let before = debugger.machine.stateDigest()
        let explanation = debugger.explain()
        #expect(explanation.occasion == .halted)
        #expect(explanation.text.contains("interrupts were disabled by `cli` at 0008:"), "\(explanation.text)")
        #expect(explanation.text.contains("<stop_it>, step "))
        #expect(debugger.machine.stateDigest() == before)
    }

    /// Where nobody looks any further, that is said.
    @Test func aBoundIsNamed() throws {
        let debugger = try BrokenGuest.run("sti\nnop\nstop_it: cli\n" + delay(30_000_000) + "hlt\n", steps: 60_000_000)
        let step = debugger.machine.steps - 20_000_000
        #expect(
            debugger.explain().text.contains(
                "interrupts have been disabled since before step \(step) (further back is not looked)"))
    }

    @Test(arguments: [30_000, 300_000]) func longLoops(_ count: Int) throws {
        let debugger = try BrokenGuest.run("cli\nagain: " + delay(count) + "jmp again\n")
        let explanation = debugger.explain()
        #expect(explanation.occasion == .loop, "\(explanation.text)")
        #expect(explanation.text.contains("it is in a loop of \(count + 2) steps"), "\(explanation.text)")
        #expect(explanation.text.contains("nothing but a reset or an NMI ends it"))
    }

    @Test func aLongLoopThatCountsIsNotBlamed() throws {
        let explanation = try BrokenGuest.run(
            "cli\nagain: " + delay(300_000) + "inc dword ptr [0x7000]\njmp again\n").explain()
        #expect(explanation.occasion == .nothing, "\(explanation.text)")
        #expect(explanation.text.contains("no loop since step 0"), "\(explanation.text)")
    }

    @Test func aLongLoopThatAsksADevice() throws {
        let explanation = try BrokenGuest.run("cli\nagain: " + delay(30_000) + "in al, 0x64\njmp again\n").explain()
        #expect(explanation.text.contains("port 0x64"), "\(explanation.text)")
        #expect(explanation.text.contains("that waits for a device"))
        // Time goes by: the next answer may be another one.
        let time = try BrokenGuest.run("cli\nagain: " + delay(30_000) + "rdtsc\nmov eax, 0\nmov edx, 0\njmp again\n")
        #expect(time.explain().occasion == .nothing)
    }

    /// A million and a half instructions of zeros lie between the jump into nothing and the end of memory.
    @Test func aJumpIntoNothingLongAgo() throws {
        let explanation = try BrokenGuest.run(
            "mov eax, 0x100000\nmov ecx, eax\nmov ebx, eax\ncall_it: call eax\n", steps: 4_000_000
        ).explain()
        #expect(explanation.occasion == .tripleFault)
        #expect(explanation.text.contains("execution came to 00100000 from `call eax`"), "\(explanation.text)")
        #expect(explanation.text.contains("<call_it>"))
    }
}
