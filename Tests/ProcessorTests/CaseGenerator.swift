import RandomTestSupport

@testable import Processor

/// Makes random cases for both processors: one to a few instructions that a user program may execute, with operands
/// that favour edges.
///
/// **Constraint.** Whatever it makes runs natively, so that it must end, must not call the kernel, and must stay away
/// from the runner; and where the manual leaves a result undefined, the processors may differ.
///
/// **Choice.** Every instruction is a row of the opcode table with operands that fit. The registers it needs (pointers,
/// counters) are set by the case's initial state if it is the first instruction, and by a `mov` before it otherwise.
/// Branches go forwards, or to where nothing but breakpoints is. Flags that an instruction leaves undefined are defined
/// by a comparison behind it; the last instruction's are returned with the case.
///
/// **Example.** `imul edx, [esi+8]; cmp ebx, 12h; mov ecx, 3; rep movsb` in a 16-bit code segment.
struct CaseGenerator: OperandGenerator {
    struct Options {
        /// Rows to choose from.
        var rows: [Int] = CaseGenerator.integerRows
        /// At most so many instructions.
        var length = 5
        /// Segments other than the flat ones.
        var segments = true
        /// Whether the registers of x87, MMX and SSE are random, too.
        var floatingPoint = false
    }

    struct Case {
        var test: NativeCase
        /// Not to be compared.
        var undefinedFlags: UInt32
        /// Not to be compared if a single-step trap ends the case, which may be after any instruction.
        var undefinedFlagsOfAll: UInt32
        /// The rows of the instructions, in order.
        var rows: [Int]
        /// Where each begins in the code, what sets it up included.
        var starts: [Int]
        /// Where the last one ends.
        var end: Int

        /// The instruction that lies at an offset in the code segment, if any does.
        func row(at eip: UInt32) -> OpcodeRow? {
            let offset = Int(test.codeBase &+ eip &- test.eip)
            guard offset < end, let index = starts.lastIndex(where: { $0 <= offset }) else { return nil }
            return OpcodeTable.rows[rows[index]]
        }
    }

    var random: SplitMix64
    let options: Options

    // The case in the making.
    var test = NativeCase()
    var bytes: [UInt8] = []
    /// What a register holds, where bit n of ``known`` is set.
    var values = InlineArray<8, UInt32>(repeating: 0)
    var known: UInt8 = 0
    /// Registers that the instruction in the making relies on.
    var pinned: UInt8 = 0
    var code16 = false
    /// ES, CS, SS, DS, FS, GS.
    var bases = InlineArray<6, UInt32>(repeating: 0)
    /// The segment registers may not be the flat ones at the end.
    var changesSegments = false

    init(seed: UInt64, options: Options = Options()) {
        random = SplitMix64(seed: seed)
        self.options = options
    }

    // MARK: Cases

    mutating func next() -> Case {
        test = NativeCase()
        bytes.removeAll(keepingCapacity: true)
        for index in 0..<8 { test.general[index] = value() }
        test.eflags = 0x202 | UInt32(truncatingIfNeeded: random.next()) & Flag.arithmetic
        if chance(1, of: 16) { test.eflags |= Flag.direction }
        if chance(1, of: 40) { test.eflags |= Flag.alignmentCheck }
        if chance(1, of: 40) { test.eflags |= Flag.identification }
        choosePlace()
        chooseSegments()
        chooseStack()
        if options.floatingPoint { test.fx = floatingPointState() }
        values = test.general
        known = 0xFF
        var rows: [Int] = []
        var starts: [Int] = []
        var undefined: UInt32 = 0
        var undefinedFlagsOfAll: UInt32 = 0
        let count = chance(2, of: 5) ? 1 : 1 + below(UInt32(options.length))
        for _ in 0..<count {
            // The longest instruction with what it needs before it, and the jump.
            guard bytes.count < 60, !options.rows.isEmpty else { break }
            if undefined != 0 { defineFlags() }
            if chance(1, of: 24) { modifyCode() }
            let row = options.rows[Int(below(UInt32(options.rows.count)))]
            let start = bytes.count
            undefined = emit(OpcodeTable.rows[row], isOnly: count == 1)
            undefinedFlagsOfAll |= undefined
            guard bytes.count > start else { continue }
            rows.append(row)
            starts.append(start)
            // Whatever it was, it may have changed any register.
            known = 0
        }
        test.setCode(bytes, jumps: !changesSegments)
        return Case(
            test: test, undefinedFlags: undefined, undefinedFlagsOfAll: undefinedFlagsOfAll, rows: rows,
            starts: starts, end: bytes.count)
    }

    /// Mostly in the middle of a page, sometimes at its end, rarely at the end of the code.
    private mutating func choosePlace() {
        switch below(32) {
        case 0: test.eip = NativeProcessor.code + 0x1000 - below(40)
        case 1: test.eip = NativeProcessor.codeEnd - 1 - below(40)
        default: test.eip = NativeProcessor.start + below(16)
        }
    }

    private mutating func chooseSegments() {
        code16 = false
        changesSegments = false
        var code: Int?
        var data = InlineArray<6, Int>(repeating: -1)
        if options.segments {
            (data[4], data[5]) = (0, 1)
            switch below(20) {
            case 0, 1, 2, 3, 4: (code, data[0], data[2], data[3]) = ([10, 10, 10, 11, 13][Int(below(5))], 0, 0, 0)
            case 5, 6:
                for index in [0, 2, 3, 4, 5] {
                    data[index] = Self.dataSegments[Int(below(UInt32(Self.dataSegments.count)))]
                }
                if chance(1, of: 2) { code = [8, 9, 10, 12][Int(below(4))] }
                if LocalDescriptor.all[data[2]].isRestricted { data[2] = 0 }
            case 7: (data[0], data[3]) = (1, 1)
            case 8: data[2] = [0, 18, 19, 20][Int(below(4))]
            default: break
            }
        }
        for index in 0..<6 {
            bases[index] = 0
            guard index != 1 else { continue }
            if data[index] >= 0 {
                test.selectors[index] = LocalDescriptor.selector(data[index])
                bases[index] = LocalDescriptor.all[data[index]].base
                if index == 2 || index == 3 { changesSegments = true }
            }
        }
        if let code {
            let descriptor = LocalDescriptor.all[code]
            test.selectors[1] = LocalDescriptor.selector(code)
            (bases[1], test.codeBase) = (descriptor.base, descriptor.base)
            code16 = !descriptor.isBig
            changesSegments = true
            // The far jump to the code must not fault.
            if code == 13 { test.eip = NativeProcessor.start + below(16) }
        }
    }

    /// Present data segments, for DS and its like.
    static let dataSegments = LocalDescriptor.all.indices.filter {
        LocalDescriptor.all[$0].isPresent && LocalDescriptor.all[$0].kind.rawValue < 2
    }

    private mutating func chooseStack() {
        var top = NativeProcessor.data + 0xE00 + below(0x100) * 4
        if chance(1, of: 8) { top += below(4) }
        if chance(1, of: 40) { top = NativeProcessor.data + below(48) }
        if chance(1, of: 40) { top = NativeProcessor.data + NativeProcessor.writableSize - below(48) }
        test.general[4] = top &- bases[2]
        let index = Int(test.selectors[2] >> 3)
        if test.selectors[2] & 4 != 0, !LocalDescriptor.all[index].isBig {
            test.general[4] = test.general[4] & 0xFFFF | value() & 0xFFFF_0000
        }
    }

    /// All six flags, by a comparison that changes nothing else.
    private mutating func defineFlags() {
        bytes += [0x83, 0xF8 | register(), UInt8(truncatingIfNeeded: value())]
    }

    /// An instruction that changes the immediate operand of the one behind it. Only with flat segments.
    private mutating func modifyCode() {
        guard !code16, test.selectors[3] == NativeProcessor.flatData, test.eip < NativeProcessor.codeEnd - 64
        else { return }
        bytes += [0xC6, 0x05]
        append(test.eip + UInt32(bytes.count) + 4 + 1 + 1)
        bytes += [UInt8(truncatingIfNeeded: value()), 0xB0 | register(), UInt8(truncatingIfNeeded: value())]
        known = 0
    }

    // MARK: Registers

    mutating func register() -> UInt8 { below(8) }

    /// Makes the register hold `value` when the next instruction executes.
    mutating func set(_ register: UInt8, _ value: UInt32) {
        let index = Int(register & 7)
        if bytes.isEmpty {
            test.general[index] = value
        } else {
            if code16 { bytes.append(0x66) }
            bytes.append(0xB8 | register)
            append(value)
        }
        values[index] = value
        known |= 1 << register
        pinned |= 1 << register
    }

    /// What the register holds when the next instruction executes; it is given a value if that is not known.
    mutating func need(_ register: UInt8) -> UInt32 {
        if known >> register & 1 == 0 {
            set(register, register == 4 ? NativeProcessor.data &- bases[2] &+ 0x1000 : value())
        }
        pinned |= 1 << register
        return values[Int(register & 7)]
    }

    func isPinned(_ register: UInt8) -> Bool { pinned >> register & 1 != 0 }

    mutating func append(_ value: UInt32) {
        for shift in 0..<4 as Range<UInt32> { bytes.append(UInt8(truncatingIfNeeded: value >> (shift * 8))) }
    }
}
