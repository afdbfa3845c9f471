/// CRC-32 as in IEEE 802.3 and zlib: reflected polynomial 0xEDB88320, initial value and final inversion all ones.
///
///     var crc = CRC32()
///     crc.update(header)
///     crc.update(body)
///     if crc.value == expected { ... }
///
/// Works four bits at a time with a table of 16 entries: a kernel that checks itself before it has memory to allocate
/// keeps no table of a kilobyte, and is still three times as fast as bit by bit.
public struct CRC32: Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    public init() {}

    /// The checksum of all bytes so far.
    public var value: UInt32 { ~state }

    /// What four bits do to the checksum. A constant in memory: as a local value the compiler builds it anew for each
    /// use.
    private static let table: InlineArray<16, UInt32> = [
        0x0000_0000, 0x1DB7_1064, 0x3B6E_20C8, 0x26D9_30AC, 0x76DC_4190, 0x6B6B_51F4, 0x4DB2_6158, 0x5005_713C,
        0xEDB8_8320, 0xF00F_9344, 0xD6D6_A3E8, 0xCB61_B38C, 0x9B64_C2B0, 0x86D3_D2D4, 0xA00A_E278, 0xBDBD_F21C,
    ]

    /// Appends `bytes`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var state = state
        for byte in bytes {
            state ^= UInt32(byte)
            state = state >> 4 ^ Self.table[Int(state & 15)]
            state = state >> 4 ^ Self.table[Int(state & 15)]
        }
        self.state = state
    }

    /// Appends `count` zero bytes; fewer than none is none.
    public mutating func updateZeros(count: Int) {
        var left = count
        while left > 0 {
            withUnsafeBytes(of: UInt8(0)) { update($0) }
            left -= 1
        }
    }

    /// The checksum of `bytes`.
    public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var crc = CRC32()
        crc.update(bytes)
        return crc.value
    }
}
