import Processor
import Testing

/// What the decoder does at the edges: where bytes end, with too many of them, and with prefixes that contradict each
/// other or are forbidden.
@Suite("Decoder at the edges") struct DecoderTests {
    private func operation(_ bytes: [UInt8], code32: Bool = true) -> Operation? {
        try? Decoder.decode(bytes, code32: code32).operation
    }

    private func failure(_ bytes: [UInt8], code32: Bool = true) -> Decoder.Failure? {
        do throws(Decoder.Failure) {
            _ = try Decoder.decode(bytes, code32: code32)
            return nil
        } catch {
            return error
        }
    }

    /// An instruction is whole with its last byte, and not before; what follows it makes no difference.
    @Test(arguments: [true, false]) func everyInstructionNeedsAllItsBytes(code32: Bool) throws {
        for opcode in Sample.opcodes {
            for sample in Sample.all(of: opcode, code32: code32, .selection) where sample.isInstruction {
                for count in 0..<sample.bytes.count {
                    let cut = Array(sample.bytes.prefix(count))
                    if failure(cut, code32: code32) != .incomplete { Issue.record("\(sample.hexadecimal): \(count)") }
                }
                let again = try Decoder.decode(sample.bytes + [0xCC], code32: code32)
                if Int(again.length) != sample.bytes.count { Issue.record("\(sample.hexadecimal)") }
            }
        }
    }

    /// Fifteen bytes are an instruction, sixteen are #GP (SDM vol. 2, 2.3.11), whatever fills them.
    @Test(arguments: Sample.prefixes.filter { $0 != 0xF0 }) func fifteenBytes(prefix: UInt8) throws {
        for prefixes in 0..<20 {
            // leave
            let bytes = [UInt8](repeating: prefix, count: prefixes) + [0xC9]
            let length = (try? Decoder.decode(bytes, code32: true)).map { Int($0.length) }
            #expect(length == (bytes.count <= 15 ? bytes.count : nil), "\(prefixes)")
            if bytes.count > 15 { #expect(failure(bytes) == .tooLong) }
        }
        #expect(failure([UInt8](repeating: prefix, count: 15)) == .tooLong)
        #expect(failure([UInt8](repeating: prefix, count: 14)) == .incomplete)
        #expect(failure([UInt8](repeating: prefix, count: 14) + [0x90]) == nil)
        #expect(failure([UInt8](repeating: prefix, count: 15) + [0x90]) == .tooLong)
    }

    /// The bytes end before the fifteenth: it is not known yet whether there are too many.
    @Test func tooLongIsKnownAtTheFifteenthByte() {
        #expect(failure([UInt8](repeating: 0x66, count: 13) + [0xB8]) == .incomplete)
        #expect(failure([UInt8](repeating: 0x66, count: 13) + [0xB8, 1]) == .tooLong)
        #expect(failure([UInt8](repeating: 0x66, count: 12) + [0xB8, 1, 2]) == nil)
        #expect(failure([]) == .incomplete)
    }

    @Test func prefixesCountOnce() throws {
        for count in 1...3 {
            let operand = try Decoder.decode([UInt8](repeating: 0x66, count: count) + [0x05, 1, 2], code32: true)
            #expect(operand.operation == .addRI16 && !operand.is32BitOperand)
            let address = try Decoder.decode([UInt8](repeating: 0x67, count: count) + [0x8B, 0x00], code32: true)
            #expect(address.base == 3 && address.index == 6)
        }
    }

    @Test func theLastSegmentPrefixDecides() throws {
        let segments: [(UInt8, UInt8)] = [(0x26, 0), (0x2E, 1), (0x36, 2), (0x3E, 3), (0x64, 4), (0x65, 5)]
        for (first, _) in segments {
            for (second, number) in segments {
                let instruction = try Decoder.decode([first, second, 0x8B, 0x45, 0x08], code32: true)
                #expect(instruction.segment == number)
            }
        }
        // Without one, ESP and EBP as the base mean SS, and as an index do not.
        #expect(try Decoder.decode([0x8B, 0x45, 0x08], code32: true).segment == 2)
        #expect(try Decoder.decode([0x8B, 0x04, 0x24], code32: true).segment == 2)
        #expect(try Decoder.decode([0x8B, 0x04, 0x2D, 0, 0, 0, 0], code32: true).segment == 3)
        #expect(try Decoder.decode([0x8B, 0x42, 0x08], code32: false).segment == 2)
        #expect(try Decoder.decode([0x8B, 0x06, 0x08, 0x00], code32: false).segment == 3)
    }

    /// F2h and F3h count more than 66h, the later of the two more than the earlier, wherever 66h is.
    @Test func mandatoryPrefixes() {
        let opcode: [UInt8] = [0x0F, 0x58, 0xC1]
        #expect(operation(opcode) == .addps)
        for code32 in [true, false] {
            #expect(operation([0x66] + opcode, code32: code32) == .addpd)
            for prefixes in [[0xF3], [0x66, 0xF3], [0xF3, 0x66], [0xF2, 0xF3], [0xF2, 0x66, 0xF3]] as [[UInt8]] {
                #expect(operation(prefixes + opcode, code32: code32) == .addss)
            }
            for prefixes in [[0xF2], [0x66, 0xF2], [0xF2, 0x66], [0xF3, 0xF2], [0xF3, 0xF2, 0x66]] as [[UInt8]] {
                #expect(operation(prefixes + opcode, code32: code32) == .addsd)
            }
        }
        // A prefix for which there is no instruction makes it none; before other opcodes it does nothing.
        #expect(operation([0xF3, 0x0F, 0x54, 0xC1]) == .invalid)
        #expect(operation([0x66, 0x0F, 0x77]) == .invalid)
        #expect(operation([0xF3, 0x0F, 0xA2]) == .cpuid)
    }

    /// `lock` is #UD except before these, with a memory destination (SDM vol. 2, LOCK).
    @Test(arguments: [true, false]) func lock(code32: Bool) throws {
        let lockable: Set<String> = [
            "add", "adc", "and", "btc", "btr", "bts", "cmpxchg", "cmpxchg8b", "dec", "inc", "neg", "not", "or", "sbb",
            "sub", "xor", "xadd", "xchg",
        ]
        var valid: Set<String> = []
        for opcode in Sample.opcodes {
            for sample in Sample.all(of: opcode, code32: code32, .selection)
            where sample.instruction.prefixes.contains(.lock) {
                // The destination is in memory only if it is the first operand.
                let isDestination = sample.row.operands.first.map { [.eb, .ev, .mq].contains($0) } == true
                let isAllowed =
                    lockable.contains(sample.row.mnemonic) && sample.instruction.hasMemoryOperand && isDestination
                if (sample.instruction.operation != .invalid) != isAllowed { Issue.record("\(sample.hexadecimal)") }
                if isAllowed { valid.insert(sample.row.mnemonic) }
            }
        }
        #expect(valid == lockable)
    }
}
