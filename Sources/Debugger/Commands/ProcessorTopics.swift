import JSON
import Machine
import Processor

/// Topics of `info` about the processor.
extension DebuggerCommand {
    static let modelSpecificRegisters = DebuggerCommand(
        "msr", usage: "msr [NUMBER]", summary: "the model-specific registers", group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(1)
        let processor = commands.debugger.machine.processor
        var numbers = processor.modelSpecificRegisterNumbers
        if let word = arguments.words.first { numbers = [try commands.address(word)] }
        var lines: [String] = []
        var values: [String: JSONValue] = [:]
        for number in numbers {
            guard let value = processor.modelSpecificRegister(number) else {
                throw CommandError(
                    "this processor (\(processor.model.name)) has no model-specific register \(number.hexadecimal)")
            }
            lines.append("\(number.digits)  \(value.digits)  \(name(ofRegister: number))")
            values[number.hexadecimal] = JSONValue(value)
        }
        if lines.isEmpty { lines.append("this processor (\(processor.model.name)) has no model-specific registers") }
        return Output(lines, values: values)
    }

    private static func name(ofRegister number: UInt32) -> String {
        typealias Number = ModelSpecificRegister
        switch number {
        case Number.timestamp: return "time-stamp counter"
        case Number.platformID: return "platform"
        case Number.apicBase: return "APIC base"
        case Number.powerOnConfiguration: return "power-on configuration"
        case Number.updateSignature: return "microcode signature"
        case Number.performanceCounter, Number.performanceCounter + 1: return "performance counter"
        case Number.eventSelect, Number.eventSelect + 1: return "performance event"
        case Number.memoryTypeCapabilities: return "MTRR capabilities"
        case Number.sysenterCS: return "sysenter: CS"
        case Number.sysenterESP: return "sysenter: ESP"
        case Number.sysenterEIP: return "sysenter: EIP"
        case Number.miscellaneousEnable: return "miscellaneous enables"
        case Number.pageAttributeTable: return "page attribute table"
        case Number.memoryTypeDefault: return "MTRR default type"
        case Number.efer: return "EFER"
        case Number.memoryTypeVariable..<Number.memoryTypeVariable + 16:
            let index = number - Number.memoryTypeVariable
            return "MTRR \(index / 2) " + (index & 1 == 0 ? "base" : "mask")
        default: return "MTRR of a fixed range"
        }
    }

    static let identification = DebuggerCommand(
        "cpuid", usage: "cpuid", summary: "the processor's model, and what cpuid answers", group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        let processor = commands.debugger.machine.processor
        let model = processor.model
        let signature = model.signature
        var lines = [
            "\(model.name): family \(signature >> 8 & 0xF), model \(signature >> 4 & 0xF), stepping \(signature & 0xF)"
        ]
        let answers = processor.identification
        if answers.isEmpty { lines.append("there is no cpuid") }
        for answer in answers {
            lines.append(
                "\(answer.leaf.digits)  eax \(answer.eax.digits)  ebx \(answer.ebx.digits)  ecx \(answer.ecx.digits)  "
                    + "edx \(answer.edx.digits)")
        }
        if let features = model.features { lines.append("features: " + names(of: features).joined(separator: " ")) }
        return Output(
            lines,
            values: [
                "model": .string(model.name), "signature": JSONValue(signature),
                "leaves": .array(
                    answers.map { answer in
                        [
                            "leaf": JSONValue(answer.leaf), "eax": JSONValue(answer.eax), "ebx": JSONValue(answer.ebx),
                            "ecx": JSONValue(answer.ecx), "edx": JSONValue(answer.edx),
                        ]
                    }),
            ])
    }

    /// SDM vol. 2, CPUID, table 3-11.
    private static func names(of features: UInt32) -> [String] {
        let names: [(UInt32, String)] = [
            (CPUFeature.fpu, "FPU"), (CPUFeature.virtual8086Extensions, "VME"), (CPUFeature.debuggingExtensions, "DE"),
            (CPUFeature.pageSizeExtensions, "PSE"), (CPUFeature.timestamp, "TSC"),
            (CPUFeature.modelSpecificRegisters, "MSR"), (CPUFeature.physicalAddressExtension, "PAE"),
            (CPUFeature.compareExchange8, "CX8"), (CPUFeature.fastSystemCalls, "SEP"),
            (CPUFeature.memoryTypeRanges, "MTRR"), (CPUFeature.pageGlobalEnable, "PGE"),
            (CPUFeature.conditionalMove, "CMOV"), (CPUFeature.pageAttributeTable, "PAT"),
            (CPUFeature.pageSizeExtensions36, "PSE-36"), (CPUFeature.cacheLineFlush, "CLFSH"), (CPUFeature.mmx, "MMX"),
            (CPUFeature.fastSave, "FXSR"), (CPUFeature.sse, "SSE"), (CPUFeature.sse2, "SSE2"),
        ]
        return names.filter { features & $0.0 != 0 }.map(\.1)
    }

    static let fpu = DebuggerCommand(
        "fpu", "x87", usage: "fpu", summary: "the registers of the FPU as numbers, and its state in words",
        group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        let state = commands.debugger.machine.processor.state.pointee.x87
        let registers = (0..<8).map { index -> JSONValue in
            let (significand, exponent, isEmpty) = state.register(index)
            return [
                "isEmpty": .boolean(isEmpty), "signExponent": JSONValue(exponent),
                "significand": JSONValue(significand),
                "text": .string(NumberText.extended(significand: significand, signExponent: exponent)),
            ]
        }
        return Output(
            commands.debugger.x87Fields.map { "\($0.name.padded(to: 8))\($0.text)" },
            values: [
                "st": .array(registers), "control": JSONValue(state.control), "status": JSONValue(state.statusWord),
                "tags": JSONValue(state.tagWord),
            ])
    }

    static let sse = DebuggerCommand(
        "sse", "xmm", usage: "sse", summary: "the registers of SSE as numbers", group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        let state = commands.debugger.machine.processor.state
        let registers = (0..<8).map { index -> JSONValue in
            ["low": JSONValue(state.pointee.xmm[index].low), "high": JSONValue(state.pointee.xmm[index].high)]
        }
        return Output(
            commands.debugger.sseFields.map { "\($0.name.padded(to: 6))\($0.text)" },
            values: ["xmm": .array(registers), "mxcsr": JSONValue(state.pointee.mxcsr)])
    }
}
