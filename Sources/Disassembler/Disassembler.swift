import Processor

/// Text for instructions.
///
/// **Constraint.** A person reads the text while stepping through code that changes its mode under their feet, and a
/// test compares it with LLVM's for the whole opcode map. What an instruction is must therefore be said once, in the
/// opcode table, and what the text says must be what the processor is going to do.
///
/// **Choice.** The disassembler has no table of its own: it takes the ``Instruction`` that the interpreter would
/// execute and the ``OpcodeRow`` that it was decoded with, and writes the row's operands one after another. The syntax
/// is Intel's in the dialect of `llvm-objdump -M intel --print-imm-hex`, with a few deliberate differences where LLVM
/// leaves out or invents something that matters when debugging; `Tests/DisassemblerTests/Differences.swift` lists each
/// with its reason.
///
/// **Example.** `8b 44 8b 10` in 32-bit code is `mov eax, dword ptr [ebx + 4*ecx + 0x10]`, and in 16-bit code
/// `mov ax, word ptr [si - 0x75]` and the rest is another instruction.
public struct Disassembler {
    /// The name of a linear address for branch targets, such as `kernelMain+0x10`; nil if it has none.
    public var symbolName: ((UInt32) -> String?)?

    public init(symbolName: ((UInt32) -> String?)? = nil) {
        self.symbolName = symbolName
    }

    /// One instruction of a listing.
    public struct Line: Equatable, Sendable {
        /// Offset of the instruction in its code segment.
        public let offset: UInt32
        /// The bytes of the instruction: 1 to 15.
        public let bytes: [UInt8]
        /// What it says, or ``Disassembler/bad``.
        public let text: String
        /// Whether the processor executes it; otherwise it raises #UD (or #GP, if longer than 15 bytes).
        public let isValid: Bool
        /// What the decoder made of it; nil where the bytes end in the middle or the instruction is too long.
        public let instruction: Instruction?

        public static func == (left: Line, right: Line) -> Bool {
            left.offset == right.offset && left.bytes == right.bytes && left.text == right.text
                && left.isValid == right.isValid
        }
    }

    /// The text of what is no instruction.
    public static let bad = "(bad)"

    /// The first instruction in `bytes`; nil if there are none.
    ///
    /// What is no instruction becomes a line of one byte, so that a listing goes on with the next.
    ///
    /// - Parameters:
    ///   - offset: where the bytes are in the code segment (EIP).
    ///   - segmentBase: the linear address of the code segment; for the names of branch targets.
    ///   - code32: whether operands and addresses have 32 bits by default (CS.D).
    public func line(_ bytes: [UInt8], at offset: UInt32, segmentBase: UInt32 = 0, code32: Bool) -> Line? {
        guard let first = bytes.first else { return nil }
        guard let instruction = try? Decoder.decode(bytes, code32: code32) else {
            return Line(offset: offset, bytes: [first], text: Self.bad, isValid: false, instruction: nil)
        }
        let text = text(of: instruction, at: offset, segmentBase: segmentBase)
        let length = text == Self.bad ? 1 : Int(instruction.length)
        return Line(
            offset: offset, bytes: Array(bytes.prefix(length)), text: text,
            isValid: instruction.operation != .invalid && text != Self.bad, instruction: instruction)
    }

    /// Up to `count` instructions from the start of `bytes` on.
    ///
    /// The listing ends early where the bytes end in the middle of an instruction.
    public func lines(
        _ bytes: [UInt8], at offset: UInt32, segmentBase: UInt32 = 0, code32: Bool, count: Int = .max
    ) -> [Line] {
        var lines: [Line] = []
        var position = 0
        while lines.count < count, position < bytes.count {
            let window = Array(bytes[position..<min(position + Decoder.maximumLength, bytes.count)])
            let offset = offset &+ UInt32(truncatingIfNeeded: position)
            guard let line = line(window, at: offset, segmentBase: segmentBase, code32: code32) else { break }
            if line.instruction == nil, window.count < Decoder.maximumLength { break }
            lines.append(line)
            position += line.bytes.count
        }
        return lines
    }

    /// What `instruction`, at `offset` in its code segment, says.
    public func text(of instruction: Instruction, at offset: UInt32, segmentBase: UInt32 = 0) -> String {
        guard let row = Self.row(of: instruction) else { return Self.bad }
        var text = ""
        if instruction.prefixes.contains(.lock) { text += "lock " }
        text += Self.repetition(instruction, row)
        text += Self.mnemonic(instruction, row)
        var separator = " "
        for kind in row.operands {
            guard let operand = operand(kind, of: instruction, row, at: offset, segmentBase: segmentBase) else {
                continue
            }
            text += separator
            text += operand
            separator = ", "
        }
        return text
    }

    /// The row of an instruction, unless its form (register or memory) does not exist.
    ///
    /// A misplaced `lock` makes the processor raise #UD, but the text had better show it than hide it.
    static func row(of instruction: Instruction) -> OpcodeRow? {
        let index = Int(instruction.row)
        guard index > 0, index < OpcodeTable.rows.count else { return nil }
        let row = OpcodeTable.rows[index]
        if row.isUndefinedByDesign { return row }
        if row.operands.contains(.sw), instruction.reg > SegmentIndex.gs.rawValue { return nil }
        let operation = instruction.hasMemoryOperand ? row.memory : row.register
        return operation == .invalid || operation == .x87Reserved ? nil : row
    }
}

extension OpcodeRow {
    /// `ud0`, `ud1` and `ud2`: instructions whose purpose is #UD.
    var isUndefinedByDesign: Bool { mnemonic.hasPrefix("ud") }
}
