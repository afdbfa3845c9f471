import Foundation
import Testing

@testable import Processor

/// Results and flags against the processor that runs this test.
@Suite(
    "Against the host's processor",
    .enabled(if: NativeProcessor.isAvailable, "this host does not run 32-bit code, or clang is missing"), .serialized)
struct NativeComparisonTests {
    /// How many cases; `MARTLET_NATIVE_CASES` asks for more than a test run should take.
    static let count = Int(ProcessInfo.processInfo.environment["MARTLET_NATIVE_CASES"] ?? "") ?? 20_000
    static let seed = UInt64(ProcessInfo.processInfo.environment["MARTLET_SEED"] ?? "") ?? 1

    @Test("Random instructions give the same registers, flags and memory")
    func randomInstructions() throws {
        let native = try #require(NativeProcessor())
        let ours = try EmulatedUser()
        var cases = RandomCases(seed: Self.seed)
        var failures: [String: Int] = [:]
        for _ in 0..<Self.count / 32 {
            let batch = (0..<32).map { _ in cases.next() }
            let expected = native.run(batch.map(\.test))
            try #require(expected.count == batch.count, "the runner has died")
            for (position, (test, row)) in batch.enumerated() {
                let actual = ours.run(test)
                let undefined = UndefinedResults(row, test)
                guard !undefined.isEverything else { continue }
                let difference = undefined.difference(expected[position], actual)
                guard !difference.isEmpty else { continue }
                failures[row.mnemonic, default: 0] += 1
                if failures[row.mnemonic] == 1 {
                    Issue.record("\(row.mnemonic) \(describe(test)): \(difference.joined(separator: ", "))")
                }
            }
        }
        #expect(failures.isEmpty)
    }

    private func describe(_ test: NativeProcessor.Case) -> String {
        let code = test.bytes.map { String($0, radix: 16) }.joined(separator: " ")
        let registers = (0..<8).map { String(test.general[$0], radix: 16) }.joined(separator: " ")
        return "[\(code)] registers \(registers) eflags \(String(test.eflags, radix: 16))"
    }
}

/// Our processor in the place of a user program.
final class EmulatedUser {
    private let machine: SystemFixture

    init() throws {
        machine = try SystemFixture()
        machine.memory.write(Array(repeating: 0xCC, count: 4096), at: NativeProcessor.code)
        // Every exception ends the run, with the registers as they were.
        machine.state.pointee.idtLimit = 0
    }

    func run(_ test: NativeProcessor.Case) -> NativeProcessor.Result {
        let state = machine.state
        machine.memory.write(test.bytes, at: NativeProcessor.start)
        machine.memory.write(test.data, at: NativeProcessor.data)
        for index in 0..<8 { state.pointee.general[index] = test.general[index] }
        state.pointee.eflags = test.eflags
        state.pointee.eip = NativeProcessor.start
        let exit = machine.processor.run(until: machine.processor.steps + 1000)
        var vector = UInt32(machine.processor.faultChain.first?.fault.vector ?? 0xFF)
        if exit != .shutdown { vector = 0xFF }
        var eip = state.pointee.eip
        if vector == 13, machine.peek8(eip) == 0xCC {
            vector = 3
            eip += 1
        }
        let result = NativeProcessor.Result(
            general: (0..<8).map { state.pointee.general[$0] }, eflags: state.pointee.eflags, eip: eip, vector: vector,
            data: machine.memory.read(NativeProcessor.data, count: NativeProcessor.dataSize))
        machine.memory.write(Array(repeating: 0xCC, count: test.bytes.count), at: NativeProcessor.start)
        return result
    }
}

/// What the manual leaves undefined in the result of an instruction (SDM vol. 1, appendix A; vol. 2 under its name).
struct UndefinedResults {
    var flags: UInt32 = 0
    var isEverything = false

    init(_ row: OpcodeRow, _ test: NativeProcessor.Case) {
        let other = Flag.overflow | Flag.sign | Flag.zero | Flag.adjust | Flag.parity
        let is16 = test.bytes.contains(0x66)
        let isByte = row.operands.first == .eb
        let width: UInt32 = isByte ? 8 : is16 ? 16 : 32
        let count: UInt32 =
            switch row.operands.last {
            case .cl: test.general[1] & 31
            case .one: 1
            default: UInt32(test.bytes.last ?? 0) & 31
            }
        switch row.mnemonic {
        case "and", "or", "xor", "test": flags = Flag.adjust
        case "shl", "shr", "sar":
            if count != 0 { flags = Flag.adjust }
            if count > 1 { flags |= Flag.overflow }
            if count >= width { flags |= Flag.carry }
        case "rol", "ror", "rcl", "rcr": if count > 1 { flags = Flag.overflow }
        case "shld", "shrd":
            if count != 0 { flags = Flag.adjust }
            if count > 1 { flags |= Flag.overflow }
            isEverything = count > width
        case "mul", "imul": flags = Flag.sign | Flag.zero | Flag.adjust | Flag.parity
        case "div", "idiv": flags = other | Flag.carry
        case "aaa", "aas": flags = Flag.overflow | Flag.sign | Flag.zero | Flag.parity
        case "aam", "aad": flags = Flag.overflow | Flag.adjust | Flag.carry
        case "daa", "das": flags = Flag.overflow
        case "bt", "bts", "btr", "btc": flags = other & ~Flag.zero
        case "bsf", "bsr": flags = other & ~Flag.zero | Flag.carry
        // Undefined for 16-bit registers.
        case "bswap": isEverything = is16
        default: break
        }
    }

    func difference(_ expected: NativeProcessor.Result, _ actual: NativeProcessor.Result) -> [String] {
        var differences: [String] = []
        func compare(_ name: String, _ left: UInt32, _ right: UInt32) {
            if left != right {
                differences.append("\(name) \(String(left, radix: 16)) but \(String(right, radix: 16))")
            }
        }
        compare("vector", expected.vector, actual.vector)
        compare("eip", expected.eip, actual.eip)
        let isFault = expected.vector != 3
        // RF is set in the image of the flags that a fault pushes.
        let mask = ~(Flag.resume | (isFault ? 0 : flags))
        compare("eflags", expected.eflags & mask, actual.eflags & mask)
        for index in 0..<8 {
            compare(
                ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"][index], expected.general[index],
                actual.general[index])
        }
        for offset in expected.data.indices where expected.data[offset] != actual.data[offset] {
            compare("[\(String(offset, radix: 16))]", UInt32(expected.data[offset]), UInt32(actual.data[offset]))
        }
        return differences
    }
}
