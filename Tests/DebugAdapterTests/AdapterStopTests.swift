import Foundation
import JSON
import ProcessTestSupport
import Testing

/// When the adapter stops, and what it says then: conditions, counts, messages, events of the processor, jumps.
@Suite(.enabled(if: BuiltEmulator.areImagesBuilt, "images/ is empty: run `make image` first"))
struct AdapterStopTests {
    /// A client whose machine stands at the boot sector's first instruction.
    private func atTheBootSector() throws -> AdapterClient {
        let client = try AdapterClient()
        try client.begin()
        try client.request("setInstructionBreakpoints", ["breakpoints": [["instructionReference": "0x7c00"]]])
        try client.request("configurationDone")
        _ = try client.event("stopped")
        #expect(try client.move("continue") == "instruction breakpoint")
        return client
    }

    private func setFunction(_ client: AdapterClient, _ breakpoint: JSONValue...) throws -> [JSONValue] {
        try client.request("setFunctionBreakpoints", ["breakpoints": .array(breakpoint)])["breakpoints"]?.array ?? []
    }

    /// Sets one breakpoint at the line that each of the kernel's gates comes by; returns the answer.
    private func setLine(_ client: AdapterClient, _ breakpoint: [String: JSONValue]) throws -> JSONValue {
        let file = "Kernel/Sources/Kernel/Processor/DescriptorTables.swift"
        let line = try BuiltEmulator.line(of: "idt[Int(vector) * 2] =", in: file)
        let path = BuiltEmulator.repository.appendingPathComponent(file).path
        return try client.request(
            "setBreakpoints",
            [
                "source": ["path": .string(path)],
                "breakpoints": [.object(breakpoint.merging(["line": JSONValue(line)]) { $1 })],
            ])["breakpoints"]?.array?.first ?? [:]
    }

    @Test func conditionsAndHitConditions() throws {
        let client = try atTheBootSector()
        #expect(try setLine(client, ["condition": "$arrivals % 2 == 1", "hitCondition": "% 3"])["verified"] == true)
        // Of the times 1, 3, 5, 7, 9, 11 every third.
        #expect(try client.move("continue") == "breakpoint")
        #expect(try client.evaluate("info break").contains(" if $arrivals % 2 == 1  1 hit of 5, if $count %3 == 0"))
        #expect(try client.move("continue") == "breakpoint")
        #expect(try client.evaluate("info break").contains("  2 hits of 11, "))
        _ = try setLine(client, ["condition": "cr0 & 1", "hitCondition": "= 2"])
        #expect(try client.move("continue") == "breakpoint")
        #expect(try client.evaluate("info break").contains(" if cr0 & 1  1 hit of 2, if $count ==2"))
        _ = try setLine(client, ["condition": "cr0 & 1", "hitCondition": "4"])
        #expect(try client.move("continue") == "breakpoint")
        #expect(try client.evaluate("info break").contains("  1 hit of 4, "))
        // Backwards the condition holds as well.
        _ = try setLine(client, ["condition": "cr0 & 1"])
        #expect(try client.move("reverseContinue") == "breakpoint")
        _ = try setLine(client, ["condition": "!(cr0 & 1)"])
        #expect(try client.move("reverseContinue") == "instruction breakpoint")
        for wrong in [["condition": "eax +"], ["hitCondition": "often"], ["logMessage": "{eax"]]
            as [[String: JSONValue]]
        {
            let answer = try setLine(client, wrong)
            #expect(answer["verified"] == false)
            #expect(answer["message"]?.string?.isEmpty == false)
        }
        #expect(
            try !client.evaluate("info break").contains("DescriptorTables"),
            "a breakpoint with a wrong condition is none")
        try client.request("disconnect")
    }

    @Test func messagesInsteadOfStops() throws {
        let client = try atTheBootSector()
        _ = try setLine(client, ["condition": "$arrivals < 4", "logMessage": "gate {$arrivals}, cr0 {cr0 & 1} {{}}"])
        // Long after it.
        try client.request(
            "setExceptionBreakpoints",
            ["filters": [], "filterOptions": [["filterId": "addressSpaces", "condition": "$new != $old"]]])
        #expect(try client.move("continue") == "exception")
        #expect(
            client.console.contains("gate 0x1, cr0 0x1 {}\ngate 0x2, cr0 0x1 {}\ngate 0x3, cr0 0x1 {}\n"),
            "\(client.console)")
        #expect(try client.evaluate("info break").contains("  3 hits of "))
        try client.request("disconnect")
    }

    @Test func eventsOfTheProcessor() throws {
        let client = try AdapterClient()
        let capabilities = try client.request("initialize", ["adapterID": "martlet"])
        let filters = capabilities["exceptionBreakpointFilters"]?.array ?? []
        #expect(filters.contains { $0["filter"] == "triple" && $0["default"] == true })
        _ = try client.event("initialized")
        try client.request("launch")
        func set(_ options: JSONValue...) throws -> [JSONValue] {
            try client.request("setExceptionBreakpoints", ["filters": ["triple"], "filterOptions": .array(options)])[
                "breakpoints"]?.array ?? []
        }
        let made = try set(
            ["filterId": "interrupts", "condition": "$vector == 0x13"], ["filterId": "nothing"],
            ["filterId": "modes", "condition": "("])
        #expect(made.map { $0["verified"] } == [true, true, false, false])
        try client.request("configurationDone")
        _ = try client.event("stopped")
        #expect(try client.move("continue") == "exception")
        var info = try client.request("exceptionInfo")
        #expect(info["exceptionId"] == "software interrupt 0x13")
        // Back to before it, and forwards again.
        #expect(try client.move("reverseContinue") == "exception", "it lies behind")
        #expect(try client.request("exceptionInfo")["exceptionId"] == "software interrupt 0x13")
        #expect(try client.move("reverseContinue") == "step", "there is nothing before")
        _ = try set(["filterId": "modes"])
        #expect(try client.move("continue") == "exception")
        info = try client.request("exceptionInfo")
        #expect(info["description"]?.string?.contains("(protected mode begins)") == true, "\(info)")
        #expect(try client.response("exceptionInfo", [:])["success"] == true)
        _ = try client.move("stepIn", instruction: true)
        #expect(try client.response("exceptionInfo")["success"] == false)
        _ = try set(["filterId": "pageFaults", "condition": "$errorcode & 4"])
        #expect(try client.move("continue") == "exception")
        info = try client.request("exceptionInfo")
        #expect(info["exceptionId"] == "#PF")
        #expect(info["details"]?["message"]?.string?.contains("why: ") == true, "\(info)")
        try client.request("disconnect")
    }

    @Test func dataBreakpointsStopBothWays() throws {
        let client = try atTheBootSector()
        let info = try client.request("dataBreakpointInfo", ["name": "interrupt_descriptor_table", "bytes": 4])
        let set: JSONValue = [
            "breakpoints": [
                ["dataId": info["dataId"] ?? "", "accessType": "write", "condition": "cr0 & 1", "hitCondition": ">= 1"]
            ]
        ]
        #expect(try client.request("setDataBreakpoints", set)["breakpoints"]?.array?.first?["verified"] == true)
        #expect(try client.move("continue") == "data breakpoint")
        let steps = try client.evaluate("location")
        #expect(try client.move("reverseContinue") == "data breakpoint")
        #expect(try client.evaluate("location").contains("(in the past"))
        #expect(try client.evaluate("location") != steps)
        try client.request("disconnect")
    }

    /// `lidt` with an empty table and `int3` at 0x500: a triple fault.
    private static let shutdown = Data([0x0F, 0x01, 0x1E, 0x10, 0x05, 0xCC])

    @Test func tripleFaults() throws {
        let client = try atTheBootSector()
        try client.request(
            "writeMemory", ["memoryReference": "0x500", "data": .string(Self.shutdown.base64EncodedString())])
        try client.request(
            "writeMemory", ["memoryReference": "0x510", "data": .string(Data(count: 6).base64EncodedString())])
        #expect(try client.request("setExpression", ["expression": "$eip", "value": "0x500"])["value"] == "0x00000500")
        #expect(try client.move("continue") == "exception")
        #expect(try client.request("exceptionInfo")["exceptionId"] == "triple fault")
        #expect(client.console.contains("triple fault at step "))
        // Whoever does not tick it gets what a PC does.
        #expect(try client.move("stepBack", instruction: true) == "step")
        try client.request("setExceptionBreakpoints", ["filters": []])
        #expect(try client.move("continue") == "instruction breakpoint")
        try client.request("disconnect")
    }

    @Test func aTripleFaultThatNobodyWantsToSeeIsAReset() throws {
        let client = try atTheBootSector()
        try client.request("setExceptionBreakpoints", ["filters": []])
        try client.request(
            "writeMemory", ["memoryReference": "0x500", "data": .string(Self.shutdown.base64EncodedString())])
        try client.request(
            "writeMemory", ["memoryReference": "0x510", "data": .string(Data(count: 6).base64EncodedString())])
        try client.request("setExpression", ["expression": "eip", "value": "0x500"])
        #expect(try client.move("continue") == "instruction breakpoint")
        #expect(client.console.contains("the machine is reset"))
        #expect(try client.frame()["instructionPointerReference"] == "0x00007c00")
        try client.request("disconnect")
    }

    @Test func jumpsAndRestarts() throws {
        let client = try atTheBootSector()
        let path = BuiltEmulator.repository.appendingPathComponent(
            "Kernel/Sources/Kernel/Processor/DescriptorTables.swift"
        )
        .path
        let lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
        let line = JSONValue(try #require(lines.firstIndex { $0.contains("idt[Int(vector) * 2] =") }) + 1)
        let source: JSONValue = ["path": .string(path)]
        let locations = try client.request(
            "breakpointLocations", ["source": source, "line": 1, "endLine": JSONValue(lines.count)])["breakpoints"]?
            .array
        #expect(locations?.contains { $0["line"] == line } == true)
        _ = try setFunction(client, ["name": "Kernel_main"])
        #expect(try client.move("continue") == "function breakpoint")
        let targets = try client.request("gotoTargets", ["source": source, "line": line])["targets"]?.array
        let target = try #require(targets?.first)
        try client.request("goto", ["threadId": 1, "targetId": target["id"] ?? 0])
        #expect(try client.event("stopped")["reason"] == "goto")
        #expect(try client.frame()["line"] == line)
        #expect(try client.frame()["instructionPointerReference"] == target["instructionPointerReference"])
        try client.request("restart")
        #expect(try client.event("stopped")["reason"] == "entry")
        #expect(try client.frame()["instructionPointerReference"] == "0xfffffff0")
        #expect(try client.evaluate("timeline").contains("0"))
        #expect(try client.move("continue") == "instruction breakpoint")
        try client.request("disconnect")
    }

    @Test func registersOfTheFPUAndOfSSE() throws {
        let client = try atTheBootSector()
        let scopes = try client.request("scopes", ["frameId": 1])["scopes"]?.array ?? []
        let names = scopes.compactMap { $0["name"]?.string }
        #expect(names.suffix(2) == ["x87 registers", "SSE registers"])
        #expect(try client.register("st0", scope: 4).hasSuffix("  empty"))
        #expect(try client.register("control", scope: 4).hasPrefix("0"))
        #expect(try client.register("xmm7", scope: 5).hasPrefix("0000000000000000_0000000000000000"))
        #expect(try client.register("mxcsr", scope: 5).hasPrefix("00001f80"))
        try client.request("disconnect")
    }
}
