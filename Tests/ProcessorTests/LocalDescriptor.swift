@testable import Processor

/// A segment in the local descriptor table of both processors, as `modify_ldt` takes it (Linux,
/// `arch/x86/include/uapi/asm/ldt.h`): DPL 3, accessed. Present conforming code it refuses.
struct LocalDescriptor {
    enum Kind: UInt32 { case data, expandDown, code, conforming }
    var kind: Kind
    var base: UInt32
    /// In pages if `isInPages`.
    var limit: UInt32
    /// D/B.
    var isBig = false
    /// Not writable data, or code that cannot be read.
    var isRestricted = false
    var isInPages = false
    var isPresent = true

    var linuxFlags: UInt32 {
        (isBig ? 1 : 0) | kind.rawValue << 1 | (isRestricted ? 8 : 0) | (isInPages ? 16 : 0) | (isPresent ? 0 : 32)
    }

    var descriptor: Descriptor {
        let type = 1 | (isRestricted ? 0 : 2) | kind.rawValue << 2
        let access = type | 0x70 | (isPresent ? 0x80 : 0)
        return Descriptor(
            low: limit & 0xFFFF | base << 16,
            high: base >> 16 & 0xFF | access << 8 | limit & 0xF0000 | (isBig ? 1 << 22 : 0) | (isInPages ? 1 << 23 : 0)
                | base & 0xFF00_0000)
    }

    static func selector(_ index: Int) -> UInt32 { UInt32(index) << 3 | 7 }

    private static let arena = NativeProcessor.code
    private static let data = NativeProcessor.data

    static let all: [LocalDescriptor] = [
        // 0: everything in 64 KiB, for 16-bit addresses and stacks.
        LocalDescriptor(kind: .data, base: arena, limit: 0xFFFF),
        LocalDescriptor(kind: .data, base: arena, limit: 0xFFFFF, isBig: true, isInPages: true),
        // 2: exactly the writable pages.
        LocalDescriptor(kind: .data, base: data, limit: 0x1FFF, isBig: true),
        LocalDescriptor(kind: .data, base: data + 0x800, limit: 0x7F),
        LocalDescriptor(kind: .data, base: data, limit: 0x2FFF, isBig: true, isRestricted: true),
        // 5: expand-down, from the middle of the first data page to its end, to 4 GiB, and read-only.
        LocalDescriptor(kind: .expandDown, base: data + 0x1000 - 0x10000, limit: 0xF7FF),
        LocalDescriptor(kind: .expandDown, base: arena, limit: 0x37FF, isBig: true),
        LocalDescriptor(kind: .expandDown, base: data + 0x2000 - 0x10000, limit: 0xE7FF, isRestricted: true),
        // 8: code of 32 bits.
        LocalDescriptor(kind: .code, base: 0, limit: 0xFFFFF, isBig: true, isInPages: true),
        LocalDescriptor(kind: .code, base: 0, limit: 0xFFFFF, isBig: true, isRestricted: true, isInPages: true),
        // 10: code of 16 bits.
        LocalDescriptor(kind: .code, base: arena, limit: 0xFFFF),
        LocalDescriptor(kind: .code, base: arena, limit: 0xFFFF, isRestricted: true),
        // 12: code that ends with its pages, and in the middle of the cases' code.
        LocalDescriptor(kind: .code, base: arena, limit: 0x1FFF, isBig: true),
        LocalDescriptor(kind: .code, base: arena, limit: 0x81F),
        // 14: not present.
        LocalDescriptor(kind: .data, base: data, limit: 0xFFFF, isPresent: false),
        LocalDescriptor(kind: .code, base: arena, limit: 0xFFFF, isPresent: false),
        LocalDescriptor(kind: .conforming, base: arena, limit: 0xFFFF, isPresent: false),
        // 17: one byte; stacks.
        LocalDescriptor(kind: .data, base: data, limit: 0),
        LocalDescriptor(kind: .data, base: data, limit: 0x1FFF),
        LocalDescriptor(kind: .data, base: data, limit: 1, isBig: true, isInPages: true),
        // 20: 16 bits with a limit beyond 64 KiB.
        LocalDescriptor(kind: .data, base: arena, limit: 0x2FFFF),
        LocalDescriptor(kind: .expandDown, base: data, limit: 0, isBig: true, isInPages: true),
    ]
}
