/// What a disk says of itself: the 256 words of IDENTIFY DEVICE (ATA/ATAPI-6, T13 1410D, 8.15).
public struct DriveIdentity: Sendable {
    /// How many sectors of 512 bytes can be addressed; 0 if the drive knows no LBA.
    public private(set) var sectors: UInt64 = 0
    /// Whether the drive knows the commands with 48-bit addresses.
    public private(set) var has48BitAddresses = false
    /// Whether it has FLUSH CACHE.
    public private(set) var hasFlush = false
    private var modelBytes = InlineArray<40, UInt8>(repeating: 0x20)
    /// How many bytes the model's name has, without spaces at its end.
    public private(set) var modelLength = 0

    public init() {}

    /// Reads the words; nil if they cannot be a disk's.
    public init?(_ words: UnsafeBufferPointer<UInt16>) {
        guard words.count >= 256 else { return nil }
        // Bit 15 of word 0 is clear for ATA devices; all ones is an empty bus.
        guard words[0] & 0x8000 == 0 else { return nil }
        let hasLBA = words[49] & 1 << 9 != 0
        if hasLBA { sectors = UInt64(words[60]) | UInt64(words[61]) << 16 }
        // Words 82-84 are valid if bits 15 and 14 of word 83 are 0 and 1.
        if words[83] & 0xC000 == 0x4000 {
            has48BitAddresses = hasLBA && words[83] & 1 << 10 != 0
            hasFlush = words[83] & 1 << 12 != 0
        }
        if has48BitAddresses {
            let long = UInt64(words[100]) | UInt64(words[101]) << 16 | UInt64(words[102]) << 32
            sectors = max(sectors, long)
        }
        // Two characters to a word, the first in its upper byte.
        for index in 0..<20 {
            modelBytes[2 * index] = UInt8(truncatingIfNeeded: words[27 + index] >> 8)
            modelBytes[2 * index + 1] = UInt8(truncatingIfNeeded: words[27 + index])
        }
        for index in 0..<40 where modelBytes[index] > 0x20 && modelBytes[index] < 0x7F { modelLength = index + 1 }
        for index in 0..<modelLength where !(0x20..<0x7F ~= modelBytes[index]) {
            modelBytes[index] = UInt8(ascii: "?")
        }
    }

    /// A byte of the model's name, below `modelLength`.
    public func model(_ index: Int) -> UInt8 { modelBytes[index] }

    /// Whether sectors exist.
    public func contains(_ first: UInt64, count: UInt64) -> Bool { first < sectors && count <= sectors - first }

    /// Whether sectors need the 48-bit commands.
    public static func needs48Bits(_ first: UInt64, count: UInt64) -> Bool { first + count > 1 << 28 }
}
