import Debugger
import DebuggerTestSupport
import Foundation
import JSON
import Machine
import Testing

/// The timeline of scheduling, against what one finds by going from switch to switch.
@Suite(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
struct ScheduleTests {
    @Test func slicesCoverTheTime() throws {
        let kernel = try KernelMachine.booted()
        let start = kernel.machine.steps
        try kernel.type("echo hello", until: "hello\r\n")
        let end = kernel.machine.steps
        let digest = kernel.machine.stateDigest()
        let schedule = try kernel.debugger.schedule(from: start, to: end)
        #expect(kernel.machine.steps == end && kernel.machine.stateDigest() == digest)
        #expect(schedule.steps == start..<end)
        #expect(schedule.slices.first?.steps.lowerBound == start)
        #expect(schedule.slices.last?.steps.upperBound == end)
        for (left, right) in zip(schedule.slices, schedule.slices.dropFirst()) {
            #expect(left.steps.upperBound == right.steps.lowerBound)
            #expect(left.nanoseconds.upperBound == right.nanoseconds.lowerBound)
            #expect(left.thread != right.thread)
            #expect(left.end != .open)
        }
        let total = schedule.threads.reduce(UInt64(0)) { $0 + schedule.stepsRun(by: $1.number) }
        #expect(total == end - start)
        // The line went from the driver through the console to the shell.
        for name in ["serial", "console", "shell"] { #expect(schedule.threads.contains { $0.name == name }, "\(name)") }
        #expect(schedule.slices.contains { $0.end == .waits && $0.endText.contains("serial") })
        #expect(!schedule.interrupts.isEmpty)

        // One by one, the same.
        kernel.debugger.go(to: start)
        for slice in schedule.slices.dropLast().prefix(20) {
            let stop = try kernel.debugger.nextSwitch()
            #expect(stop.steps == slice.steps.upperBound)
        }
    }

    @Test func picturesAndFiles() throws {
        let kernel = try KernelMachine.booted()
        let text = kernel.execute("schedule 0").text
        #expect(text.contains("process-manager"), "\(text)")
        #expect(text.contains(" interrupts ") || text.contains("interrupts"))
        #expect(text.contains("#"))
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("schedule-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let output = kernel.execute("schedule/c \(file.path) 0")
        #expect(!output.isError, "\(output.text)")
        let events = try JSONValue(parsing: try Data(contentsOf: file))["traceEvents"]?.array ?? []
        let slices = output.values["slices"]?.array?.count ?? 0
        #expect(slices > 10)
        #expect(events.filter { $0["ph"] == "X" }.count == slices)
        #expect(events.contains { $0["name"] == "process_name" && $0["args"]?["name"] == "shell" })
        for event in events where event["ph"] == "X" {
            #expect(event["pid"]?.integer ?? 0 > 0 && event["tid"]?.integer ?? 0 > 0)
        }
        #expect(kernel.execute("schedule 10 5").isError)
        #expect(kernel.execute("schedule/x 1").isError)
        #expect(try KernelMachine(withSymbols: false).execute("schedule").isError)
    }
}
