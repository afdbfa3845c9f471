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
