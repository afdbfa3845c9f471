import ELF

/// How to find a function's caller at each of its instructions: the call frame information of `.debug_frame` or
/// `.eh_frame` (DWARF 5, 6.4).
///
/// For a function that keeps no frame pointer, and for every function's first and last instructions, this is the only
/// thing that knows where the return address is. Registers are numbered as in the i386 supplement of the System V ABI:
/// 0 EAX, 1 ECX, 2 EDX, 3 EBX, 4 ESP, 5 EBP, 6 ESI, 7 EDI, 8 the return address.
struct CallFrameTable: Sendable {
    /// Where registers are at an instruction.
    struct Row: Equatable {
        /// The canonical frame address, a register and an offset: ESP as it is behind the return.
        var baseRegister = 4
        var baseOffset: Int64 = 4
        /// Saved registers, as offsets from the canonical frame address.
        var saved: [Int: Int64] = [:]
        /// Something that is not understood here: an expression.
        var isUnknown = false
    }

    private struct Entry: Sendable {
        let start, end: UInt32
        let common: Int
        let instructions: [UInt8]
    }

    private struct Common: Sendable {
        var codeAlignment: UInt64 = 1
        var dataAlignment: Int64 = 1
        var instructions: [UInt8] = []
        /// `R` of an `.eh_frame` augmentation: how addresses are stored.
        var encoding: UInt8 = 0
        var hasAugmentationData = false
    }

    private var commons: [Common] = []
    /// In ascending order.
    private var entries: [Entry] = []

    init() {}

    /// Reads the frame information of a file.
    init(_ file: ELFFile, within ranges: [ClosedRange<UInt32>]) throws(DWARFError) {
        let sections = try DWARFSections(file)
        try read(sections.frames, ".debug_frame", isException: false, at: 0)
        try read(sections.exceptionFrames, ".eh_frame", isException: true, at: sections.exceptionFramesAddress)
        entries = entries.filter { entry in entry.start < entry.end && ranges.contains { $0.contains(entry.start) } }
            .sorted { $0.start < $1.start }
    }

    private mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ name: StaticString, isException: Bool, at address: UInt32
    ) throws(DWARFError) {
        var reader = try DWARFReader(bytes, name)
        var numbers: [Int: Int] = [:]
        while !reader.isAtEnd {
            let start = reader.offset
            let (length, offsetSize) = try reader.initialLength()
            // The end of `.eh_frame`; padding elsewhere.
            if length == 0 { continue }
            let body = reader.offset
            var unit = try reader.part(length)
            let identifier = try unit.unsigned(isException ? 4 : offsetSize)
            let isCommon = isException ? identifier == 0 : identifier == (offsetSize == 8 ? .max : 0xFFFF_FFFF)
            if isCommon {
                numbers[start] = commons.count
                commons.append(try common(&unit, isException: isException))
                continue
            }
            // In `.eh_frame` the distance from here back, in `.debug_frame` an offset in the section.
            let place = isException ? Int64(body) - Int64(bitPattern: identifier) : Int64(bitPattern: identifier)
            guard let position = Int(exactly: place), let number = numbers[position] else { continue }
            if let entry = try entry(&unit, number, address: address &+ UInt32(truncatingIfNeeded: body)) {
                entries.append(entry)
            }
        }
    }

    private func common(_ reader: inout DWARFReader, isException: Bool) throws(DWARFError) -> Common {
        var common = Common()
        let version = try reader.byte()
        let augmentation = try reader.string()
        if version >= 4, !isException { _ = try reader.unsigned(2) }
        common.codeAlignment = try reader.unsignedLEB()
        common.dataAlignment = try reader.signedLEB()
        if version == 1 { _ = try reader.byte() } else { _ = try reader.unsignedLEB() }
        if augmentation.hasPrefix("z") {
            var data = try reader.part(try reader.unsignedLEB())
            common.hasAugmentationData = true
            for letter in augmentation.dropFirst() {
                if letter == "R" { common.encoding = try data.byte() } else { _ = try data.byte() }
                // What a personality routine is, nobody wants to know.
                if letter != "R" { break }
            }
        } else if !augmentation.isEmpty {
            throw DWARFError("the frame information uses the unknown augmentation '\(augmentation)'")
        }
        common.instructions = try reader.rest()
        return common
    }

    /// Nil if addresses are stored in a way that is not understood.
    private func entry(_ reader: inout DWARFReader, _ number: Int, address: UInt32) throws(DWARFError) -> Entry? {
        let common = commons[number]
        // Absolute or relative to the field, of 4 bytes (DW_EH_PE_absptr, udata4, sdata4).
        guard [0, 3, 0x0B].contains(common.encoding & 0x0F), [0, 0x10].contains(common.encoding & 0xF0) else {
            return nil
        }
        let field = address &+ 4
        var start = UInt32(truncatingIfNeeded: try reader.unsigned(4))
        if common.encoding & 0x10 != 0 { start = start &+ field }
        let size = UInt32(truncatingIfNeeded: try reader.unsigned(4))
        if common.hasAugmentationData { try reader.skip(try reader.unsignedLEB()) }
        return Entry(start: start, end: start &+ size, common: number, instructions: try reader.rest())
    }

    // MARK: Looking up

    /// Where registers are at `address`; nil if nothing is known.
    func row(at address: UInt32) -> Row? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address < entries[low - 1].end else { return nil }
        let entry = entries[low - 1]
        let common = commons[entry.common]
        var machine = FrameMachine(codeAlignment: common.codeAlignment, dataAlignment: common.dataAlignment)
        do throws(DWARFError) {
            try machine.run(common.instructions, from: entry.start, to: nil)
            machine.initial = machine.row
            try machine.run(entry.instructions, from: entry.start, to: address)
        } catch {
            return nil
        }
        return machine.row.isUnknown ? nil : machine.row
    }
}

/// The machine of call frame instructions (6.4.2).
private struct FrameMachine {
    let codeAlignment: UInt64
    let dataAlignment: Int64
    var row = CallFrameTable.Row()
    var initial = CallFrameTable.Row()
    private var stack: [CallFrameTable.Row] = []

    init(codeAlignment: UInt64, dataAlignment: Int64) {
        self.codeAlignment = codeAlignment
        self.dataAlignment = dataAlignment
    }

    /// Executes instructions from `start` on, up to those that hold behind `end`.
    mutating func run(_ instructions: [UInt8], from start: UInt32, to end: UInt32?) throws(DWARFError) {
        let result: Result<FrameMachine, DWARFError> = instructions.withUnsafeBytes { bytes in
            var copy = self
            do throws(DWARFError) {
                try copy.execute(bytes, from: start, to: end)
                return .success(copy)
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    private mutating func execute(_ bytes: UnsafeRawBufferPointer, from start: UInt32, to end: UInt32?)
        throws(DWARFError)
    {
        var reader = try DWARFReader(bytes, "frame information")
        var location = UInt64(start)
        func isBehind(_ place: UInt64) -> Bool { end.map { place > UInt64($0) } ?? false }
        while !reader.isAtEnd {
            let opcode = try reader.byte()
            let low = Int(opcode & 0x3F)
            switch opcode >> 6 {
            case 1:
                location &+= UInt64(low) &* codeAlignment
                if isBehind(location) { return }
                continue
            case 2:
                row.saved[low] = try scaled(reader.unsignedLEB())
                continue
            case 3:
                row.saved[low] = initial.saved[low]
                continue
            default: break
            }
            switch opcode {
            case 0x00: break
            case 0x01:
                location = try reader.unsigned(4)
                if isBehind(location) { return }
            case 0x02, 0x03, 0x04:
                location &+= try reader.unsigned(1 << (Int(opcode) - 2)) &* codeAlignment
                if isBehind(location) { return }
            case 0x05: row.saved[try register(&reader)] = try scaled(reader.unsignedLEB())
            case 0x06:
                let register = try register(&reader)
                row.saved[register] = initial.saved[register]
            case 0x07, 0x08: row.saved[try register(&reader)] = nil
            case 0x09:
                row.saved[try register(&reader)] = nil
                _ = try reader.unsignedLEB()
            case 0x0A:
                guard stack.count < 64 else { throw DWARFError("frame information remembers too much") }
                stack.append(row)
            case 0x0B: row = stack.popLast() ?? initial
            case 0x0C:
                row.baseRegister = try register(&reader)
                row.baseOffset = Int64(truncatingIfNeeded: try reader.unsignedLEB())
            case 0x0D: row.baseRegister = try register(&reader)
            case 0x0E: row.baseOffset = Int64(truncatingIfNeeded: try reader.unsignedLEB())
            case 0x0F:
                row.isUnknown = true
                try reader.skip(try reader.unsignedLEB())
            case 0x10, 0x16:
                row.saved[try register(&reader)] = nil
                try reader.skip(try reader.unsignedLEB())
            case 0x11: row.saved[try register(&reader)] = try reader.signedLEB() &* dataAlignment
            case 0x12:
                row.baseRegister = try register(&reader)
                row.baseOffset = try reader.signedLEB() &* dataAlignment
            case 0x13: row.baseOffset = try reader.signedLEB() &* dataAlignment
            case 0x14, 0x15:
                row.saved[try register(&reader)] = nil
                _ = try reader.unsignedLEB()
            case 0x2E: _ = try reader.unsignedLEB()
            default: throw DWARFError("the frame instruction \(UInt64(opcode).hexadecimal) is not known")
            }
        }
    }

    private func scaled(_ factor: UInt64) -> Int64 { Int64(truncatingIfNeeded: factor) &* dataAlignment }

    private func register(_ reader: inout DWARFReader) throws(DWARFError) -> Int {
        Int(truncatingIfNeeded: try reader.unsignedLEB() & 0xFF)
    }
}
