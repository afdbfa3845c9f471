@testable import Processor

/// A processor in 32-bit protected mode with tables in memory, for tests that call handlers directly.
///
/// | linear     | what                                        |
/// |------------|---------------------------------------------|
/// | 0x1000     | GDT (64 descriptors)                        |
/// | 0x2000     | IDT (256 gates)                             |
/// | 0x3000     | TSS of the current task (selector `tss`)    |
/// | 0x8000     | stack of level 0 (top; grows down)          |
/// | 0x9000     | stack of level 3 (top)                      |
final class SystemFixture {
    let memory: PhysicalMemory
    let processor: Processor
    let bus = RecordingBus()
    var core: Core { Core(processor.context) }
    var state: UnsafeMutablePointer<ProcessorState> { processor.state }

    static let gdt: UInt32 = 0x1000
    static let idt: UInt32 = 0x2000
    static let tssBase: UInt32 = 0x3000

    static let code0: UInt16 = 0x08
    static let data0: UInt16 = 0x10
    static let code3: UInt16 = 0x18 | 3
    static let data3: UInt16 = 0x20 | 3
    static let tss: UInt16 = 0x28
    static let conforming0: UInt16 = 0x30
    static let code16: UInt16 = 0x38
    /// The first selector that a test may use as it likes.
    static let free: UInt16 = 0x40

    init(protected: Bool = true, model: ProcessorModel = .standard) throws {
        memory = try PhysicalMemory(ramSize: 4 << 20)
        processor = Processor(memory: memory, model: model)
        processor.bus = bus
        if protected { enterProtectedMode() }
    }

    private func enterProtectedMode() {
        state.pointee.gdtBase = Self.gdt
        state.pointee.gdtLimit = 64 * 8 - 1
        state.pointee.idtBase = Self.idt
        state.pointee.idtLimit = 256 * 8 - 1
        setSegment(Self.code0, base: 0, limit: 0xFFFFF, access: 0x9B, flags: 0xC)
        setSegment(Self.data0, base: 0, limit: 0xFFFFF, access: 0x93, flags: 0xC)
        setSegment(Self.code3, base: 0, limit: 0xFFFFF, access: 0xFB, flags: 0xC)
        setSegment(Self.data3, base: 0, limit: 0xFFFFF, access: 0xF3, flags: 0xC)
        setSegment(Self.tss, base: Self.tssBase, limit: 0x67 + 0x2000, access: 0x89, flags: 0)
        setSegment(Self.conforming0, base: 0, limit: 0xFFFFF, access: 0x9F, flags: 0xC)
        setSegment(Self.code16, base: 0, limit: 0xFFFF, access: 0x9B, flags: 0)
        state.pointee.cr0 = ControlRegister.protection | ControlRegister.extensionType
        load(.cs, Self.code0)
        for index in [SegmentIndex.ss, .ds, .es, .fs, .gs] { load(index, Self.data0) }
        state.pointee.general[4] = 0x8000
        state.pointee.eip = 0x5000
        poke32(Self.tssBase + 4, 0x8000)
        poke32(Self.tssBase + 8, UInt32(Self.data0))
        poke16(Self.tssBase + 0x66, 0x68)
        try? core.loadTaskRegister(Self.tss)
        try? core.loadLocalDescriptorTable(0)
    }

    /// Makes the current code that of privilege level 3.
    func enterUserMode() {
        core.setPrivilege(3)
        load(.cs, Self.code3)
        for index in [SegmentIndex.ss, .ds, .es, .fs, .gs] { load(index, Self.data3) }
        state.pointee.general[4] = 0x9000
    }

    /// Makes the current code that of virtual-8086 mode.
    func enterVirtual8086(ioPrivilege: UInt32) {
        core.setPrivilege(3)
        state.pointee.systemFlags = 2 | Flag.virtual8086 | Flag.interrupt | ioPrivilege << 12
        for index in 0..<6 {
            core.setSegment(UInt8(index), SegmentRegister(realModeSelector: UInt16(index) &+ 0x100, privilege: 3))
        }
        state.pointee.general[4] = 0x800
        state.pointee.eip = 0x40
    }

    /// Fills the hidden part of a segment register without checks.
    func load(_ index: SegmentIndex, _ selector: UInt16) {
        let address = Self.gdt + UInt32(selector & 0xFFF8)
        let descriptor = Descriptor(low: peek32(address), high: peek32(address + 4))
        core.setSegment(index.rawValue, SegmentRegister(selector: selector, descriptor: descriptor))
    }

    // MARK: Descriptors

    /// `access`: bits 40-47; `flags`: bits 52-55.
    func setSegment(_ selector: UInt16, base: UInt32, limit: UInt32, access: UInt8, flags: UInt32) {
        let address = Self.gdt + UInt32(selector & 0xFFF8)
        poke32(address, limit & 0xFFFF | base << 16)
        poke32(
            address + 4, base >> 16 & 0xFF | UInt32(access) << 8 | limit & 0xF0000 | flags << 20 | base & 0xFF00_0000)
    }

    /// A call, interrupt, trap or task gate. `type`: ``SystemType``.
    func setGate(
        at address: UInt32, _ type: UInt8, selector: UInt16, offset: UInt32, privilege: UInt8 = 0,
        parameters: UInt32 = 0,
        present: Bool = true
    ) {
        poke32(address, UInt32(selector) << 16 | offset & 0xFFFF)
        let access = UInt32(type) | UInt32(privilege) << 5 | (present ? 0x80 : 0)
        poke32(address + 4, offset & 0xFFFF_0000 | access << 8 | parameters)
    }

    func setInterruptGate(
        _ vector: UInt8, offset: UInt32, privilege: UInt8 = 0, type: UInt8 = SystemType.interruptGate32
    ) {
        setGate(
            at: Self.idt + UInt32(vector) * 8, type, selector: Self.code0, offset: offset, privilege: privilege)
    }

    // MARK: Memory

    func poke8(_ address: UInt32, _ value: UInt8) { memory.write([value], at: address) }
    func poke16(_ address: UInt32, _ value: UInt16) {
        memory.write([UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)], at: address)
    }
    func poke32(_ address: UInt32, _ value: UInt32) {
        memory.write((0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }, at: address)
    }
    func peek8(_ address: UInt32) -> UInt8 { memory.read(address, count: 1)[0] }
    func peek16(_ address: UInt32) -> UInt16 { UInt16(truncatingIfNeeded: peek32(address)) }
    func peek32(_ address: UInt32) -> UInt32 {
        memory.read(address, count: 4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The doublewords on the stack from ESP up.
    func stack(_ count: Int) -> [UInt32] {
        let base = state.pointee.segments[2].base
        return (0..<count).map { peek32(base + state.pointee.general[4] + UInt32($0) * 4) }
    }

    // MARK: Paging

    /// Turns paging on with a directory at 0x10000 and a table at 0x11000 that maps the first 4 MiB to themselves with
    /// `rights` (page entry bits).
    func enablePaging(rights: UInt32 = 7) {
        poke32(0x10000, 0x11000 | 7)
        for page in 0..<1024 as Range<UInt32> {
            poke32(0x11000 + page * 4, page << 12 | rights)
        }
        state.pointee.cr3 = 0x10000
        try? core.movToControl(0, state.pointee.cr0 | ControlRegister.paging | ControlRegister.protection)
    }

    func setPage(_ linear: UInt32, _ entry: UInt32) { poke32(0x11000 + (linear >> 12) * 4, entry) }
    func page(_ linear: UInt32) -> UInt32 { peek32(0x11000 + (linear >> 12) * 4) }

    /// The fault that `body` throws; nil if it does not.
    func fault(_ body: () throws(Fault) -> Void) -> Fault? {
        do throws(Fault) {
            try body()
            return nil
        } catch {
            return error
        }
    }
}

/// Devices that write down what is asked of them.
final class RecordingBus: Bus {
    var portReads: [(port: UInt16, size: Int)] = []
    var portWrites: [(port: UInt16, size: Int, value: UInt32)] = []
    var mmioReads: [(address: UInt32, size: Int)] = []
    var mmioWrites: [(address: UInt32, size: Int, value: UInt32)] = []
    var numericErrors: [Bool] = []

    func readPort(_ port: UInt16, size: Int) -> UInt32 {
        portReads.append((port, size))
        return 0x1234_5678
    }
    func writePort(_ port: UInt16, size: Int, value: UInt32) { portWrites.append((port, size, value)) }
    func readMMIO(_ address: UInt32, size: Int) -> UInt32 {
        mmioReads.append((address, size))
        return address
    }
    func writeMMIO(_ address: UInt32, size: Int, value: UInt32) { mmioWrites.append((address, size, value)) }
    func acknowledgeInterrupt() -> UInt8 { 0x20 }
    func numericErrorChanged(_ isAsserted: Bool) { numericErrors.append(isAsserted) }
}
