import Debugger
import Machine
import Processor

/// Which registers are shown.
enum RegisterSet: String, CaseIterable {
    case processor = "registers"
    case x87 = "x87 registers"
    case sse = "SSE registers"
}

/// Registers. What the last command has changed is in bold, and has an asterisk before its value.
extension DebuggerScreen {
    func drawRegisters(_ area: Area, _ canvas: inout Canvas) {
        drawTitle(
            registerSet.rawValue, focus == .registers ? "scroll: Up, Down; r: others" : "", of: .registers, area,
            &canvas)
        let rows =
            switch registerSet {
            case .processor: registerRows(columns: area.columns)
            case .x87: wideRows(debugger.x87Fields, before.x87)
            case .sse: wideRows(debugger.sseFields, before.sse)
            }
        firstRegisterRow = max(0, min(firstRegisterRow, rows.count - area.content.rows))
        for index in 0..<area.content.rows {
            let row = firstRegisterRow + index
            canvas.write(row < rows.count ? rows[row] : [], in: area.content, row: index)
        }
    }

    /// Other registers than those at hand.
    func changeRegisters() {
        let all = RegisterSet.allCases
        guard let index = all.firstIndex(of: registerSet) else { return }
        registerSet = all[(index + 1) % all.count]
        firstRegisterRow = 0
    }

    private func wideRows(_ now: [Debugger.Field], _ old: [Debugger.Field]) -> [[Canvas.Run]] {
        zip(now, old).map { [.init(" ")] + field($0.name.padded(to: 7), $0.text, $0 == $1) }
    }

    private func registerRows(columns: Int) -> [[Canvas.Run]] {
        let now = debugger.registers
        func register(_ name: String, digits: Int = 8) -> [Canvas.Run] {
            let value = now.value(named: name) ?? 0
            return field(
                name.padded(to: 3), String(value.digits.suffix(digits)),
                now == before.registers || value == before.registers.value(named: name) ?? 0)
        }
        func pair(_ left: String, _ right: String) -> [Canvas.Run] {
            [.init(" ")] + register(left) + [.init("  ")] + register(right)
        }
        var rows = [
            pair("eax", "esi"), pair("ebx", "edi"), pair("ecx", "ebp"), pair("edx", "esp"),
            [.init(" ")] + register("eip") + [.init("  ")]
                + field("efl", now.eflags.digits, now.eflags == before.registers.eflags),
            flagRow(now.eflags, before.registers.eflags),
        ]
        for (index, name) in RegisterFile.segmentNames.enumerated() where index < now.segments.count {
            let isSame =
                index < before.registers.segments.count && now.segments[index] == before.registers.segments[index]
            rows.append(segmentRow(name, now.segments[index], isSame, columns))
        }
        rows.append(pair("cr0", "cr3"))
        rows.append(pair("cr2", "cr4"))
        func table(_ name: String, _ value: String, _ isSame: Bool) -> [Canvas.Run] {
            [.init(" ")] + field(name.padded(to: 4), value, isSame)
        }
        let old = before.registers
        rows.append(
            table(
                "gdtr", "\(now.gdtBase.digits) limit \(now.gdtLimit.digits)",
                now.gdtBase == old.gdtBase && now.gdtLimit == old.gdtLimit))
        rows.append(
            table(
                "idtr", "\(now.idtBase.digits) limit \(now.idtLimit.digits)",
                now.idtBase == old.idtBase && now.idtLimit == old.idtLimit))
        rows.append(table("tr", "\(now.tr.selector.digits) base \(now.tr.base.digits)", now.tr == old.tr))
        rows.append(table("ldtr", "\(now.ldtr.selector.digits) base \(now.ldtr.base.digits)", now.ldtr == old.ldtr))
        return rows
    }

    private func field(_ name: String, _ value: String, _ isSame: Bool) -> [Canvas.Run] {
        isSame ? [.init(name + " ", .faint), .init(value)] : [.init(name, .faint), .init("*" + value, .changed)]
    }

    /// `flags o d I t s Z a P c`: capital letters for those that are set.
    private func flagRow(_ flags: UInt32, _ old: UInt32) -> [Canvas.Run] {
        var runs: [Canvas.Run] = [.init(flags == old ? " flags" : "*flags", flags == old ? .faint : .changed)]
        for (letter, bit) in [
            ("o", 11), ("d", 10), ("i", 9), ("t", 8), ("s", 7), ("z", 6), ("a", 4), ("p", 2), ("c", 0),
        ] {
            let isSet = flags >> UInt32(bit) & 1 != 0
            let isSame = (flags ^ old) >> UInt32(bit) & 1 == 0
            runs.append(
                .init(" " + (isSet ? letter.uppercased() : letter), !isSame ? .changed : isSet ? .bold : .faint))
        }
        // The others are rarely set, and named when they are.
        let usual: UInt32 = 0b1111_1101_0101
        let words = RegisterText.flags(flags & ~usual)
        if words.first != "(" { runs.append(.init(" " + words, .bold)) }
        return runs
    }

    /// `cs 0008 base 00000000 code 32`.
    private func segmentRow(_ name: String, _ segment: RegisterFile.Segment, _ isSame: Bool, _ columns: Int) -> [Canvas
        .Run]
    {
        let attributes = segment.attributes
        // In real mode CS has a data segment's attributes.
        let isCode = name == "cs" || attributes & SegmentAttribute.executable != 0
        let size = attributes & SegmentAttribute.big != 0 ? "32" : "16"
        let isUsable = attributes & SegmentAttribute.present != 0
        let kind = isUsable ? (isCode ? "code " : "data ") + size : "null"
        var value = "\(segment.selector.digits) base \(segment.base.digits)"
        if columns >= 52 { value += " limit \(segment.limit.digits)" }
        return [.init(" ")] + field(name, value, isSame) + [.init(" " + kind, .faint)]
            + (columns >= 36 && isUsable
                ? [.init(" DPL \(attributes >> SegmentAttribute.privilegeShift & 3)", .faint)] : [])
    }
}
