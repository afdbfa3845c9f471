import Testing
import USTAR

/// Reads everything in an archive.
private func contents(_ bytes: some Collection<UInt8>) throws -> [(path: String, contents: [UInt8])] {
    try Array(bytes).withUnsafeBytes { buffer in
        try USTARArchive(buffer).map { ($0.path.description, Array($0.contents)) }
    }
}

/// What is wrong with an archive.
private func problem(_ bytes: [UInt8]) -> USTARError? {
    bytes.withUnsafeBytes { buffer in
        do throws(USTARError) {
            _ = try USTARArchive(buffer)
            return nil
        } catch {
            return error
        }
    }
}

/// An archive of a program, an empty file, a text, and a file of exactly one block.
private func sampleArchive() throws -> [UInt8] {
    var writer = USTARWriter()
    try writer.addFile("bin/shell", contents: (0..<700).map { UInt8(truncatingIfNeeded: $0) }, mode: 0o755)
    try writer.addFile("etc/empty", contents: [])
    try writer.addFile("etc/motd", contents: "Hello\n".utf8)
    try writer.addFile("block", contents: [UInt8](repeating: 7, count: 512))
    return writer.finish()
}

/// Gives the header at an offset a right checksum after it was changed.
private func repairChecksum(_ archive: inout [UInt8], at offset: Int = 0) {
    for index in 148..<156 { archive[offset + index] = 0x20 }
    let sum = archive[offset..<(offset + 512)].reduce(0) { $0 + Int($1) }
    let digits = Array(String(sum, radix: 8).utf8)
    let text = [UInt8](repeating: 0x30, count: 6 - digits.count) + digits + [0, 0x20]
    archive.replaceSubrange((offset + 148)..<(offset + 156), with: text)
}

/// Replaces bytes of the first header, and repairs its checksum.
private func archive(replacing offset: Int, with bytes: some Collection<UInt8>) throws -> [UInt8] {
    var archive = try sampleArchive()
    archive.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    repairChecksum(&archive)
    return archive
}

@Suite struct USTARArchiveTests {
    @Test func `reads back what was written`() throws {
        let entries = try contents(try sampleArchive())
        #expect(entries.map(\.path) == ["bin/shell", "etc/empty", "etc/motd", "block"])
        #expect(entries.map(\.contents.count) == [700, 0, 6, 512])
        #expect(entries[2].contents == Array("Hello\n".utf8))
        #expect(entries[3].contents.allSatisfy { $0 == 7 })
    }

    @Test func `finds a file by its path`() throws {
        try sampleArchive().withUnsafeBytes { bytes in
            let archive = try USTARArchive(bytes)
            let shell = try #require(archive.file(at: "bin/shell".utf8))
            #expect(shell.contents.count == 700)
            #expect(shell.mode == 0o755)
            #expect(shell.type == .file)
            #expect(archive.file(at: "bin".utf8) == nil)
            #expect(archive.file(at: "bin/shel".utf8) == nil)
            #expect(archive.file(at: "bin/shell2".utf8) == nil)
            #expect(archive.file(at: "".utf8) == nil)
        }
    }

    @Test func `archives are reproducible and whole blocks`() throws {
        #expect(try sampleArchive() == sampleArchive())
        #expect(try sampleArchive().count % 512 == 0)
    }

    @Test func `an archive of nothing is empty`() throws {
        #expect(try contents(USTARWriter().finish()).isEmpty)
    }

    @Test func `long paths are split at a slash`() throws {
        let directory = Array(repeating: "directory", count: 15).joined(separator: "/")
        let path = directory + "/" + String(repeating: "n", count: 100)
        var writer = USTARWriter()
        try writer.addFile(path, contents: [1])
        let archive = writer.finish()
        #expect(try contents(archive).map(\.path) == [path])
        try archive.withUnsafeBytes { bytes in
            let entry = try USTARArchive(bytes).file(at: path.utf8)
            #expect(entry?.contents.count == 1)
        }
    }

    @Test func `refuses to write what cannot be read back`() throws {
        var writer = USTARWriter()
        for path in ["", "/etc", "a//b", "a/", "./a", "a/../b", "a\u{0}b"] {
            #expect(throws: USTARWriter.Problem.invalidPath(path)) { try writer.addFile(path, contents: []) }
        }
        for path in [String(repeating: "n", count: 101), String(repeating: "p", count: 156) + "/n"] {
            #expect(throws: USTARWriter.Problem.pathTooLong(path)) { try writer.addFile(path, contents: []) }
        }
        try writer.addFile("a", contents: [])
        #expect(throws: USTARWriter.Problem.duplicatePath("a")) { try writer.addFile("a", contents: []) }
    }

    @Test func `reads headers as other archivers write them`() throws {
        // A leading "./", a size with leading spaces, and the type byte NUL of the oldest archives.
        let dotted = try archive(replacing: 0, with: "./bin/shell".utf8)
        #expect(try contents(dotted)[0].path == "bin/shell")
        let spaced = try archive(replacing: 124, with: "       1274 ".utf8)
        #expect(try contents(spaced)[0].contents.count == 700)
        let old = try archive(replacing: 156, with: [0])
        #expect(try contents(old)[0].contents.count == 700)
    }

    @Test func `directories are no files`() throws {
        let directory = try archive(replacing: 156, with: "5".utf8)
        try directory.withUnsafeBytes { bytes in
            let archive = try USTARArchive(bytes)
            #expect(archive.first { _ in true }?.type == .directory)
            #expect(archive.file(at: "bin/shell".utf8) == nil)
        }
    }

    @Test func `the last of several files with one path counts`() throws {
        var first = USTARWriter()
        try first.addFile("a", contents: [1])
        var second = USTARWriter()
        try second.addFile("a", contents: [2])
        let both = first.finish()[..<1024] + second.finish()
        try Array(both).withUnsafeBytes { bytes in
            let entry = try USTARArchive(bytes).file(at: "a".utf8)
            #expect(entry.map { Array($0.contents) } == [2])
        }
    }

    @Test func `a file can begin at a multiple of more than a block`() throws {
        var writer = USTARWriter()
        var sizes: [Int] = []
        for (index, size) in [1, 3000, 3584, 512, 0, 7000].enumerated() {
            try writer.addFile(
                "file\(index)", contents: [UInt8](repeating: UInt8(index), count: size), alignment: 4096)
            sizes.append(size)
        }
        try writer.finish().withUnsafeBytes { bytes in
            let entries = Array(try USTARArchive(bytes))
            #expect(entries.map(\.path.description) == sizes.indices.map { "file\($0)" })
            #expect(entries.map(\.contents.count) == sizes)
            for (index, entry) in entries.enumerated() {
                let start = try #require(entry.contents.baseAddress)
                #expect((start - bytes.baseAddress!) % 4096 == 0)
                #expect(entry.contents.allSatisfy { $0 == UInt8(index) })
            }
        }
    }

    @Test func `a pax header that is not all comments is refused`() throws {
        func archive(_ records: String) throws -> [UInt8] {
            var writer = USTARWriter()
            try writer.addFile("x", contents: Array(records.utf8))
            try writer.addFile("file", contents: [7])
            var archive = writer.finish()
            archive[156] = UInt8(ascii: "x")
            repairChecksum(&archive)
            return archive
        }
        for records in ["", "17 comment=hello\n", "12 comment=\n12 comment=\n"] {
            #expect(try contents(try archive(records)).map(\.path) == ["file"], "\(records)")
        }
        for records in [
            "14 path=other\n", "17 comment=hello\n9 size=1\n", "17 comment=hello", "18 comment=hello\n",
            "16 comment=hello\n",
            "comment=hello\n", "0 comment=hello\n", "17", "99999999999999999999 comment=\n", "17comment=hello!\n",
        ] {
            #expect(problem(try archive(records)) == .unsupportedExtension, "\(records)")
        }
    }

    @Test func `says what is wrong`() throws {
        #expect(problem([]) == .truncated)
        #expect(problem([UInt8](repeating: 0x41, count: 1024)) == .notUSTAR)
        var corrupt = try sampleArchive()
        corrupt[1] ^= 1
        #expect(problem(corrupt) == .badChecksum)
        #expect(problem(try archive(replacing: 257, with: "ustar  \u{0}".utf8)) == .notUSTAR)
        #expect(problem(try archive(replacing: 124, with: "00000001x74".utf8)) == .badNumber)
        #expect(problem(try archive(replacing: 124, with: "           ".utf8)) == .badNumber)
        #expect(problem(try archive(replacing: 124, with: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0xBC])) == .badNumber)
        #expect(problem(try archive(replacing: 124, with: "77777777777".utf8)) == .truncated)
        #expect(problem(try archive(replacing: 0, with: [0])) == .emptyPath)
        for type in "xgLKS".utf8 {
            #expect(problem(try archive(replacing: 156, with: [type])) == .unsupportedExtension)
        }
    }

    @Test func `every error has words of its own`() {
        let messages = (1...UInt8.max).compactMap { USTARError(rawValue: $0) }.map(\.description)
        #expect(messages.count == 6)
        #expect(Set(messages).count == messages.count)
    }

    @Test func `an archive truncated before its end mark is an error`() throws {
        let whole = try sampleArchive()
        for count in 0..<(whole.count - 512) { #expect(problem(Array(whole[..<count])) == .truncated) }
        // One of the two blocks that end it is enough.
        #expect(problem(Array(whole[..<(whole.count - 512)])) == nil)
    }

    @Test func `no flipped bit crashes a reader`() throws {
        var archive = try sampleArchive()
        for bit in 0..<(archive.count * 8) {
            archive[bit / 8] ^= 1 << UInt8(bit % 8)
            _ = try? contents(archive)
            archive[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test func `no changed header with a right checksum crashes a reader`() throws {
        let whole = try sampleArchive()
        for offset in 0..<512 {
            for value: UInt8 in [0, 0x20, 0x2F, 0x37, 0x38, 0x80, 0xFF] {
                var changed = whole
                changed[offset] = value
                repairChecksum(&changed)
                _ = try? contents(changed)
            }
        }
    }
}
