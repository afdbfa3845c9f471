@testable import Debugger
import DebuggerTestSupport
import Machine
import Testing

/// The kernel's clock against the machine's, which no program in it can see.
@Suite(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
struct KernelClockTests {
    /// An idle kernel stops its ticks and counts them when it is woken: by its timer, or by a key.
    @Test(arguments: ["486", "pentium4"])
    func ticksAreMillisecondsHoweverOftenItIsWoken(processor: String) throws {
        let kernel = try KernelMachine.booted(processor: processor)
        func now() throws -> (kernel: Int64, machine: Int64) {
            (Int64(try #require(try kernel.view().ticks)), Int64(kernel.machine.nanoseconds / 1_000_000))
        }
        let start = try now()
        var end = start
        // Ten seconds without anything to do, and then two with many interrupts.
        while end.machine - start.machine < 10_000 {
            kernel.debugger.continue(until: kernel.machine.steps + 20_000_000)
            end = try now()
        }
        // The counter of the 8254 has 1193 counts in a tick, where 1193.182 would be a millisecond; an idle kernel may
        // have as many as 54 ticks to count.
        #expect(abs(end.kernel - start.kernel - (end.machine - start.machine)) <= 57)
        for _ in 0..<400 {
            kernel.machine.inject(.serial([0x78], port: 0))
            kernel.debugger.continue(until: kernel.machine.steps + 500_000)
        }
        let typed = try now()
        #expect(typed.machine - end.machine > 1000)
        #expect(abs(typed.kernel - end.kernel - (typed.machine - end.machine)) <= 57)
    }

    /// Each operation of the kernel looks at the interrupts in time, or a tick would be lost: a millisecond is 100,000
    /// steps. Only a line of its log takes longer, since it waits for the serial line (docs/kernel.md).
    @Test func noTickIsLostWhateverProgramsDo() throws {
        let kernel = try KernelMachine.booted()
        kernel.machine.inject(.serial(Array("self-test\r".utf8), port: 0))
        var ticks = try #require(try kernel.view().ticks)
        // How far the kernel's clock was behind the machine's when it counted last, in microseconds; and what had been
        // said.
        var last: (behind: Int64, said: Int)?
        var checks = 0
        let end = kernel.machine.nanoseconds + 3_000_000_000
        while !kernel.output.contains(" checks passed"), kernel.machine.nanoseconds < end {
            kernel.debugger.continue(until: kernel.machine.steps + 1_000)
            let now = try #require(try kernel.view().ticks)
            guard now != ticks else { continue }
            ticks = now
            let behind = Int64(kernel.machine.nanoseconds / 1000) - Int64(ticks) * 1000
            let said = kernel.output.utf8.count
            // A driver says no more than a byte in 87 microseconds.
            if let last, said - last.said < 30 {
                #expect(behind - last.behind < 500, "a tick is lost before \(ticks) ms")
            }
            last = (behind, said)
            checks += 1
        }
        #expect(kernel.output.contains(" checks passed"), "\(kernel.output.suffix(300))")
        #expect(checks > 100)
    }

    /// The counter of ticks wraps around after 49 days, which are not waited for: it is set.
    @Test func timeGoesOnWhenTheTicksWrapAround() throws {
        // Without a time-stamp counter all clocks are made of ticks.
        let kernel = try KernelMachine.booted(processor: "486")
        for name in ["Clock.ticks", "Clock.allTicks"] {
            let address = try #require(try kernel.view().layout.address(of: name))
            _ = kernel.execute("write/d \(address) 0xfffffe00")
        }
        #expect(try #require(try kernel.view().ticks) >= 0xFFFF_FE00)
        // Before, across the end, and behind it.
        for _ in 0..<3 {
            let output = try kernel.type("self-test", until: "checks ")
            #expect(output.contains("checks passed"), "\(output)")
        }
        #expect(try #require(try kernel.view().ticks) < 0x1000_0000)
    }
}
