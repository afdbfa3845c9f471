import Machine
import Processor

extension RegisterFile {
    /// A copy of the registers of `processor`.
    init(_ processor: Processor) {
        self.init()
        let state = processor.state.pointee
        general = (0..<8).map { state.general[$0] }
        eip = state.eip
        eflags = processor.eflags
        segments = (0..<6).map { Segment(state.segments[$0]) }
        ldtr = Segment(state.ldtr)
        tr = Segment(state.tr)
        gdtBase = state.gdtBase
        gdtLimit = state.gdtLimit
        idtBase = state.idtBase
        idtLimit = state.idtLimit
        cr0 = state.cr0
        cr2 = state.cr2
        cr3 = state.cr3
        cr4 = state.cr4
        cpl = state.cpl
    }

    /// In the processor's order.
    public static let generalNames = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"]
    private static let byteNames = ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"]
    /// In the processor's order.
    public static let segmentNames = ["es", "cs", "ss", "ds", "fs", "gs"]
    /// The registers that say where and how the processor runs.
    public static let controlNames = ["cr0", "cr2", "cr3", "cr4", "ldtr", "tr", "gdtr", "idtr"]

    /// Where a register's name says that its bits are: in which register of 32 bits, from which bit on, how many.
    struct Part {
        /// Index into ``general``.
        let register: Int
        let shift: UInt32
        let mask: UInt32

        /// `eax`, `ax`, `ah` or `al`, and so on.
        init?(named name: String) {
            if let register = RegisterFile.generalNames.firstIndex(of: name) {
                self.init(register: register, shift: 0, mask: 0xFFFF_FFFF)
            } else if let register = RegisterFile.generalNames.firstIndex(of: "e" + name) {
                self.init(register: register, shift: 0, mask: 0xFFFF)
            } else if let index = RegisterFile.byteNames.firstIndex(of: name) {
                self.init(register: index & 3, shift: index > 3 ? 8 : 0, mask: 0xFF)
            } else {
                return nil
            }
        }

        private init(register: Int, shift: UInt32, mask: UInt32) {
            self.register = register
            self.shift = shift
            self.mask = mask
        }
    }

    /// The value of a register by its lower-case name; selectors for segment registers, bases for `gdtr` and `idtr`.
    public func value(named name: String) -> UInt32? {
        if let part = Part(named: name), part.register < general.count {
            return general[part.register] >> part.shift & part.mask
        }
        if let segment = Self.segmentNames.firstIndex(of: name), segment < segments.count {
            return UInt32(segments[segment].selector)
        }
        return switch name {
        case "eip", "pc": eip
        case "ip": eip & 0xFFFF
        case "eflags": eflags
        case "flags": eflags & 0xFFFF
        case "cr0": cr0
        case "cr2": cr2
        case "cr3": cr3
        case "cr4": cr4
        case "ldtr": UInt32(ldtr.selector)
        case "tr": UInt32(tr.selector)
        case "gdtr", "gdt": gdtBase
        case "idtr", "idt": idtBase
        default: nil
        }
    }

    /// The base of a segment register by its lower-case name.
    func segmentBase(named name: String) -> UInt32? {
        guard let index = Self.segmentNames.firstIndex(of: name), index < segments.count else { return nil }
        return segments[index].base
    }
}

extension RegisterFile.Segment {
    init(_ register: SegmentRegister) {
        self.init()
        selector = register.selector
        base = register.base
        limit = register.limit
        attributes = register.attributes
    }
}
