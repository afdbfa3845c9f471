import ACPI
import Testing

/// Tables as a firmware would make them, and what firmware gets wrong.
@Suite struct PowerOffRegistersTests {
    /// Memory that is zeros but for what was put there, and cannot be read above a gigabyte.
    final class Memory: PhysicalMemory {
        var bytes: [UInt32: UInt8] = [:]

        func byte(_ address: UInt32) -> UInt8? { address < 1 << 30 ? bytes[address] ?? 0 : nil }

        func put(_ address: UInt32, _ contents: [UInt8]) {
            for (index, byte) in contents.enumerated() { bytes[address + UInt32(index)] = byte }
        }

        func put32(_ address: UInt32, _ value: UInt32) { put(address, (0..<4).map { UInt8(value >> ($0 * 8) & 0xFF) }) }

        /// Makes `length` bytes add up to 0 by the one at `offset`.
        func seal(_ address: UInt32, _ length: UInt32, _ offset: UInt32) {
            bytes[address + offset] = 0
            let sum = (0..<length).reduce(UInt8(0)) { $0 &+ (byte(address + $1) ?? 0) }
            bytes[address + offset] = 0 &- sum
        }

        func table(_ address: UInt32, _ signature: String, _ length: UInt32) {
            put(address, Array(signature.utf8))
            put32(address + 4, length)
        }
    }

    static let root: UInt32 = 0x7F_0000, fixed: UInt32 = 0x7F_1000, description: UInt32 = 0x7F_2000

    /// A machine whose `\_S5` is encoded as `object`.
    private func machine(
        _ object: [UInt8] = [0x08] + Array("_S5_".utf8) + [0x12, 0x06, 0x04, 0x0A, 0x05, 0x0A, 0x07, 0x00, 0x00],
        _ change: (Memory) -> Void = { _ in }
    ) -> Memory {
        let memory = Memory()
        memory.put(0xF_5AD0, Array("RSD PTR ".utf8))
        memory.put32(0xF_5AD0 + 16, Self.root)
        memory.seal(0xF_5AD0, 20, 8)
        memory.table(Self.root, "RSDT", 36 + 8)
        memory.put32(Self.root + 36, Self.root + 0x800)
        memory.put32(Self.root + 40, Self.fixed)
        memory.seal(Self.root, 44, 9)
        memory.table(Self.root + 0x800, "APIC", 80)
        memory.seal(Self.root + 0x800, 80, 9)
        memory.table(Self.fixed, "FACP", 116)
        memory.put32(Self.fixed + 40, Self.description)
        memory.put32(Self.fixed + 48, 0xB2)
        memory.put(Self.fixed + 52, [0xF1])
        memory.put32(Self.fixed + 64, 0x604)
        memory.put32(Self.fixed + 68, 0)
        memory.seal(Self.fixed, 116, 9)
        let length = UInt32(36 + 100 + object.count + 100)
        memory.table(Self.description, "DSDT", length)
        memory.put(Self.description + 136, object)
        memory.seal(Self.description, length, 9)
        change(memory)
        return memory
    }

    private func expected(_ type: UInt16, _ second: UInt16) -> PowerOffRegisters {
        PowerOffRegisters(
            control: 0x604, secondControl: 0, type: type, secondType: second, enablePort: 0xB2, enableValue: 0xF1)
    }

    @Test func `tables that are right say how`() {
        #expect(PowerOffRegisters(machine()) == expected(5, 7))
    }

    @Test func `the package may be encoded in several ways`() {
        let name = Array("_S5_".utf8)
        #expect(
            PowerOffRegisters(machine([0x08, 0x5C] + name + [0x12, 0x06, 0x04, 0x00, 0x01, 0, 0])) == expected(0, 1))
        // A length of two bytes.
        #expect(
            PowerOffRegisters(machine([0x08] + name + [0x12, 0x47, 0x00, 0x04, 0x0A, 0x03, 0x01, 0, 0]))
                == expected(3, 1))
        // A reference to the name before the object.
        #expect(
            PowerOffRegisters(machine(name + [0x70, 0x08] + name + [0x12, 0x06, 0x04, 0x01, 0x0A, 0x02]))
                == expected(1, 2))
    }

    @Test func `without tables, or with broken ones, nothing is known`() {
        #expect(PowerOffRegisters(Memory()) == nil)
        let breakages: [(Memory) -> Void] = [
            { $0.bytes[0xF_5AD0 + 9] = 0x55 },  // the pointer's checksum
            { $0.bytes[Self.root + 30] = 0x55 },  // a table's checksum
            { $0.put32(Self.root + 4, 8) },
            { $0.put32(Self.root + 4, 0xFFFF_FFFF) },
            { $0.put32(Self.fixed + 4, 0x7FFF_FFFF) },
            { $0.bytes[Self.fixed] = 0 },
            { $0.bytes[Self.description] = 0 },
            { memory in
                memory.put32(Self.fixed + 40, 0xFFFF_FFF0)
                memory.seal(Self.fixed, 116, 9)
            },
            { memory in
                memory.put32(Self.fixed + 64, 0)
                memory.seal(Self.fixed, 116, 9)
            },
        ]
        for (index, breakage) in breakages.enumerated() {
            let object = [0x08] + Array("_S5_".utf8) + [0x12, 6, 4, 0, 0]
            #expect(PowerOffRegisters(machine(object, breakage)) == nil, "\(index)")
        }
        #expect(PowerOffRegisters(machine(Array("_S5_".utf8))) == nil)
        #expect(PowerOffRegisters(machine([])) == nil)
    }
}
