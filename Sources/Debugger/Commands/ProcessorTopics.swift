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
        var lines: [String] = []
        var registers: [JSONValue] = []
        for index in 0..<8 {
            let physical = (Int(state.top) + index) & 7
            let isEmpty = state.emptyRegisters >> UInt8(physical) & 1 != 0
            let (significand, exponent) = (state.significands[physical], state.signExponents[physical])
            let number = NumberText.extended(significand: significand, signExponent: exponent)
            lines.append(
                "st\(index) (r\(physical))  \(exponent.digits) \(significand.digits)  " + (isEmpty ? "empty" : number))
            registers.append([
                "isEmpty": .boolean(isEmpty), "text": .string(number), "signExponent": JSONValue(exponent),
                "significand": JSONValue(significand),
            ])
        }
        let exceptions: [(UInt16, String)] = [
            (X87Status.invalidOperation, "invalid"), (X87Status.denormalOperand, "denormal"),
            (X87Status.zeroDivide, "zero-divide"), (X87Status.overflow, "overflow"), (X87Status.underflow, "underflow"),
            (X87Status.precision, "inexact"),
        ]
        func names(_ value: UInt16, _ more: [(UInt16, String)] = []) -> String {
            let set = (exceptions + more).filter { value & $0.0 != 0 }.map(\.1)
            return set.isEmpty ? "none" : set.joined(separator: ", ")
        }
        let precision = ["24 bits", "reserved", "53 bits", "64 bits"][Int(state.control >> 8 & 3)]
        let rounding = ["to nearest", "down", "up", "towards zero"][Int(state.control >> 10 & 3)]
        lines.append(
            "control \(state.control.digits)  masked: \(names(state.control)); precision \(precision), rounding \(rounding)"
        )
        lines.append(
            "status  \(state.statusWord.digits)  top \(state.top); flags: "
                + names(
                    state.statusWord,
                    [
                        (X87Status.stackFault, "stack fault"), (X87Status.errorSummary, "error"), (X87Status.c0, "C0"),
                        (X87Status.c1, "C1"), (X87Status.c2, "C2"), (X87Status.c3, "C3"),
                    ]))
        lines.append("tags    \(state.tagWord.digits)")
        return Output(
            lines,
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
        var lines: [String] = []
        var registers: [JSONValue] = []
        for index in 0..<8 {
            let value = state.pointee.xmm[index]
            let numbers = NumberText.vector(low: value.low, high: value.high)
            lines.append("xmm\(index)  \(value.high.digits)_\(value.low.digits)")
            if value.low != 0 || value.high != 0 {
                lines.append(
                    "      doubles \(numbers.doubles.map { "\($0)" }.joined(separator: ", "));  singles "
                        + numbers.singles.map { "\($0)" }.joined(separator: ", "))
            }
            registers.append(["low": JSONValue(value.low), "high": JSONValue(value.high)])
        }
        let mxcsr = state.pointee.mxcsr
        let flags: [(UInt32, String)] = [
            (MXCSR.invalidOperation, "invalid"), (MXCSR.denormalOperand, "denormal"), (MXCSR.zeroDivide, "zero-divide"),
            (MXCSR.overflow, "overflow"), (MXCSR.underflow, "underflow"), (MXCSR.precision, "inexact"),
            (MXCSR.denormalsAreZeros, "denormals are zeros"), (MXCSR.flushToZero, "flush to zero"),
        ]
        let set = flags.filter { mxcsr & $0.0 != 0 }.map(\.1).joined(separator: ", ")
        let rounding = ["to nearest", "down", "up", "towards zero"][Int(mxcsr >> 13 & 3)]
        lines.append("mxcsr \(mxcsr.digits)  flags: \(set.isEmpty ? "none" : set); rounding \(rounding)")
        return Output(lines, values: ["xmm": .array(registers), "mxcsr": JSONValue(mxcsr)])
    }
}
