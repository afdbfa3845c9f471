import Foundation
import JSON
import ProcessTestSupport
import Testing

/// A client of `vm --dap`, booting our kernel.
@Suite(.enabled(if: BuiltEmulator.areImagesBuilt, "images/ is empty: run `make image` first"))
struct AdapterSessionTests {
    private let descriptorTables =
        BuiltEmulator.repository.appendingPathComponent("Kernel/Sources/Kernel/Processor/DescriptorTables.swift").path
    private let shell = BuiltEmulator.repository.appendingPathComponent("Kernel/Sources/Shell/Shell.swift").path

    /// The number of the line that has `text` in it.
    private func line(of text: String, in path: String) throws -> JSONValue {
        let lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
        return JSONValue(try #require(lines.firstIndex { $0.contains(text) }) + 1)
    }

    private func setBreakpoint(_ client: AdapterClient, _ path: String, _ line: JSONValue) throws -> JSONValue {
        try client.request(
            "setBreakpoints", ["source": ["path": .string(path)], "breakpoints": [["line": line]]]
        )["breakpoints"]?.array?.first ?? [:]
    }

    /// From the reset vector to a line of Swift in the kernel, to one in a user program, and backwards through the
    /// same.
    @Test func fromTheResetVectorToSwiftAndBack() throws {
        let client = try AdapterClient()
        try client.begin()
        let kernelLine = try line(of: "idt[Int(vector) * 2] =", in: descriptorTables)
        let breakpoint = try setBreakpoint(client, descriptorTables, kernelLine)
        #expect(breakpoint["verified"] == true, "\(breakpoint)")
        #expect(breakpoint["line"] == kernelLine)
        // The first line of the shell's main function that has code of its own.
        let main = try setBreakpoint(client, shell, try line(of: "static func main()", in: shell))
        #expect(main["verified"] == true)
        let shellLine = try #require(main["line"])
        try client.request("configurationDone")
        #expect(try client.event("stopped")["reason"] == "entry")
        #expect(try client.frame()["instructionPointerReference"] == "0xfffffff0")

        #expect(try client.move("continue") == "breakpoint")
        var frame = try client.frame()
        #expect(frame["source"]?["path"]?.string == descriptorTables)
        #expect(frame["line"] == kernelLine)
        // One line on, and back.
        #expect(try client.move("next") == "step")
        let next = try client.frame()["line"]
        #expect(next == JSONValue((kernelLine.integer ?? 0) + 1))
        #expect(try client.move("stepBack") == "step")
        #expect(try client.frame()["line"] == kernelLine)
        let address = try client.frame()["instructionPointerReference"]
        try client.move("stepIn", instruction: true)
        #expect(try client.frame()["instructionPointerReference"] != address)
        try client.move("stepBack", instruction: true)
        #expect(try client.frame()["instructionPointerReference"] == address)

        _ = try setBreakpoint(client, descriptorTables, 1_000_000)
        #expect(try client.move("continue") == "breakpoint")
        frame = try client.frame()
        #expect(frame["source"]?["path"]?.string == shell)
        #expect(frame["line"] == shellLine)
        #expect(try client.register("cs", scope: 2) == "0x001b")
        try threadsOfTheKernel(client)
        #expect(try client.move("stepIn") == "step")
        #expect(try client.frame()["instructionPointerReference"] != frame["instructionPointerReference"])

        _ = try setBreakpoint(client, descriptorTables, kernelLine)
        #expect(try client.move("reverseContinue") == "breakpoint")
        #expect(try client.frame()["line"] == shellLine)
        #expect(try client.move("reverseContinue") == "breakpoint")
        #expect(try client.frame()["source"]?["path"]?.string == descriptorTables)
        _ = try setBreakpoint(client, descriptorTables, 1_000_000)
        #expect(try client.move("reverseContinue") == "step")
        #expect(try client.frame()["instructionPointerReference"] == "0xfffffff0")
        try client.request("disconnect")
        #expect(client.exitCode() == 0)
    }

    /// With the shell running, the kernel's other threads have frames and registers of their own.
    private func threadsOfTheKernel(_ client: AdapterClient) throws {
        let threads = try client.request("threads")["threads"]?.array ?? []
        let names = threads.compactMap { $0["name"]?.string }
        for name in ["kernel", "process-manager", "console", "shell"] {
            #expect(names.contains { $0.hasPrefix(name + ", thread ") }, "\(names)")
        }
        let manager = try #require(threads.first { $0["name"]?.string?.hasPrefix("process-manager,") == true })
        let frame = try #require(
            try client.request("stackTrace", ["threadId": manager["id"] ?? 0])["stackFrames"]?.array?.first)
        #expect(frame["instructionPointerReference"] != (try client.frame()["instructionPointerReference"]))
        let scopes = try client.request("scopes", ["frameId": frame["id"] ?? 0])["scopes"]?.array ?? []
        let reference = try #require(scopes.first?["variablesReference"]?.integer)
        #expect(
            try client.register("eip", scope: reference).prefix(10) == frame["instructionPointerReference"]?.string?
                .prefix(10) ?? "")
        #expect(try client.response("stackTrace", ["threadId": 4711])["success"] == false)
    }

    @Test func memoryRegistersAndInstructions() throws {
        let client = try AdapterClient()
        try client.begin()
        let instructions: JSONValue = ["breakpoints": [["instructionReference": "0x7c00"]]]
        #expect(
            try client.request("setInstructionBreakpoints", instructions)["breakpoints"]?.array?.first?["verified"]
                == true)
        try client.request("configurationDone")
        _ = try client.event("stopped")
        #expect(try client.move("continue") == "instruction breakpoint")
        let memory = try client.request("readMemory", ["memoryReference": "0x7c00", "offset": 510, "count": 2])
        #expect(memory["data"] == "VVo=" || memory["data"] == .string(Data([0x55, 0xAA]).base64EncodedString()))
        let listing = try client.request(
            "disassemble", ["memoryReference": "0x7c00", "instructionOffset": -2, "instructionCount": 4])[
                "instructions"]
        #expect(listing?.array?.count == 4)
        #expect(listing?.array?[2]["address"] == "0x00007c00")
        #expect(listing?.array?[2]["instruction"]?.string?.hasPrefix("jmp ") == true)

        // What is written is there, and can be taken back.
        try client.request(
            "writeMemory", ["memoryReference": "0x500", "data": .string(Data([1, 2, 3]).base64EncodedString())])
        #expect(try client.evaluate("x/3b 0x500").hasPrefix("00000500  01 02 03"))
        #expect(try client.request("setVariable", ["variablesReference": 1, "name": "ecx", "value": "0x1234"])["value"]?
            .string?.hasPrefix("0x00001234") == true)
        #expect(try client.register("ecx").hasPrefix("0x00001234"))
        #expect(try client.evaluate("$ecx", context: "hover").hasPrefix("0x00001234"))
        #expect(
            try client.response("setVariable", ["variablesReference": 1, "name": "nonsense", "value": "1"])["success"]
                == false)

        // Data breakpoints, and the console with all commands.
        let info = try client.request("dataBreakpointInfo", ["name": "0x7000", "bytes": 2])
        #expect(info["dataId"] == "28672/2")
        #expect(try client.evaluate("break Kernel_main").contains("breakpoint"))
        #expect(
            try client.request("completions", ["text": "reverse-co", "column": 11])["targets"]?.array?.first?["label"]
                == "reverse-continue")
        try client.send("evaluate", ["expression": "continue", "context": "repl"])
        #expect(try client.event("stopped")["reason"] == "breakpoint")
        #expect(try client.frame()["name"] == "Kernel_main")
        #expect(try client.evaluate("last-write cr0").contains("mov cr0, "))
        #expect(try client.response("evaluate", ["expression": "nonsense", "context": "repl"])["message"]?.string?
            .contains("there is no command 'nonsense'") == true)
        #expect(try client.response("nonsense")["success"] == false)
        try client.request("terminate")
        #expect(client.exitCode() == 0)
    }

    /// A running machine can be stopped at any time, also by leaving.
    @Test func pauseAndLeave() throws {
        let client = try AdapterClient()
        try client.begin()
        let functions: JSONValue = ["breakpoints": [["name": "Kernel_main"], ["name": "no such function"]]]
        let results = try client.request("setFunctionBreakpoints", functions)["breakpoints"]?.array
        #expect(results?.map { $0["verified"] } == [true, false])
        try client.request("configurationDone")
        _ = try client.event("stopped")
        #expect(try client.move("continue") == "function breakpoint")
        try client.request("setFunctionBreakpoints", ["breakpoints": []])
        try client.request("continue", ["threadId": 1])
        try client.request("pause", ["threadId": 1])
        // The move ends before the request is answered.
        #expect(try client.evaluate("location").hasPrefix("step "))
        try client.request("continue", ["threadId": 1])
        try client.request("disconnect")
        #expect(client.exitCode() == 0)
    }
}
