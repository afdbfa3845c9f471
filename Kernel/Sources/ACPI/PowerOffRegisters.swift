// How a PC is switched off: what the ACPI tables say about it (ACPI specification 2.0, chapters 4, 5 and 16).
//
// Constraint: the tables are made by firmware, lie anywhere in physical memory, and are wrong on some machine. One of
// the numbers that are needed is the value of an object in a byte code that takes an interpreter to run. Choice: read
// only what switching off takes, believe no length or address, and look for that object (`\_S5`) by its encoding, which
// is a constant package on every machine that has it. Who gets nil from here stops the machine otherwise.

/// Physical memory, byte by byte.
public protocol PhysicalMemory {
    /// The byte at an address; nil where nothing can be read.
    func byte(_ address: UInt32) -> UInt8?
}

/// What to write where, so that the machine is off.
public struct PowerOffRegisters: Equatable, Sendable {
    /// The control registers of the power management's two blocks; 0: there is no second one.
    public var control: UInt16
    public var secondControl: UInt16
    /// The values of SLP_TYP for soft off, for each.
    public var type: UInt16
    public var secondType: UInt16
    /// Where to write `enableValue`, if the machine is not in ACPI mode yet; 0: it always is.
    public var enablePort: UInt16
    public var enableValue: UInt8

    public init(
        control: UInt16, secondControl: UInt16, type: UInt16, secondType: UInt16, enablePort: UInt16, enableValue: UInt8
    ) {
        self.control = control
        self.secondControl = secondControl
        self.type = type
        self.secondType = secondType
        self.enablePort = enablePort
        self.enableValue = enableValue
    }

    /// SLP_EN, bit 13 of a control register; SLP_TYP are bits 10-12; SCI_EN, bit 0, says that ACPI mode is on.
    public static var sleepEnable: UInt16 { 1 << 13 }
    public static var isEnabled: UInt16 { 1 }

    /// Where the BIOS puts the pointer to the tables.
    public static var searched: Range<UInt32> { 0xE_0000..<0x10_0000 }

    /// Looks for the tables; nil if there are none, or they do not say how.
    public init?(_ memory: some PhysicalMemory) {
        let reader = TableReader(memory)
        guard let root = reader.rootTable() else { return nil }
        guard let fixed = reader.table("FACP", in: root), let control = reader.word32(fixed + 64), control > 0,
            control < 0x1_0000
        else { return nil }
        guard let description = reader.word32(fixed + 40), let types = reader.softOff(description) else { return nil }
        let second = reader.word32(fixed + 68) ?? 0
        let command = reader.word32(fixed + 48) ?? 0
        self.init(
            control: UInt16(control), secondControl: second < 0x1_0000 ? UInt16(second) : 0, type: types.0,
            secondType: types.1, enablePort: command < 0x1_0000 ? UInt16(command) : 0,
            enableValue: reader.byte(fixed + 52) ?? 0)
    }
}

/// Reads tables.
private struct TableReader<Memory: PhysicalMemory> {
    let memory: Memory
    /// The most bytes of a table: beyond that it is none.
    private var longest: UInt32 { 1 << 20 }

    init(_ memory: Memory) { self.memory = memory }

    func byte(_ address: UInt32) -> UInt8? { memory.byte(address) }

    func word32(_ address: UInt32) -> UInt32? {
        var value: UInt32 = 0
        for index in 0..<4 as Range<UInt32> {
            guard let byte = byte(address &+ index) else { return nil }
            value |= UInt32(byte) << (index * 8)
        }
        return value
    }

    /// Whether a text is at an address.
    func matches(_ text: StaticString, _ address: UInt32) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where byte(address &+ UInt32(index)) != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// Whether bytes add up to 0.
    func addsUp(_ address: UInt32, _ length: UInt32) -> Bool {
        var sum: UInt8 = 0
        for index in 0..<length {
            guard let byte = byte(address &+ index) else { return false }
            sum &+= byte
        }
        return sum == 0
    }

    /// The address of the RSDT, from the root system description pointer.
    func rootTable() -> UInt32? {
        let searched = PowerOffRegisters.searched
        for address in stride(from: searched.lowerBound, to: searched.upperBound, by: 16)
        where matches("RSD PTR ", address) && addsUp(address, 20) {
            guard let root = word32(address + 16), matches("RSDT", root), length(root) != nil else { return nil }
            return root
        }
        return nil
    }

    /// The length of a table, if it is one: a header of 36 bytes at least, all adding up to 0.
    func length(_ table: UInt32) -> UInt32? {
        guard let length = word32(table &+ 4), length >= 36, length <= longest, table <= UInt32.max - length,
            addsUp(table, length)
        else { return nil }
        return length
    }

    /// A table that the root table lists.
    func table(_ signature: StaticString, in root: UInt32) -> UInt32? {
        guard let length = length(root) else { return nil }
        for entry in stride(from: root + 36, through: root + length - 4, by: 4) {
            guard let table = word32(entry), matches(signature, table), let length = self.length(table), length >= 72
            else { continue }
            return table
        }
        return nil
    }

    /// SLP_TYPa and SLP_TYPb of `\_S5` in the differentiated system description table.
    func softOff(_ table: UInt32) -> (UInt16, UInt16)? {
        guard matches("DSDT", table), let length = length(table) else { return nil }
        for address in table + 36..<table + length where matches("_S5_", address) {
            // NameOp before it, perhaps with the root's backslash between.
            let before = byte(address &- 1)
            guard before == 0x08 || before == 0x5C && byte(address &- 2) == 0x08 else { continue }
            // PackageOp; a length whose upper two bits say how many more bytes it has; the number of elements.
            guard byte(address + 4) == 0x12, let lead = byte(address + 5) else { continue }
            var element = address + 7 + UInt32(lead >> 6)
            guard let first = number(&element), let second = number(&element) else { continue }
            return (first & 7, second & 7)
        }
        return nil
    }

    /// A small number in ACPI's byte code: ZeroOp, OneOp, or a byte behind BytePrefix.
    private func number(_ address: inout UInt32) -> UInt16? {
        defer { address &+= 1 }
        switch byte(address) {
        case 0x00: return 0
        case 0x01: return 1
        case 0x0A:
            address &+= 1
            return byte(address).map { UInt16($0) }
        default: return nil
        }
    }
}
