/// A 64-bit hash that reads eight bytes at a time: for comparing states and for noticing damage, not against malice.
struct Hasher64 {
    private var first: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var second: UInt64 = 0xD1B5_4A32_D192_ED03

    mutating func add(_ word: UInt64) {
        // Two multiply-and-fold lanes; the constants are odd and have about as many ones as zeros.
        let mixed = (first ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        first = mixed.high ^ mixed.low &+ second
        second = (second &+ word) &* 0xE703_7ED1_A0B4_28DB
    }

    mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { add($0) }
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        add(UInt64(bytes.count))
        let words = bytes.count / 8
        for index in 0..<words {
            add(bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self).littleEndian)
        }
        var last: UInt64 = 0
        for index in words * 8..<bytes.count {
            last = last << 8 | UInt64(bytes[index])
        }
        if bytes.count % 8 != 0 { add(last) }
    }

    var value: UInt64 {
        let mixed = (first ^ second >> 32).multipliedFullWidth(by: 0x8EBC_6AF0_9C88_C6E3)
        return mixed.high ^ mixed.low
    }
}
