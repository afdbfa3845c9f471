import ELF
import ELFTestSupport
import Testing

/// Where user programs may live.
private let userSpace: ClosedRange<UInt32> = 0x0800_0000...0xFFFF_FFFF

/// Parses a file and makes a loader's checks; returns what is wrong.
private func problem(_ builder: ELFBuilder, within addresses: ClosedRange<UInt32> = userSpace) -> ELFError? {
    builder.build().withUnsafeBytes { bytes in
        do throws(ELFError) {
            try ELFFile(bytes).checkExecutable(within: addresses)
            return nil
        } catch {
            return error
        }
    }
}

/// Reads everything that a reader offers, as a debugger would.
@discardableResult
private func readEverything(_ bytes: UnsafeRawBufferPointer) throws(ELFError) -> Int {
    let file = try ELFFile(bytes)
    var total = 0
    for segment in file.segments { for byte in file.contents(of: segment) { total &+= Int(byte) } }
    for section in try file.sections() {
        for byte in section.contents { total &+= Int(byte) }
        total &+= section.name.description.utf8.count
    }
    let symbols = try file.symbols()
    for symbol in symbols { total &+= symbol.name.description.utf8.count }
    _ = symbols.function(containing: 0x0804_8018)
    try file.checkExecutable(within: userSpace)
    return total
}

@Suite struct ELFFileTests {
    @Test func `reads a program as a loader does`() throws {
        try ELFBuilder.program.build().withUnsafeBytes { bytes in
            let file = try ELFFile(bytes)
            try file.checkExecutable(within: userSpace)
            #expect(file.header.type == .executable)
            #expect(file.header.entry == 0x0804_8000)
            #expect(file.segments.count == 2)
            let text = file.segments[0]
            #expect(text.type == .load)
            #expect(text.flags == [.read, .execute])
            #expect(file.contents(of: text).elementsEqual(0..<64))
            let data = file.segments[1]
            #expect(data.virtualAddress == 0x0804_9000)
            #expect(data.memorySize == 0x2000)
            #expect(Array(file.contents(of: data)) == [1, 2, 3, 4])
        }
    }

    @Test func `reads sections and symbols as a debugger does`() throws {
        try ELFBuilder.program.build().withUnsafeBytes { bytes in
            let file = try ELFFile(bytes)
            let sections = try file.sections()
            #expect(sections.map(\.name.description) == ["", ".text", ".symtab", ".strtab", ".bss"])
            #expect(sections.first(named: ".bss")?.contents.isEmpty == true)
            #expect(sections.first(named: ".text")?.flags == [.allocate, .execute])
            #expect(sections.first(named: ".debug_info") == nil)
            let symbols = try file.symbols()
            #expect(symbols.dropFirst().map(\.name.description) == ["start", "work", "finish"])
            #expect(symbols[2].type == .function)
            #expect(symbols[2].isGlobal)
        }
    }

    @Test func `names the function that an address lies in`() throws {
        try ELFBuilder.program.build().withUnsafeBytes { bytes in
            let symbols = try ELFFile(bytes).symbols()
            #expect(symbols.function(containing: 0x0804_8000)?.name.description == "start")
            #expect(symbols.function(containing: 0x0804_800F)?.name.description == "start")
            #expect(symbols.function(containing: 0x0804_8010)?.name.description == "work")
            #expect(symbols.function(containing: 0x0804_801F)?.name.description == "work")
            #expect(symbols.function(containing: 0x0804_8020) == nil)
            #expect(symbols.function(containing: 0x0804_8037)?.name.description == "finish")
            #expect(symbols.function(containing: 0x0804_8038) == nil)
            #expect(symbols.function(containing: 0x0804_7FFF) == nil)
        }
    }

    @Test func `a stripped file has no symbols`() throws {
        var builder = ELFBuilder.program
        builder.patches = [(32, 0), (48, 0)]
        try builder.build().withUnsafeBytes { bytes in
            let file = try ELFFile(bytes)
            #expect(try file.sections().isEmpty)
            #expect(try file.symbols().isEmpty)
        }
    }

    @Test func `says what is wrong with a file header`() {
        #expect(problem(ELFBuilder(patches: [(0, 0)])) == .notELF)
        #expect(problem(ELFBuilder(patches: [(4, 0x0001_0102)])) == .unsupportedFormat)
        #expect(problem(ELFBuilder(patches: [(4, 0x0001_0201)])) == .unsupportedFormat)
        #expect(problem(ELFBuilder(patches: [(20, 2)])) == .unsupportedFormat)
        #expect(problem(ELFBuilder(patches: [(16, 0x003E_0002)])) == .wrongMachine)
        #expect(problem(ELFBuilder(type: 1)) == .notAnExecutable)
        #expect(problem(ELFBuilder(type: 3)) == .notAnExecutable)
    }

    @Test func `says what is wrong with a program header`() {
        let first = 52
        #expect(problem(ELFBuilder(patches: [(28, 0xFFFF_FFF0)])) == .badProgramHeaders)
        #expect(problem(ELFBuilder(patches: [(40, 0x0021_0034)])) == .badProgramHeaders)
        #expect(problem(ELFBuilder(patches: [(first + 4, 0x7FFF_FFFC)])) == .segmentOutsideFile)
        #expect(problem(ELFBuilder(patches: [(first + 4, 0xFFFF_FFFC)])) == .segmentOutsideFile)
        #expect(problem(ELFBuilder(patches: [(first + 16, 0xFFFF_FFFF)])) == .segmentOutsideFile)
        #expect(problem(ELFBuilder(patches: [(first + 20, 3)])) == .segmentLargerInFile)
        #expect(problem(ELFBuilder(patches: [(first + 20, 0xFFFF_0000)])) == .segmentWraps)
        #expect(problem(ELFBuilder(patches: [(first + 28, 3)])) == .segmentMisaligned)
        #expect(problem(ELFBuilder(patches: [(first + 28, 4096)])) == .segmentMisaligned)
        #expect(problem(ELFBuilder(segments: [])) == .nothingToLoad)
    }

    @Test func `says what a loader cannot accept`() {
        let code: [UInt8] = [0x90, 0x90, 0x90, 0x90]
        #expect(problem(ELFBuilder(entry: 0x0804_8004)) == .entryNotExecutable)
        #expect(problem(ELFBuilder(entry: 0)) == .entryNotExecutable)
        #expect(
            problem(ELFBuilder(segments: [.init(address: 0x0804_8000, contents: code, flags: 6)]))
                == .entryNotExecutable)
        #expect(
            problem(ELFBuilder(segments: [.init(address: 0x07FF_FFFC, contents: code, memorySize: 0x10_0000)]))
                == .segmentOutsideAddressRange)
        #expect(problem(ELFBuilder(), within: 0x0800_0000...0x0804_8002) == .segmentOutsideAddressRange)
        #expect(
            problem(
                ELFBuilder(segments: [
                    .init(address: 0x0804_8000, contents: code, memorySize: 0x1001),
                    .init(address: 0x0804_9000, contents: code),
                ])) == .segmentsOverlap)
        #expect(
            problem(
                ELFBuilder(segments: [
                    .init(address: 0xFFFF_FFFC, contents: code), .init(address: 0x0804_8000, contents: code),
                ])) == .segmentsOverlap)
        #expect(
            problem(ELFBuilder(segments: [.init(type: 3, address: 0x0804_8000, contents: code)]))
                == .dynamicallyLinked)
        #expect(problem(ELFBuilder(entry: 0xFFFF_FFFC, segments: [.init(address: 0xFFFF_FFFC, contents: code)])) == nil)
    }

    @Test func `a broken section table does not stop a loader`() throws {
        var builder = ELFBuilder.program
        builder.patches = [(32, 0xFFFF_FFFF)]
        #expect(problem(builder) == nil)
        builder.build().withUnsafeBytes { bytes in
            _ = #expect(throws: ELFError.badSectionHeaders) { try ELFFile(bytes).symbols() }
        }
    }

    @Test func `every error has words of its own`() {
        let messages = (1...UInt8.max).compactMap { ELFError(rawValue: $0) }.map(\.description)
        #expect(messages.count == 20)
        #expect(Set(messages).count == messages.count)
    }

    @Test func `a file truncated anywhere is an error`() {
        let file = ELFBuilder.program.build()
        for count in 0..<file.count {
            file[..<count].withUnsafeBytes { bytes in
                _ = #expect(throws: ELFError.self) { try readEverything(bytes) }
            }
        }
    }

    @Test func `no flipped bit crashes a reader`() {
        var file = ELFBuilder.program.build()
        for bit in 0..<(file.count * 8) {
            file[bit / 8] ^= 1 << UInt8(bit % 8)
            file.withUnsafeBytes { _ = try? readEverything($0) }
            file[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test func `no extreme field crashes a reader`() {
        let file = ELFBuilder.program.build()
        for offset in stride(from: 16, to: file.count - 3, by: 2) {
            for value: UInt32 in [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFFF] {
                var broken = file
                for byte in 0..<4 { broken[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte))) }
                broken.withUnsafeBytes { _ = try? readEverything($0) }
            }
        }
    }
}
