import Machine
import Processor

/// The processor's tables in memory, read without side effects.
extension Debugger {
    /// A descriptor table.
    public enum DescriptorTable: String, Sendable {
        case gdt, idt, ldt
    }

    /// Where a table is and how many whole descriptors its limit covers; nil for an LDT that is not there.
    public func extent(of table: DescriptorTable) -> (base: UInt32, count: Int)? {
        let registers = registers
        switch table {
        case .gdt: return (registers.gdtBase, (Int(registers.gdtLimit) + 1) / 8)
        case .idt: return (registers.idtBase, (Int(registers.idtLimit) + 1) / 8)
        case .ldt:
            guard registers.ldtr.attributes & SegmentAttribute.present != 0, registers.ldtr.selector & 0xFFFC != 0
            else {
                return nil
            }
            return (registers.ldtr.base, (Int(min(registers.ldtr.limit, 0xFFFF)) + 1) / 8)
        }
    }

    /// An entry of a table; nil if the table ends before it or is not mapped there.
    public func descriptor(_ index: Int, of table: DescriptorTable) -> Descriptor? {
        guard let (base, count) = extent(of: table), index >= 0, index < count else { return nil }
        let address = base &+ UInt32(truncatingIfNeeded: index * 8)
        guard let low = readValue(at: address, size: 4), let high = readValue(at: address &+ 4, size: 4) else {
            return nil
        }
        return Descriptor(low: low, high: high)
    }

    /// Whether the IDTR points to a table of real mode: four bytes of address per vector.
    public var usesRealModeVectors: Bool { registers.cr0 & ControlRegister.protection == 0 }

    /// The handler of a vector in real mode, as selector and offset.
    public func realModeVector(_ vector: UInt8) -> (selector: UInt16, offset: UInt16)? {
        let registers = registers
        guard UInt32(vector) * 4 + 3 <= UInt32(registers.idtLimit),
            let value = readValue(at: registers.idtBase &+ UInt32(vector) * 4, size: 4)
        else { return nil }
        return (UInt16(truncatingIfNeeded: value >> 16), UInt16(truncatingIfNeeded: value))
    }

    /// The task-state segment that TR points to, in words; a line that says why if there is none.
    public func taskStateText() -> [String] {
        let tr = registers.tr
        guard tr.selector & 0xFFFC != 0 else { return ["TR is null: there is no task-state segment"] }
        var lines = [
            "tr \(tr.selector.digits)  base \(tr.base.digits)  limit \(tr.limit.digits)  "
                + DescriptorText.systemTypeName(UInt8(truncatingIfNeeded: tr.attributes) & 0xF)
        ]
        let is32Bit = tr.attributes & UInt16(SystemType.is32Bit) != 0
        // Offsets of the fields (SDM vol. 3A, figures 7-2 and 7-10).
        let fields: [(name: String, offset: UInt32, size: Int)] =
            is32Bit
            ? [
                ("link", 0, 2), ("esp0", 4, 4), ("ss0", 8, 2), ("esp1", 12, 4), ("ss1", 16, 2), ("esp2", 20, 4),
                ("ss2", 24, 2), ("cr3", 28, 4), ("eip", 32, 4), ("eflags", 36, 4), ("eax", 40, 4), ("ecx", 44, 4),
                ("edx", 48, 4), ("ebx", 52, 4), ("esp", 56, 4), ("ebp", 60, 4), ("esi", 64, 4), ("edi", 68, 4),
                ("es", 72, 2), ("cs", 76, 2), ("ss", 80, 2), ("ds", 84, 2), ("fs", 88, 2), ("gs", 92, 2),
                ("ldt", 96, 2),
                ("trap", 100, 2), ("iomap", 102, 2),
            ]
            : [
                ("link", 0, 2), ("sp0", 2, 2), ("ss0", 4, 2), ("sp1", 6, 2), ("ss1", 8, 2), ("sp2", 10, 2),
                ("ss2", 12, 2),
                ("ip", 14, 2), ("flags", 16, 2), ("ax", 18, 2), ("cx", 20, 2), ("dx", 22, 2), ("bx", 24, 2),
                ("sp", 26, 2),
                ("bp", 28, 2), ("si", 30, 2), ("di", 32, 2), ("es", 34, 2), ("cs", 36, 2), ("ss", 38, 2), ("ds", 40, 2),
                ("ldt", 42, 2),
            ]
        var row: [String] = []
        for field in fields {
            let value = readValue(at: tr.base &+ field.offset, size: field.size)
            let text = value.map { field.size == 4 ? $0.digits : UInt16(truncatingIfNeeded: $0).digits } ?? "?"
            row.append("\(field.name.padded(to: 6)) \(text.padded(to: 8))")
            if row.count == 4 {
                lines.append(row.joined(separator: "  "))
                row = []
            }
        }
        if !row.isEmpty { lines.append(row.joined(separator: "  ")) }
        if is32Bit, let offset = readValue(at: tr.base &+ 102, size: 2), offset > tr.limit {
            lines.append("the I/O permission map lies beyond the limit: no port is open to user programs by it")
        }
        return lines
    }

    // MARK: Pages

    /// How a linear address is translated, step by step, in words.
    public func pageWalkText(_ linear: UInt32) -> [String] {
        guard let walk = machine.processor.inspectPage(at: linear) else {
            let physical = physicalAddress(of: linear) ?? linear
            let gate = physical == linear ? "" : " (A20 is closed)"
            return ["paging is off: linear \(linear.digits) is physical \(physical.digits)\(gate)"]
        }
        let cr3 = registers.cr3
        var lines: [String]
        if walk.isPAE {
            lines = ["linear \(linear.digits), page-directory-pointer table at \((cr3 & 0xFFFF_FFE0).digits) (CR3)"]
            let isPresent = walk.pointerEntry & PageEntry.present != 0
            lines.append(
                "PDPTE \(linear >> 30) in the processor: \(walk.pointerEntry.digits)  "
                    + (isPresent ? "present" : "not present"))
            if !isPresent {
                lines.append("not mapped: the page-directory-pointer-table entry is not present")
                return lines
            }
        } else {
            lines = ["linear \(linear.digits), page directory at \((cr3 & 0xFFFF_F000).digits) (CR3)"]
        }
        lines.append(
            "PDE \(linear >> (walk.isPAE ? 21 : 22) & (walk.isPAE ? 0x1FF : 0x3FF)) at "
                + Self.addressText(walk.directoryAddress) + ": " + Self.entryDigits(walk.directoryEntry, walk) + "  "
                + Self.entryText(walk.directoryEntry, walk, isDirectory: true))
        if walk.directoryEntry & PageEntry.present == 0 {
            lines.append("not mapped: the page-directory entry is not present")
            return lines
        }
        if !walk.isLarge, walk.tableAddress != 0 {
            lines.append(
                "PTE \(linear >> 12 & (walk.isPAE ? 0x1FF : 0x3FF)) at "
                    + Self.addressText(walk.tableAddress) + ": " + Self.entryDigits(walk.tableEntry, walk) + "  "
                    + Self.entryText(walk.tableEntry, walk, isDirectory: false))
        }
        if walk.hasReservedBits {
            lines.append("not mapped: a bit of the last entry is set that must be clear")
            return lines
        }
        if !walk.isPresent {
            lines.append("not mapped: the page-table entry is not present")
            return lines
        }
        return lines + mappingText(walk)
    }

    /// Where the address is, and who may do what there.
    private func mappingText(_ walk: PageWalk) -> [String] {
        let physical = walk.page | UInt64(walk.linear & 0xFFF)
        let who = walk.rights & PageEntry.user != 0 ? "user and supervisor" : "supervisor only"
        var how = walk.rights & PageEntry.writable != 0 ? "read and write" : "read-only"
        if walk.rights & PageEntry.writable == 0, registers.cr0 & ControlRegister.writeProtect == 0 {
            how += " (the supervisor may write: CR0.WP is clear)"
        }
        if !walk.isExecutable { how += ", not executable" }
        let size = walk.isLarge ? " in a page of \(walk.isPAE ? 2 : 4) MiB" : ""
        var lines = ["physical \(Self.addressText(physical))\(size), \(who), \(how)"]
        guard let low = UInt32(exactly: physical) else {
            return lines + ["above 4 GiB, where this machine has nothing: reads as ones"]
        }
        let masked = low & machine.processor.state.pointee.a20Mask
        if masked != low { lines.append("A20 is closed: physical \(masked.digits)") }
        return lines
    }

    /// Eight digits, or nine for an address above 4 GiB.
    private static func addressText(_ address: UInt64) -> String {
        address >> 32 == 0
            ? UInt32(truncatingIfNeeded: address).digits
            : String(address >> 32, radix: 16) + UInt32(truncatingIfNeeded: address).digits
    }

    /// All digits of an entry in the size that it has.
    private static func entryDigits(_ entry: UInt64, _ walk: PageWalk) -> String {
        walk.isPAE ? entry.digits : UInt32(truncatingIfNeeded: entry).digits
    }

    /// The bits of an entry in words.
    private static func entryText(_ entry: UInt64, _ walk: PageWalk, isDirectory: Bool) -> String {
        guard entry & PageEntry.present != 0 else { return "not present" }
        let isLarge = isDirectory && walk.isLarge
        var words = ["present"]
        words.append(entry & PageEntry.writable != 0 ? "writable" : "read-only")
        words.append(entry & PageEntry.user != 0 ? "user" : "supervisor")
        if entry & 1 << 3 != 0 { words.append("write-through") }
        if entry & 1 << 4 != 0 { words.append("uncached") }
        if entry & PageEntry.accessed != 0 { words.append("accessed") }
        if entry & PageEntry.dirty != 0, !isDirectory || isLarge { words.append("dirty") }
        if isLarge { words.append(walk.isPAE ? "2 MiB" : "4 MiB") }
        if entry & PageEntry.global != 0, !isDirectory || isLarge { words.append("global") }
        if entry & PageEntry.executeDisable != 0 { words.append("not executable") }
        return words.joined(separator: ", ")
    }
}
